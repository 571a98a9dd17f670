"""Studio shots: one product before a near-white sweep, filling most of the frame."""

import math

import numpy as np
from PIL import Image

from ml.world import blender
from ml.world.mesh import Mesh
from ml.world.palette import Finish
from ml.world.shapes import build

ON_WALL = frozenset({"wall art", "mirror", "wall clock"})
HANGING = frozenset({"pendant lamp"})
VIEWS = {1: (28, 17), 2: (-38, 24)}  # shot: (azimuth, elevation) in degrees from the front


def view(category, shot):
    """(azimuth, elevation) in degrees of one shot of a category."""
    azimuth, elevation = VIEWS[shot]
    if category in ON_WALL:
        return (12, 2) if shot == 1 else (-24, 4)
    if category == "rug":
        return (18, 40) if shot == 1 else (-30, 58)
    if category in ("dining table", "coffee table", "side table", "desk", "bed", "basket", "plant pot"):
        return azimuth, elevation + 8
    if category in HANGING:
        return azimuth, -6 if shot == 1 else 8
    return azimuth, elevation


def frame(verts, azimuth, elevation, focal_mm=70.0, fill=0.84):
    """(eye, target) so that all `verts` (n, 3) fall within the middle `fill` of a square picture."""
    a, e = math.radians(azimuth), math.radians(elevation)
    back = np.array([math.sin(a) * math.cos(e), -math.cos(a) * math.cos(e), math.sin(e)])
    right = np.array([math.cos(a), math.sin(a), 0.0])
    up = np.cross(back, right) * 1.0
    centre = (verts.min(0) + verts.max(0)) / 2
    tangent = 18.0 / focal_mm * fill
    for _ in range(3):
        local = verts - centre
        x, y, z = local @ right, local @ up, local @ back
        distance = float(np.maximum(np.abs(x), np.abs(y)).max() / tangent + z.max())
        for _ in range(3):
            distance = float((np.maximum(np.abs(x), np.abs(y)) / tangent + z).max())
        depth = distance - z
        sx, sy = x / depth, y / depth
        centre = centre + right * (sx.max() + sx.min()) / 2 * distance + up * (sy.max() + sy.min()) / 2 * distance
    return centre + back * distance, centre


def sweep(size, wall):
    """The backdrop: a floor, or for things on a wall also a wall right behind them."""
    mesh, far = Mesh(), size * 200
    mesh.sheet([(-far, -far, 0), (far, -far, 0), (far, far, 0), (-far, far, 0)], "floor")
    if wall:
        mesh.parts.clear()
        mesh.sheet([(-far, 0.001, -far), (far, 0.001, -far), (far, 0.001, far), (-far, 0.001, far)], "floor")
    return mesh


def shoot(sku, shot, path, pixels=320):
    """Render one shot of a SKU as a JPEG at `path`."""
    blender.clear()
    mesh = build(sku.category, sku.params)
    verts = np.concatenate([part[0] for part in mesh.parts])
    size = float(np.linalg.norm(verts.max(0) - verts.min(0)))
    thing = blender.put(sku.id, mesh, sku.finishes.__getitem__)
    if sku.category not in HANGING:
        blender.put("sweep", sweep(size, sku.category in ON_WALL), lambda role: Finish("matt", "white"))
    azimuth, elevation = view(sku.category, shot)
    eye, target = frame(verts, azimuth, elevation)
    blender.camera(eye, target, 70.0)
    studio_light(target, size, azimuth)
    png = f"{path}.png"
    blender.render(png, pixels, pixels)
    finish_shot(png, path, 0.93 if sku.category in HANGING else 0.98)
    return thing


def studio_light(target, size, azimuth):
    import bpy

    blender.sky(bpy.context.scene, (1.0, 1.0, 1.0), 0.55)
    a = math.radians(azimuth - 50)
    at = target + size * np.array([1.5 * math.sin(a), -1.5 * math.cos(a), 1.6])
    blender.area_light(tuple(at), tuple(target), size * 1.1, 24.0 * size * size)


def finish_shot(png, path, white=0.98, quality=85):
    """Lift the backdrop to near-white without burning the product, and save as JPEG."""
    import os

    picture = np.asarray(Image.open(png).convert("RGB")).astype(np.float32) / 255
    edge = np.concatenate(
        [
            picture[:6].reshape(-1, 3),
            picture[-6:].reshape(-1, 3),
            picture[:, :6].reshape(-1, 3),
            picture[:, -6:].reshape(-1, 3),
        ]
    )
    gain = white / np.median(edge, axis=0).clip(0.3, 1)
    picture = (picture * gain).clip(0, 1) ** 1.16
    partial = f"{path}.part"
    Image.fromarray((picture * 255 + 0.5).astype(np.uint8)).save(partial, "JPEG", quality=quality, optimize=True)
    os.replace(partial, path)
    os.remove(png)
