"""The room itself: floor, walls, skirting, window, curtains and doors, as one mesh for each."""

import math

import numpy as np

from ml.world.mesh import Mesh
from ml.world.palette import Finish

WALLS = (
    "wall white",
    "wall sand",
    "wall grey",
    "wall sage",
    "wall blue",
    "wall blush",
    "wall clay",
    "wall teal",
    "wall cream",
    "wall olive",
)
FLOORS = ("floor oak", "floor walnut", "floor pale", "floor tile", "floor slate", "floor carpet")


def plan_shell(rng, size):
    """Random surfaces and openings of a room of `size` (w, d, h) metres."""
    return {
        "wall": rng.choice(WALLS),
        "wall_style": rng.choices(("paint", "paper", "panel", "brick"), (6, 2, 2, 1))[0],
        "paper": rng.choice(("striped", "geometric", "dotted", "pinstripe")),
        "floor": rng.choice(FLOORS),
        "window": rng.choice(("left", "right")),
        "window_at": rng.uniform(-0.25, 0.25),
        "curtain": rng.choice(("cream", "grey", "white", "terracotta", "navy", "sage", "")),
        "door": rng.random() < 0.35,
        "seed": rng.randrange(10**6),
    }


def floor_finish(name):
    return {
        "floor oak": Finish("planks", "oak"),
        "floor walnut": Finish("planks", "walnut"),
        "floor pale": Finish("planks", "natural"),
        "floor tile": Finish("tiles", "wall white"),
        "floor slate": Finish("tiles", "charcoal"),
        "floor carpet": Finish("wool", "wall sand"),
    }[name]


def wall_finish(shell):
    style, colour = shell["wall_style"], shell["wall"]
    if style == "paper":
        return Finish("wallpaper", colour, shell["paper"], "wall white" if colour != "wall white" else "wall sand")
    if style == "brick":
        return Finish("brick", "wall brick" if shell["seed"] % 2 else "wall white")
    return Finish("matt", colour)


def finishes(shell):
    paint = Finish("matt", shell["wall"])
    return {
        "floor": floor_finish(shell["floor"]),
        "back": wall_finish(shell),
        "side": paint,
        "trim": Finish("lacquer", "white"),
        "panel": paint,
        "ceiling": Finish("ceiling", "white"),
        "pane": Finish("pane", "sky blue"),
        "curtain": Finish("linen", shell["curtain"] or "white"),
        "rail": Finish("powder", "black"),
        "door": Finish("lacquer", "white"),
    }


def room_mesh(shell, size):
    """(solid, open): `open` holds the ceiling and the wall behind the camera, which let sky light in."""
    w, d, h = size[0] / 2, size[1] / 2, size[2]
    m, top = Mesh(), Mesh()
    metres = lambda mesh, corners, role, u, v: plane(mesh, corners, role, u, v)  # noqa: E731
    metres(m, [(-w, -d, 0), (w, -d, 0), (w, d, 0), (-w, d, 0)], "floor", 2 * w, 2 * d)
    metres(m, [(-w, d, 0), (w, d, 0), (w, d, h), (-w, d, h)], "back", 2 * w, h)
    metres(m, [(-w, -d, 0), (-w, d, 0), (-w, d, h), (-w, -d, h)], "side", 2 * d, h)
    metres(m, [(w, d, 0), (w, -d, 0), (w, -d, h), (w, d, h)], "side", 2 * d, h)
    metres(top, [(-w, d, h), (w, d, h), (w, -d, h), (-w, -d, h)], "ceiling", 2 * w, 2 * d)
    metres(top, [(w, -d, 0), (-w, -d, 0), (-w, -d, h), (w, -d, h)], "side", 2 * w, h)
    m.box((0, d - 0.008, 0.05), (2 * w, 0.016, 0.1), "trim", r=0.004)
    for s in (-1, 1):
        m.box((s * (w - 0.008), 0, 0.05), (0.016, 2 * d, 0.1), "trim", r=0.004)
    if shell["wall_style"] == "panel":
        panels(m, w, d)
    window(m, shell, w, d)
    return m, top


def plane(m, corners, role, u_m, v_m):
    m.sheet(corners, role)
    verts, quads, uv, _ = m.parts[-1]
    m.parts[-1] = (verts, quads, (uv - uv.min((0, 1))) * np.array([u_m, v_m]), role)


def panels(m, w, d):
    m.box((0, d - 0.012, 0.98), (2 * w, 0.024, 0.05), "trim", r=0.006)
    count = max(4, round(2 * w / 0.55))
    for i in range(count):
        x, pw = -w + 2 * w * (i + 0.5) / count, 2 * w / count - 0.12
        for s in (-1, 1):
            m.box((x + s * pw / 2, d - 0.007, 0.54), (0.022, 0.014, 0.66), "panel", r=0.004)
            m.box((x, d - 0.007, 0.54 + s * 0.33), (pw, 0.014, 0.022), "panel", r=0.004)


def window(m, shell, w, d):
    """A bright pane in a white frame with curtains, as a group that is turned to its wall."""
    g, ww, z0, z1 = Mesh(), 1.25, 0.85, 2.15
    g.sheet([(-ww / 2, -0.012, z0), (ww / 2, -0.012, z0), (ww / 2, -0.012, z1), (-ww / 2, -0.012, z1)], "pane")
    for x in (-ww / 2, 0, ww / 2):
        g.box((x, -0.025, (z0 + z1) / 2), (0.05, 0.05, z1 - z0), "trim", r=0.006)
    for z in (z0, z1, z0 + (z1 - z0) * 0.66):
        g.box((0, -0.026, z), (ww + 0.05, 0.05, 0.05), "trim", r=0.006)
    g.box((0, -0.06, z0 - 0.03), (ww + 0.16, 0.14, 0.03), "trim", r=0.006)
    if shell["curtain"]:
        g.rod([(-ww / 2 - 0.4, -0.1, 2.28), (ww / 2 + 0.4, -0.1, 2.28)], 0.012, "rail")
        for s in (-1, 1):
            x0, x1 = s * (ww / 2 + 0.36), s * (ww / 2 - 0.08)
            x0, x1 = min(x0, x1), max(x0, x1)
            g.sheet(
                [(x0, -0.1, 0.03), (x1, -0.1, 0.03), (x1, -0.1, 2.27), (x0, -0.1, 2.27)],
                "curtain",
                (48, 6),
                lambda u, v: np.stack([0 * u, 0.035 * np.sin(u * 2 * math.pi * 6) * (1.1 - 0.4 * v), 0 * u], -1),
            )
    place, turn = {
        "left": ((-w, shell["window_at"] * 2 * d, 0), math.pi / 2),
        "right": ((w, shell["window_at"] * 2 * d, 0), -math.pi / 2),
    }[shell["window"]]
    m.merge(g, place, turn)
