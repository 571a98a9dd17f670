"""The demo world: a seeded shop of parametric furniture and the room photos its shoppers take.

Read in this order: spec (what is made), catalog and layout (the plan, pure Python), shapes, mesh and textures
(what things look like, numpy), blender, studio and rooms (rendering), phone and truth (photos), pack (demo/).
"""
