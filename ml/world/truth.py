"""What a photo shows: for each object its visible box and visible share, by casting rays at its mesh."""

import numpy as np
from mathutils.bvhtree import BVHTree

from ml.world.camera import project, rays
from ml.world.mesh import rotation

MAX_RAYS, MIN_SIDE_PX, MIN_AREA_SHARE = 9000, 12, 0.0015


def world_mesh(mesh, item):
    """(verts (n, 3), quads (m, 4)) of a placed mesh."""
    verts, _, quads, _, _ = mesh.arrays()
    return verts @ rotation(0, 0, item.turn).T + item.at, quads


def tree(meshes):
    """One tree over several (verts, quads)."""
    start, all_verts, all_quads = 0, [], []
    for verts, quads in meshes:
        all_verts.append(verts)
        all_quads.append(quads + start)
        start += len(verts)
    return BVHTree.FromPolygons(np.concatenate(all_verts).tolist(), np.concatenate(all_quads).tolist())


def look(camera, width, height, meshes, indexes):
    """{index: (bbox, visible)} of the meshes named by `indexes`; bbox is [x1, y1, x2, y2] upright px of visible pixels,
    visible is their share of the pixels that the object would cover alone in an endless frame."""
    scene, seen = tree(meshes), {}
    for index in indexes:
        found = one(camera, width, height, meshes[index], scene)
        if found:
            seen[index] = found
    return seen


def one(camera, width, height, mesh, scene):
    verts, _ = mesh
    pixels, depth = project(camera, verts, width, height)
    front = depth > 0.05
    if not front.any():
        return None
    low, high = pixels[front].min(0).clip(-3 * width, 4 * width), pixels[front].max(0).clip(-3 * width, 4 * width)
    step = max(1.0, float(np.sqrt((high - low).prod() / MAX_RAYS)))
    xs, ys = (
        g.ravel()
        for g in np.meshgrid(np.arange(low[0] + step / 2, high[0], step), np.arange(low[1] + step / 2, high[1], step))
    )
    own, origin = tree([mesh]), camera.eye
    covered, visible_xy = 0, []
    for x, y, ray in zip(xs, ys, rays(camera, xs, ys, width, height).tolist(), strict=True):
        distance = own.ray_cast(origin, ray)[3]
        if distance is None:
            continue
        covered += 1
        if 0 <= x < width and 0 <= y < height and scene.ray_cast(origin, ray, distance - 0.003)[3] is None:
            visible_xy.append((x, y))
    if not visible_xy:
        return None
    return box_of(np.array(visible_xy), step, width, height, len(visible_xy) / covered)


def box_of(points, step, width, height, visible):
    """The box around visible samples, or None for a sliver that nobody could point at."""
    low = (points.min(0) - step / 2).clip(0)
    high = np.minimum(points.max(0) + step / 2, (width, height))
    if (high - low).min() < MIN_SIDE_PX or (
        visible < 0.5 and len(points) * step * step < MIN_AREA_SHARE * width * height
    ):
        return None
    return [round(float(v), 1) for v in (*low, *high)], round(float(min(1.0, visible)), 3)
