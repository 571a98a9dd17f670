"""Where things stand in a room: simple rules for each kind of room, nothing intersects. Pure Python."""

import functools
import math
import random

from ml.world.shapes import build
from ml.world.spec import Item

FACING = {"back": 0.0, "left": math.pi / 2, "right": -math.pi / 2}


@functools.cache
def _shape(category, params):
    mesh = build(category, dict(params))
    low, high = mesh.bounds()
    return tuple(low), tuple(high), tuple(mesh.surfaces)


def shape(sku):
    """(low, high, surfaces) of a SKU's mesh, in its own metres."""
    return _shape(sku.category, tuple(sorted(sku.params.items(), key=lambda pair: pair[0])))


class Floor:
    """A room being furnished: what stands where, and the picks that are left."""

    def __init__(self, rng, size, pick):
        self.rng, self.size, self.pick = rng, size, pick
        self.items, self.skus, self.taken, self.spots, self.corners = [], {}, [], [], {}

    def put(self, sku, x, y, turn=0.0, z=0.0, solid=True, gap=0.04):
        """Place a SKU if its footprint is free and inside the room; the Item, or None."""
        low, high, _ = shape(sku)
        box = footprint(low, high, x, y, turn, gap if solid else 0.0)
        w, d = self.size[0] / 2, self.size[1] / 2
        if box[0] < -w - 0.05 or box[1] > w + 0.05 or box[2] < -d or box[3] > d + 0.05:
            return None
        top = z + high[2]
        if solid and any(apart(box, other) is False and z < o_top and top > o_z for other, o_z, o_top in self.taken):
            return None
        if solid:
            self.taken.append((box, z + low[2], top))
        item = Item((x, y, z), turn, sku.id)
        self.items.append(item)
        self.skus[item] = sku
        return item

    def wall(self, category, side, along=None, z=0.0, gap=0.03, tries=6):
        """Stand or hang a pick of `category` against a wall; `along` is in metres from the middle."""
        sku = self.pick(category)
        low, high, _ = shape(sku)
        w, d = self.size[0] / 2, self.size[1] / 2
        reach = (w if side == "back" else d) - max(-low[0], high[0]) - 0.05
        for k in range(tries):
            t = along if along is not None and k == 0 else self.rng.uniform(-reach, reach)
            t = max(-reach, min(reach, t + (self.rng.uniform(-0.2, 0.2) if k else 0)))
            depth = high[1] + gap
            x, y = {"back": (t, d - depth), "left": (-w + depth, t), "right": (w - depth, t)}[side]
            item = self.put(sku, x, y, FACING[side], z)
            if item:
                return item
        return None

    def beside(self, category, anchor, side, gap=0.08, turn=None):
        """Stand a pick next to `anchor`, on its left (-1) or right (1)."""
        sku = self.pick(category)
        low, high, _ = shape(sku)
        a_low, a_high, _ = shape(self.skus[anchor])
        dx = side * ((a_high[0] if side > 0 else -a_low[0]) + (high[0] - low[0]) / 2 + gap)
        x, y = offset(anchor, dx, a_high[1] - (high[1] - low[1]) / 2 - 0.05)
        return self.put(sku, x, y, anchor.turn if turn is None else turn)

    def before(self, category, anchor, distance, turn=0.0, shift=0.0, solid=True):
        """Stand a pick in front of `anchor`."""
        sku = self.pick(category)
        low, high, _ = shape(sku)
        a_low, _, _ = shape(self.skus[anchor])
        x, y = offset(anchor, shift, a_low[1] - distance - (high[1] if solid else 0))
        return self.put(sku, x, y, anchor.turn + turn, solid=solid)

    def on(self, category, anchor, kinds=("top",)):
        """Stand a pick on a surface of `anchor`."""
        sku = self.pick(category)
        low, high, _ = shape(sku)
        radius = max(high[0] - low[0], high[1] - low[1]) / 2
        spot = self.spot(anchor, kinds, radius)
        if spot is None:
            return None
        turn = anchor.turn + (self.rng.uniform(-0.5, 0.5) if category != "cushion" else self.rng.uniform(-0.25, 0.25))
        item = Item(spot, turn, sku.id)
        self.items.append(item)
        self.skus[item] = sku
        return item

    def spot(self, anchor, kinds, radius, tries=8):
        """A free place (x, y, z) on a surface of `anchor` for something of `radius` metres."""
        surfaces = [s for s in shape(self.skus[anchor])[2] if s[0] in kinds]
        for _ in range(tries if surfaces else 0):
            _, x0, x1, y0, y1, z = self.rng.choice(surfaces)
            x, y = self.rng.uniform(x0, x1), self.rng.uniform(y0, y1)
            px, py = offset(anchor, x, y)
            place = (px, py, anchor.at[2] + z)
            if all(math.dist(place, other) > radius + r for other, r in self.spots):
                self.spots.append((place, radius))
                return place
        return None

    def litter(self, name, at, turn):
        self.items.append(Item(at, turn, "", name, self.rng.randrange(10**6)))


def offset(item, dx, dy):
    c, s = math.cos(item.turn), math.sin(item.turn)
    return item.at[0] + c * dx - s * dy, item.at[1] + s * dx + c * dy


def footprint(low, high, x, y, turn, gap):
    """Axis-aligned (x0, x1, y0, y1) of a turned footprint, grown by `gap`."""
    c, s = math.cos(turn), math.sin(turn)
    xs, ys = zip(*((c * a - s * b, s * a + c * b) for a in (low[0], high[0]) for b in (low[1], high[1])), strict=True)
    return x + min(xs) - gap, x + max(xs) + gap, y + min(ys) - gap, y + max(ys) + gap


def apart(a, b):
    return a[1] <= b[0] or b[1] <= a[0] or a[3] <= b[2] or b[3] <= a[2]


def picker(rng, skus):
    """`pick(category)`: a random SKU of a category, those used least first."""
    pools, used = {}, {}
    for sku in skus:
        pools.setdefault(sku.category, []).append(sku)

    def pick(category):
        pool = pools[category]
        sku = min(pool, key=lambda s: (used.get(s.id, 0), random.Random(f"{s.id}{rng.random()}").random()))
        used[sku.id] = used.get(sku.id, 0) + 1
        return sku

    return pick
