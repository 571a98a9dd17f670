"""Room photos: build the planned room in Blender, render it, take it as a phone would, and note the truth."""

import json
import os
import random
from pathlib import Path

import bpy
import numpy as np
from PIL import Image

from ml.world import blender, phone, truth
from ml.world import shell as shells
from ml.world.camera import picture_size
from ml.world.catalog import plan_catalog
from ml.world.mesh import Mesh
from ml.world.palette import Finish
from ml.world.shapes import build
from ml.world.shapes.clutter import CLUTTER

EXTRA_LONG_PX = 480
RENDER_SHARE = 0.8  # rooms are rendered smaller than they ship: a phone's picture is not sharp to the pixel
CLUTTER_COLOURS = (
    "red",
    "navy",
    "mustard",
    "green",
    "white",
    "charcoal",
    "sky blue",
    "blush pink",
    "tan",
    "cream",
    "teal",
    "grey",
    "burgundy",
)


def shoot(room, out, work, seed):
    """Render one room: photos/<id>.jpg under `out`, then truth/<id>.json under `work`."""
    skus = {sku.id: sku for sku in plan_catalog(seed)}
    blender.clear()
    if len(bpy.data.images) > 400:
        blender.clear(keep_materials=False)
    meshes = [build(skus[i.sku].category, skus[i.sku].params) if i.sku else clutter_mesh(i) for i in room.items]
    for item, mesh in zip(room.items, meshes, strict=True):
        finish_of = skus[item.sku].finishes.__getitem__ if item.sku else clutter_finish(item)
        blender.put(item.sku or item.clutter, mesh, finish_of, item.at, item.turn)
    raise_walls(room)
    light(room)
    width, height = picture_size(room.camera, EXTRA_LONG_PX if room.split == "extra" else 800)
    blender.camera(room.camera.eye, room.camera.target, room.camera.focal_mm, room.camera.roll)
    photo = Path(out) / "photos" / f"{room.id}.jpg"
    photo.parent.mkdir(parents=True, exist_ok=True)
    take(photo, room, width, height)
    note(room, meshes, width, height, Path(work) / "truth" / f"{room.id}.json")


def clutter_mesh(item):
    mesh = Mesh()
    CLUTTER[item.clutter](mesh, random.Random(item.seed))
    return mesh


def clutter_finish(item):
    """Random but fixed finishes for a piece of clutter."""
    rng = random.Random(item.seed + 1)
    kinds = {
        "blanket": "wool",
        "tote": "cotton",
        "backpack": "cotton",
        "shoes": "leather",
        "books": "matt",
        "book_row": "matt",
    }
    fixed = {
        "card": Finish("matt", "card"),
        "metal": Finish("metal", "steel"),
        "dark": Finish("lacquer", "black"),
        "fruit": Finish("lacquer", rng.choice(("red", "green", "mustard"))),
    }
    chosen = {role: Finish(kinds.get(item.clutter, "lacquer"), rng.choice(CLUTTER_COLOURS)) for role in "abcd"}
    return (fixed | chosen).__getitem__


def raise_walls(room):
    finishes = shells.finishes(room.shell)
    solid, top = shells.room_mesh(room.shell, room.size)
    blender.put("shell", solid, finishes.__getitem__)
    lid = blender.put("lid", top, finishes.__getitem__)
    lid.visible_shadow = lid.visible_diffuse = False


def light(room):
    """Sky through the open top, a soft window, and in the evening a warm lamp near the ceiling."""
    w, d, h = room.size[0] / 2, room.size[1] / 2, room.size[2]
    at = room.light
    evening = at["mood"] in ("evening",)
    blender.sky(bpy.context.scene, (1.0, 0.9, 0.78) if evening else (0.94, 0.97, 1.0), at["sky"])
    where, along = room.shell["window"], room.shell["window_at"]
    spot = {"left": (-w + 0.2, along * 2 * d, 1.5), "right": (w - 0.2, along * 2 * d, 1.5)}[where]
    blender.area_light(spot, (0, -0.2, 0.6), 1.2, at["window"], (1, 0.97, 0.92), "SQUARE")
    if at["lamp"] > 1:
        blender.area_light(
            (*at["lamp_at"], h - 0.12), (*at["lamp_at"], 0), 0.35, at["lamp"], (1, at["warm"], at["warm"] ** 2)
        )


def take(photo, room, width, height):
    png = f"{photo}.png"
    blender.hurry(bpy.context.scene)
    share = 1.0 if room.split == "extra" else RENDER_SHARE
    blender.render(png, round(width * share), round(height * share))
    clean = np.asarray(Image.open(png).convert("RGB").resize((width, height), Image.LANCZOS)).astype(np.float32) / 255
    phone.save(phone.develop(clean, room.phone_seed, room.light["mood"]), photo, room.phone_seed)
    os.remove(png)


def note(room, meshes, width, height, path):
    placed = [truth.world_mesh(mesh, item) for item, mesh in zip(room.items, meshes, strict=True)]
    wanted = [k for k, item in enumerate(room.items) if item.sku]
    seen = truth.look(room.camera, width, height, placed, wanted)
    objects = [{"product_id": room.items[k].sku, "bbox": box, "visible": share} for k, (box, share) in seen.items()]
    record = {
        "photo": f"photos/{room.id}.jpg",
        "split": room.split,
        "width": width,
        "height": height,
        "objects": objects,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".part")
    partial.write_text(json.dumps(record))
    os.replace(partial, path)
