"""A phone in someone's hand: where it is held, what it sees. Pure Python and numpy."""

import functools
import math

import numpy as np

from ml.world.layout import footprint, shape
from ml.world.spec import Camera

LONG_PX, SHORT_PX = 800, 600


def picture_size(camera, long_px=LONG_PX):
    """(width, height) in upright pixels."""
    short = round(long_px * SHORT_PX / LONG_PX)
    return (short, long_px) if camera.portrait else (long_px, short)


@functools.lru_cache(maxsize=256)
def basis(camera):
    """(right, up, forward) unit vectors of the camera, roll included."""
    forward = np.subtract(camera.target, camera.eye)
    forward = forward / np.linalg.norm(forward)
    right = np.cross(forward, (0, 0, 1.0))
    right /= np.linalg.norm(right)
    up = np.cross(right, forward)
    c, s = math.cos(camera.roll), math.sin(camera.roll)
    return c * right + s * up, c * up - s * right, forward


def project(camera, points, width, height):
    """Pixels (n, 2) and depth (n,) in metres of world points (n, 3); behind the camera the depth is negative."""
    right, up, forward = basis(camera)
    local = np.asarray(points, float) - camera.eye
    depth = local @ forward
    scale = max(width, height) * camera.focal_mm / 36.0 / np.where(np.abs(depth) < 1e-6, 1e-6, depth)
    return np.stack([width / 2 + (local @ right) * scale, height / 2 - (local @ up) * scale], -1), depth


def rays(camera, xs, ys, width, height):
    """Unit directions (n, 3) through pixel centres (xs, ys)."""
    right, up, forward = basis(camera)
    unit = 36.0 / (camera.focal_mm * max(width, height))
    along = forward + np.outer((xs - width / 2) * unit, right) - np.outer((ys - height / 2) * unit, up)
    return along / np.linalg.norm(along, axis=1, keepdims=True)


def corners(floor, item):
    """The 8 corners (8, 3) of an item's turned box; kept, since a room is looked at from many places."""
    if item in floor.corners:
        return floor.corners[item]
    low, high, _ = shape(floor.skus[item])
    c, s = math.cos(item.turn), math.sin(item.turn)
    floor.corners[item] = np.array(
        [
            (item.at[0] + c * x - s * y, item.at[1] + s * x + c * y, item.at[2] + z)
            for x in (low[0], high[0])
            for y in (low[1], high[1])
            for z in (low[2], high[2])
        ]
    )
    return floor.corners[item]


def aim(floor, rng, close):
    """The best of some random ways to hold the phone; `close` aims at one or two things."""
    focus = pick_focus(floor, rng) if close else None
    best, best_score = None, -1e9
    for _ in range(60):
        camera = near(floor, rng, focus) if close else wide(floor, rng)
        if camera is None:
            continue
        score = worth(floor, camera, focus) + rng.uniform(0, 0.8)
        if score > best_score:
            best, best_score = camera, score
    return best or wide(floor, rng, free=False)


def pick_focus(floor, rng):
    items = list(floor.skus)
    weight = [0.45 if floor.skus[i].category == "rug" else 1.0 for i in items]
    return rng.choices(items, weight)[0]


def wide(floor, rng, free=True):
    w, d, _ = floor.size
    eye = (rng.uniform(-w / 2 + 0.3, w / 2 - 0.3), rng.uniform(-d / 2 + 0.15, -d / 2 + 1.0), rng.uniform(1.2, 1.65))
    if free and not clear_at(floor, eye):
        return None
    middle = np.mean([corners(floor, item).mean(0) for item in floor.skus], axis=0)
    target = (middle[0] + rng.uniform(-0.5, 0.5), middle[1] + rng.uniform(0, 0.5), rng.uniform(0.55, 0.95))
    return Camera(eye, tuple(float(v) for v in target), rng.gauss(0, 0.025), rng.uniform(24, 28), rng.random() < 0.35)


def near(floor, rng, focus):
    box = corners(floor, focus)
    centre, size = box.mean(0), float(np.linalg.norm(box.max(0) - box.min(0)))
    w, d, h = floor.size
    distance = max(0.65, size * rng.uniform(0.95, 1.7))
    azimuth = focus.turn + rng.uniform(-1.0, 1.0)
    eye = (centre[0] + distance * math.sin(azimuth), centre[1] - distance * math.cos(azimuth), rng.uniform(1.1, 1.65))
    if abs(eye[0]) > w / 2 - 0.15 or abs(eye[1]) > d / 2 - 0.15 or not clear_at(floor, eye):
        return None
    target = centre + [rng.gauss(0, size * 0.12), 0, rng.gauss(0, size * 0.08)]
    return Camera(
        tuple(float(v) for v in eye),
        tuple(float(v) for v in target),
        rng.gauss(0, 0.05),
        rng.uniform(25, 30),
        rng.random() < 0.6,
    )


def clear_at(floor, eye):
    """Whether nobody's furniture stands where the phone is."""
    for item, sku in floor.skus.items():
        low, high, _ = shape(sku)
        x0, x1, y0, y1 = footprint(low, high, item.at[0], item.at[1], item.turn, 0.3)
        if x0 < eye[0] < x1 and y0 < eye[1] < y1 and high[2] + item.at[2] > 0.6:
            return False
    return True


def worth(floor, camera, focus):
    """How much a view shows: things well inside the picture count, tiny or cut ones count less."""
    width, height = picture_size(camera)
    total = 0.0
    for item in floor.skus:
        pixels, depth = project(camera, corners(floor, item), width, height)
        if depth.min() < 0.25:
            total -= 0.5 if item is focus else 0.15
            continue
        low, high = pixels.min(0), pixels.max(0)
        seen = (np.minimum(high, (width, height)) - np.maximum(low, 0)).clip(0)
        share = float(seen.prod() / max(1.0, (high - low).prod()))
        area = float(seen.prod()) / (width * height)
        gain = share * min(1.0, (area / 0.02) ** 0.5)
        total += gain * (3.0 if item is focus else 1.0)
        if item is focus and not 0.06 < area < 0.75:
            total -= 1.5
        if item is not focus and area > 0.35 and floor.skus[item].category != "rug":
            total -= 1.0
    return total
