"""The room plan: every room of a set, its furniture, light and camera, from one seed."""

import functools
import random

from ml.world import camera as cameras
from ml.world.catalog import plan_catalog
from ml.world.layout import picker
from ml.world.recipes import furnish
from ml.world.shell import plan_shell
from ml.world.spec import Room

KINDS = ("living", "bedroom", "dining", "study", "hall")
COUNTS = {"train": 120, "golden": 120, "extra": 360}


@functools.cache
def plan_rooms(name, seed=7, count=None):
    """The rooms of one set; golden rooms hold golden SKUs only, the others training SKUs only."""
    rng = random.Random(f"{seed} {name}")
    split = "golden" if name == "golden" else "train"
    pick = picker(rng, [s for s in plan_catalog(seed) if s.split == split and not s.copy_of])
    return tuple(plan_room(rng, name, n, pick) for n in range(count or COUNTS[name]))


def plan_room(rng, name, n, pick):
    kind = rng.choices(KINDS, (8, 5, 5, 4, 4))[0]
    size = (rng.uniform(3.8, 5.2), rng.uniform(3.6, 4.8), rng.uniform(2.45, 2.75))
    floor = furnish(kind, rng, size, pick)
    while len(floor.skus) < 3:
        floor = furnish(kind, rng, size, pick)
    view = cameras.aim(floor, rng, close=rng.random() < 0.55)
    return Room(
        id=f"{name}-{n + 1:04d}",
        split=name,
        kind=kind,
        size=size,
        shell=plan_shell(rng, size),
        light=plan_light(rng),
        items=tuple(floor.items),
        camera=view,
        phone_seed=rng.randrange(10**9),
    )


def plan_light(rng):
    """Sky strength, window watts and their tints; evening rooms are lit by a warm lamp."""
    mood = rng.choices(("day", "overcast", "evening", "dim"), (5, 4, 3, 2))[0]
    sky, window, lamp = {
        "day": (0.75, 60, 0),
        "overcast": (0.85, 25, 0),
        "evening": (0.22, 5, 75),
        "dim": (0.32, 18, 18),
    }[mood]
    return {
        "mood": mood,
        "sky": sky * rng.uniform(0.85, 1.2),
        "window": window * rng.uniform(0.7, 1.4),
        "lamp": lamp * rng.uniform(0.7, 1.3),
        "lamp_at": (rng.uniform(-1, 1), rng.uniform(-1, 0.8)),
        "warm": rng.uniform(0.6, 0.85),
    }
