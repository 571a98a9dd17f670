"""Rugs, cushions and pictures: flat things that carry a pattern."""

import math

import numpy as np

from ml.world.mesh import grid_quads


def rug(m, p):
    """A rug; `form` rect | round | runner, its picture fitted over the whole, with optional `fringe`."""
    w, d, t = p["w"], p["d"], p.get("t", 0.012)
    if p["form"] == "round":
        rim, n = np.linspace(0, 2 * math.pi, 57), 6
        u = np.stack(
            [
                0.5 + 0.5 * np.outer(np.linspace(0.001, 1, n), np.cos(rim)),
                0.5 + 0.5 * np.outer(np.linspace(0.001, 1, n), np.sin(rim)),
            ],
            -1,
        ).reshape(-1, 2)
        verts = np.column_stack([(u - 0.5) * (w, d), np.full(len(u), t)])
        quads = grid_quads(n, 57)
        m.add(verts, quads, u[quads], "rug")
        m.lathe([(w / 2, 0), (w / 2 + 0.006, t / 2), (w / 2 - 0.001, t)], "edge", seg=56, squash=d / w)
        return
    x, y = w / 2, d / 2
    m.sheet([(-x, -y, t), (x, -y, t), (x, y, t), (-x, y, t)], "rug")
    for s in (-1, 1):
        m.box((0, s * y, t / 2), (w, 0.012, t), "edge", r=0.004)
        m.box((s * x, 0, t / 2), (0.012, d, t), "edge", r=0.004)
        if p.get("fringe"):
            n = int(d / 0.035)
            for i in range(n):
                yy = -y + d * (i + 0.5) / n
                m.box((s * (x + 0.035), yy, 0.005), (0.07, 0.011, 0.006), "fringe", r=0.002)


def cushion(m, p):
    """A scatter cushion, leaning back; `form` square | oblong | round | bolster, `edge` none | piping | tassel."""
    w, h, form = p["w"], p.get("h", p["w"]), p["form"]
    if form == "bolster":
        m.lathe(
            [(0.001, -w / 2), (0.09, -w / 2), (0.1, -w / 2 + 0.02), (0.1, w / 2 - 0.02), (0.09, w / 2), (0.001, w / 2)],
            "picture2",
            at=(0, 0, 0.1),
            rot=(0, math.pi / 2, 0),
        )
        return
    if form == "round":
        m.lathe(
            [
                (0.001, -0.06),
                (w * 0.28, -0.075),
                (w * 0.45, -0.05),
                (w / 2, 0),
                (w * 0.45, 0.05),
                (w * 0.28, 0.075),
                (0.001, 0.06),
            ],
            "picture2",
            at=(0, 0, w / 2 * 0.97),
            rot=(math.pi / 2 - 0.25, 0, 0),
            smooth=True,
            seg=64,
        )
        return
    lean, thick = -0.28, p.get("thick", 0.085)
    cos, sin = math.cos(lean), math.sin(lean)

    def place(side):
        def bend(u, v):
            a, b = 2 * u - 1, 2 * v - 1
            swell = thick * ((1 - a**2).clip(0) * (1 - b**2).clip(0)) ** 0.5 * -side
            pinch_x, pinch_z = -a * side * w / 2 * 0.085 * (1 - b**2), -b * h / 2 * 0.085 * (1 - a**2)
            z = v * h + pinch_z
            return np.stack([pinch_x, swell * cos - z * sin, swell * sin + z * cos - v * h], -1)

        return bend

    for side in (1, -1):
        left, right = (-w / 2, w / 2) if side > 0 else (w / 2, -w / 2)
        m.sheet(
            [(left, 0, 0.01), (right, 0, 0.01), (right, 0, h + 0.01), (left, 0, h + 0.01)],
            "picture",
            (18, 18),
            place(side),
        )
    if p.get("edge", "none") != "none":
        cushion_edge(m, p, w, h, lean)


def cushion_edge(m, p, w, h, lean):
    cos, sin = math.cos(lean), math.sin(lean)
    ring = []
    for k in range(41):
        t = k / 40 * 4
        side, f = int(min(t, 3.999)), t - int(min(t, 3.999))
        a, b = [(2 * f - 1, -1), (1, 2 * f - 1), (1 - 2 * f, 1), (-1, 1 - 2 * f)][side]
        x = a * w / 2 * (1 - 0.085 * (1 - b * b))
        z = (b + 1) / 2 * h - b * h / 2 * 0.085 * (1 - a * a)
        ring.append((x, -z * sin, z * cos + 0.01))
    if p["edge"] == "piping":
        m.rod(ring, 0.007, "trim", seg=8)
    else:
        for k in (0, 10, 20, 30):
            x, y, z = ring[k]
            m.rod([(x, y, z), (x * 1.09, y, z + (0.03 if z > h / 2 else 0.012))], (0.008, 0.016), "trim", seg=8)


def art(m, p):
    """A framed picture, its back on y = 0; `mount` is the width of the white mat in metres."""
    w, h, f, mat = p["w"], p["h"], p.get("f", 0.02), p.get("mount", 0.0)
    if p.get("canvas"):
        m.box((0, -0.018, h / 2), (w, 0.034, h), "edge", r=0.004)
    else:
        for s in (-1, 1):
            m.box((s * (w / 2 - f / 2), -0.014, h / 2), (f, 0.028, h), "frame", r=0.003)
            m.box((0, -0.014, h / 2 + s * (h / 2 - f / 2)), (w, 0.028, f), "frame", r=0.003)
        m.box((0, -0.006, h / 2), (w - f, 0.008, h - f), "mat", r=0.001)
    y, iw, ih = (-0.0362, w / 2, h / 2) if p.get("canvas") else (-0.0115, w / 2 - f - mat, h / 2 - f - mat)
    z0, z1 = h / 2 - ih, h / 2 + ih
    m.sheet([(-iw, y, z0), (iw, y, z0), (iw, y, z1), (-iw, y, z1)], "picture")
