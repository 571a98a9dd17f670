"""Meshes and finishes into Blender. The only modules that import bpy are this one, studio and rooms."""

import os

import bpy
import numpy as np

from ml.world import textures
from ml.world.mesh import FITTED


def fresh_scene(samples, threads=2):
    """An empty Cycles scene set for quick, denoised pictures on the CPU."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    scene.world = bpy.data.worlds.new("world")
    scene.render.engine = "CYCLES"
    cycles = scene.cycles
    cycles.device, cycles.samples = "CPU", samples
    cycles.use_adaptive_sampling = cycles.use_light_tree = False
    cycles.use_denoising, cycles.denoising_quality = True, "FAST"
    cycles.denoising_prefilter = "FAST"
    cycles.max_bounces, cycles.diffuse_bounces, cycles.glossy_bounces = 3, 1, 2
    cycles.transmission_bounces, cycles.transparent_max_bounces = 3, 4
    cycles.caustics_reflective = cycles.caustics_refractive = False
    cycles.sample_clamp_indirect, cycles.blur_glossy = 3.0, 1.0
    scene.render.threads_mode, scene.render.threads = "FIXED", threads
    scene.view_settings.view_transform = "Standard"
    scene.render.image_settings.file_format = "PNG"
    scene.render.image_settings.compression = 5
    return scene


def hurry(scene):
    """Rooms: one ambient-occlusion ray stands in for each further bounce of light."""
    scene.cycles.use_fast_gi, scene.cycles.fast_gi_method, scene.cycles.ao_bounces_render = True, "REPLACE", 1
    scene.world.light_settings.distance = 1.5


def sky(scene, rgb, strength):
    scene.world.use_nodes = True
    background = scene.world.node_tree.nodes.get("Background")
    if background is None:
        tree = scene.world.node_tree
        background = tree.nodes.new("ShaderNodeBackground")
        output = tree.nodes.get("World Output") or tree.nodes.new("ShaderNodeOutputWorld")
        tree.links.new(background.outputs[0], output.inputs[0])
    background.inputs[0].default_value = (*rgb, 1)
    background.inputs[1].default_value = strength


def put(name, mesh, finish_of, at=(0, 0, 0), turn=0.0):
    """Add `mesh` to the scene; `finish_of(role)` names the finish of each of its roles."""
    verts, normals, quads, uv, roles = mesh.arrays()
    data = bpy.data.meshes.new(name)
    data.vertices.add(len(verts))
    data.vertices.foreach_set("co", verts.astype(np.float32).ravel())
    data.loops.add(quads.size)
    data.loops.foreach_set("vertex_index", quads.astype(np.int32).ravel())
    data.polygons.add(len(quads))
    data.polygons.foreach_set("loop_start", np.arange(0, quads.size, 4, dtype=np.int32))
    data.polygons.foreach_set("material_index", roles.astype(np.int32))
    data.uv_layers.new(name="uv").uv.foreach_set("vector", uv.astype(np.float32).ravel())
    data.update(calc_edges=True)
    data.polygons.foreach_set("use_smooth", np.ones(len(quads), bool))
    data.normals_split_custom_set_from_vertices(normals.astype(np.float32).tolist())
    for role in mesh.roles:
        data.materials.append(material(finish_of(role), fitted_aspect(mesh, role)))
    thing = bpy.data.objects.new(name, data)
    thing.location, thing.rotation_euler = at, (0, 0, turn)
    bpy.context.scene.collection.objects.link(thing)
    return thing


def fitted_aspect(mesh, role):
    """Width / height of the part that a picture is fitted to, or None for roles that tile."""
    if role not in FITTED:
        return None
    verts = next(part[0] for part in mesh.parts if part[3] == role)
    size = verts.max(0) - verts.min(0)
    wide, other = size[0], max(size[1], size[2])
    return round(float(wide / other), 2)


def clear(keep_materials=True):
    """Drop every object, mesh, light and camera, so that a long run does not grow."""
    for kind in (bpy.data.objects, bpy.data.meshes, bpy.data.lights, bpy.data.cameras):
        for block in list(kind):
            kind.remove(block)
    if not keep_materials:
        for kind in (bpy.data.materials, bpy.data.images):
            for block in list(kind):
                kind.remove(block)


def image(key, rgb, plain=False):
    """A packed Blender image from floats (h, w, 3) or (h, w); `plain` for data such as a height map."""
    found = bpy.data.images.get(key)
    if found:
        return found
    h, w = rgb.shape[:2]
    pixels = np.ones((h, w, 4), np.float32)
    pixels[..., :3] = rgb if rgb.ndim == 3 else rgb[..., None]
    made = bpy.data.images.new(key, w, h, alpha=False)
    if plain:
        made.colorspace_settings.name = "Non-Color"
    made.pixels.foreach_set(pixels[::-1].ravel())
    made.update()
    return made


def linear(rgb):
    """sRGB to linear light."""
    return tuple(c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in rgb)


def material(finish, aspect=None):
    """The Blender material of a finish, made once."""
    seed = finish.seed if finish.pattern != "plain" else 0
    key = f"{finish.material}|{finish.colour}|{finish.pattern}|{finish.second}|{seed}|{aspect}"
    found = bpy.data.materials.get(key)
    if found:
        return found
    made = bpy.data.materials.new(key)
    made.use_nodes = True
    tree, surface = made.node_tree, finish.surface
    shader = tree.nodes["Principled BSDF"]
    shader.inputs["Roughness"].default_value = surface.roughness
    shader.inputs["Metallic"].default_value = surface.metallic
    shader.inputs["Coat Weight"].default_value = surface.coat
    shader.inputs["Sheen Weight"].default_value = surface.sheen
    shader.inputs["Sheen Tint"].default_value = (*linear([0.5 + 0.5 * c for c in finish.rgb]), 1)
    shader.inputs["Transmission Weight"].default_value = surface.clear
    shader.inputs["Base Color"].default_value = (*linear(finish.rgb), 1)
    if finish.material == "mirror":
        shader.inputs["Base Color"].default_value = (0.86, 0.88, 0.88, 1)
    textured(tree, shader, finish, surface, aspect, key)
    if surface.glow:
        shader.inputs["Emission Strength"].default_value = surface.glow
        shader.inputs["Emission Color"].default_value = (
            (*linear(finish.rgb), 1) if surface.glow < 1 else (1, 0.85, 0.62, 1)
        )
    return made


def textured(tree, shader, finish, surface, aspect, key):
    """Connect the colour picture and the relief of a finish, where it has them."""
    patterned = finish.pattern != "plain"
    if surface.texture == "plain" and not patterned:
        return
    if aspect is not None and patterned:
        colour = add_image(tree, image(key, textures.picture(finish, aspect)), 1.0)
        tree.links.new(colour.outputs["Color"], shader.inputs["Base Color"])
        if surface.texture == "plain":
            return
        _, height = textures.tile(finish)
        scale = 4.0
    else:
        rgb, height = textures.tile(finish)
        scale = 1.0 / (surface.tile_m if not patterned else 0.42) if aspect is None else 3.0
        colour = add_image(tree, image(key, rgb), scale)
        tree.links.new(colour.outputs["Color"], shader.inputs["Base Color"])
    if surface.bump:
        relief = add_image(
            tree,
            image(f"height {finish.material} {finish.seed % 5}", height, plain=True),
            scale if not patterned else 5.0,
        )
        bump = tree.nodes.new("ShaderNodeBump")
        bump.inputs["Strength"].default_value = surface.bump
        bump.inputs["Distance"].default_value = 0.006
        tree.links.new(relief.outputs["Color"], bump.inputs["Height"])
        tree.links.new(bump.outputs["Normal"], shader.inputs["Normal"])


def add_image(tree, picture, scale):
    node = tree.nodes.new("ShaderNodeTexImage")
    node.image = picture
    coords, mapping = tree.nodes.new("ShaderNodeUVMap"), tree.nodes.new("ShaderNodeMapping")
    mapping.inputs["Scale"].default_value = (scale, scale, scale)
    tree.links.new(coords.outputs["UV"], mapping.inputs["Vector"])
    tree.links.new(mapping.outputs["Vector"], node.inputs["Vector"])
    return node


def area_light(at, aim, size, watts, rgb=(1, 1, 1), shape="DISK", hidden=True):
    """A soft light at `at` looking at `aim`; size in metres."""
    from mathutils import Vector

    data = bpy.data.lights.new("light", "AREA")
    data.shape, data.size, data.energy, data.color = shape, size, watts, rgb
    thing = bpy.data.objects.new("light", data)
    thing.location = at
    thing.rotation_euler = (Vector(aim) - Vector(at)).to_track_quat("-Z", "Y").to_euler()
    thing.visible_camera = not hidden
    thing.visible_glossy = not hidden or size > 0.8
    bpy.context.scene.collection.objects.link(thing)
    return thing


def camera(eye, target, focal_mm, roll=0.0, sensor_mm=36.0):
    """A camera at `eye` looking at `target`; focal length as of a 36 mm wide picture's long side."""
    from mathutils import Euler, Vector

    data = bpy.data.cameras.new("camera")
    data.lens, data.sensor_width, data.sensor_fit, data.clip_start = focal_mm, sensor_mm, "AUTO", 0.02
    thing = bpy.data.objects.new("camera", data)
    thing.location = eye
    look = (Vector(target) - Vector(eye)).to_track_quat("-Z", "Y")
    thing.rotation_euler = (look @ Euler((0, 0, roll)).to_quaternion()).to_euler()
    bpy.context.scene.collection.objects.link(thing)
    bpy.context.scene.camera = thing
    return thing


def render(path, width, height):
    """Render the scene to `path` (PNG), whole or not at all."""
    scene = bpy.context.scene
    scene.render.resolution_x, scene.render.resolution_y, scene.render.resolution_percentage = width, height, 100
    partial = f"{path}.part.png"
    scene.render.filepath = partial
    bpy.ops.render.render(write_still=True)
    os.replace(partial, path)
