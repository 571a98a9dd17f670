"""Shelves, cabinets and baskets."""

import math

from ml.world.shapes.parts import front, legs


def bookshelf(m, p):
    """Open shelves; `form` closed | open | ladder | grid | doors | arch."""
    w, h, d, form = p["w"], p["h"], p.get("d", 0.34), p["form"]
    n = p["n"]
    if form in ("closed", "grid", "doors"):
        for s in (-1, 1):
            m.box((s * (w / 2 - 0.012), 0, h / 2), (0.024, d, h), "body", r=0.004)
        m.box((0, d / 2 - 0.006, h / 2), (w - 0.03, 0.008, h - 0.02), "inside", r=0.002)
    elif form == "open":
        for sx in (-1, 1):
            for sy in (-1, 1):
                m.box((sx * (w / 2 - 0.012), sy * (d / 2 - 0.012), h / 2), (0.022, 0.022, h), "legs", r=0.003)
    else:  # ladder
        for s in (-1, 1):
            m.box((s * (w / 2 - 0.012), 0.0, h / 2), (0.024, 0.035, h * 1.02), "legs", r=0.005, rot=(-0.16, 0, 0))
    for i in range(n + 1):
        z = 0.05 + (h - 0.07) * i / n
        depth = d if form != "ladder" else d * (1.15 - 0.62 * i / n)
        y = 0 if form != "ladder" else 0.16 * (z - h / 2) - depth / 2 + 0.06
        m.box((0, y, z), (w - 0.03, depth - 0.008, 0.024), "body", r=0.004)
        kind = "shelf" if i < n else "high"
        m.surface(kind, -w / 2 + 0.06, w / 2 - 0.06, y - depth / 2 + 0.07, y + depth / 2 - 0.07, z + 0.012)
    if form == "grid":
        for k in range(1, p.get("columns", 3)):
            m.box((-w / 2 + w * k / p.get("columns", 3), 0, h / 2), (0.02, d - 0.008, h - 0.08), "body", r=0.003)
    if form == "doors":
        for s in (-1, 1):
            front(
                m,
                min(0, s * (w / 2 - 0.02)),
                max(0, s * (w / 2 - 0.02)),
                0.06,
                0.05 + (h - 0.07) / n * 2,
                -d / 2 - 0.004,
                "body",
                p.get("handle", "knob"),
            )


def cabinet(m, p):
    """A cabinet: columns of `cells`, each a number of drawers, "door", "slat", "cane" or "open"."""
    w, h, d, leg = p["w"], p["h"], p.get("d", 0.42), p.get("leg_h", 0.16)
    if leg:
        legs(m, w - 0.06, d - 0.04, leg, p["legs"])
    z0, box_h, t = leg, h - leg, 0.022
    m.box((0, 0, h - t / 2), (w, d, t), "top", r=0.005)
    m.box((0, 0, z0 + t / 2), (w, d, t), "body", r=0.005)
    for s in (-1, 1):
        m.box((s * (w / 2 - t / 2), 0, z0 + box_h / 2), (t, d, box_h - 0.004), "body", r=0.004)
    m.box((0, d / 2 - 0.008, z0 + box_h / 2), (w - 0.02, 0.01, box_h - 0.02), "inside", r=0.002)
    cells, inner = p["cells"], w - 2 * t
    for i, cell in enumerate(cells):
        x0, x1 = -inner / 2 + inner * i / len(cells), -inner / 2 + inner * (i + 1) / len(cells)
        if i:
            m.box((x0, 0.005, z0 + box_h / 2), (0.016, d - 0.04, box_h - 0.03), "body", r=0.003)
        cabinet_cell(m, cell, x0, x1, z0 + t, h - t, -d / 2 + 0.012, d, p.get("handle", "knob"))
    m.surface("top", -w / 2 + 0.1, w / 2 - 0.1, -d / 2 + 0.1, d / 2 - 0.1, h)


def cabinet_cell(m, cell, x0, x1, z0, z1, y, d, handle):
    if cell == "open":
        mid = (z0 + z1) / 2
        m.box(((x0 + x1) / 2, 0.01, mid), (x1 - x0, d - 0.05, 0.016), "body", r=0.003)
        m.surface("shelf", x0 + 0.06, x1 - 0.06, -d / 2 + 0.08, d / 2 - 0.08, mid + 0.008)
    elif cell in ("door", "slat"):
        front(m, x0, x1, z0, z1, y, "front", handle, slats=cell == "slat")
    elif cell == "cane":
        front(m, x0, x1, z0, z1, y, "front", handle)
        m.box(((x0 + x1) / 2, y - 0.008, (z0 + z1) / 2), (x1 - x0 - 0.09, 0.008, z1 - z0 - 0.09), "cane", r=0.002)
    else:
        for k in range(cell):
            front(m, x0, x1, z0 + (z1 - z0) * k / cell, z0 + (z1 - z0) * (k + 1) / cell, y, "front", handle)


def basket(m, p):
    """A basket; `form` round | taper | belly | rect | tall, with `handles` loop | rope | none."""
    r, h, form = p["r"], p["h"], p["form"]
    if form == "rect":
        for s in (-1, 1):
            m.box((0, s * r * 0.66, h / 2), (r * 2, 0.018, h), "body", r=0.007)
            m.box((s * r, 0, h / 2), (0.018, r * 1.32, h), "body", r=0.007)
        m.box((0, 0, 0.01), (r * 2, r * 1.3, 0.02), "body")
        tops = [(-r, 0, h), (r, 0, h)]
    else:
        waist = {"round": (1, 1, 1), "taper": (0.72, 0.87, 1), "belly": (0.78, 1.12, 0.8), "tall": (0.9, 0.95, 1)}[form]
        wall = [
            (r * waist[0], 0),
            (r * (waist[0] + waist[1]) / 2 * 1.04, h * 0.25),
            (r * waist[1], h * 0.5),
            (r * (waist[1] + waist[2]) / 2 * 1.02, h * 0.78),
            (r * waist[2], h),
        ]
        inner = [(a - 0.016, max(b, 0.02)) for a, b in reversed(wall)]
        m.lathe([*wall, *inner, (0.001, 0.02)], "body", seg=44, smooth=True)
        m.lathe(
            [
                (wall[-1][0] - 0.014, h - 0.012),
                (wall[-1][0] + 0.008, h - 0.01),
                (wall[-1][0] + 0.008, h + 0.008),
                (wall[-1][0] - 0.014, h + 0.01),
            ],
            "trim",
            seg=44,
        )
        tops = [(-wall[-1][0], 0, h), (wall[-1][0], 0, h)]
    if p["handles"] == "none":
        return
    rise = 0.11 if p["handles"] == "loop" else -0.09
    for x, _, z in tops:
        arch = [
            (x * 1.02, 0.07 * math.cos(t), z - 0.015 + rise * math.sin(t))
            for t in (0, 0.4, 0.9, 1.57, 2.24, 2.74, 3.14)
        ]
        m.rod(arch, 0.009, "trim", seg=8)
