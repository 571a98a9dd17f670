"""Lamps. The bulb and the inside of a shade glow a little, as in a shop's pictures."""

import math


def shade(m, form, r, h, z, role="shade"):
    """A lampshade whose lower rim is at height z; r is its largest radius."""
    if form == "drum":
        outline = [(r, z), (r * 0.97, z + h)]
    elif form == "cone":
        outline = [(r, z), (r * 0.45, z + h)]
    elif form == "empire":
        outline = [(r, z), (r * 0.72, z + h)]
    elif form == "dome":
        outline = [(r * math.cos(t), z + h * math.sin(t)) for t in (0, 0.2, 0.45, 0.7, 0.95, 1.2, 1.4, 1.5)]
    elif form == "bell":
        outline = [(r, z), (r * 0.9, z + h * 0.12), (r * 0.62, z + h * 0.4), (r * 0.45, z + h * 0.75), (r * 0.2, z + h)]
    elif form == "globe":
        m.ball((0, 0, z + r), r, role, seg=32)
        return
    elif form == "lantern":
        outline = [
            (r * (0.35 + 0.65 * math.sin(math.pi * (0.06 + 0.88 * t / 18))) * (1 - 0.02 * (t % 2)), z + h * t / 18)
            for t in range(19)
        ]
    else:
        raise ValueError(f"no shade form {form!r}")
    inner = [(max(a - 0.004, 0.001), b) for a, b in reversed(outline)]
    m.lathe([*outline, *inner, outline[0]], role, seg=44, smooth=form in ("dome", "bell"))
    m.ball((0, 0, z + h * 0.45), min(0.045, r * 0.4), "bulb", seg=14)


def floor_lamp(m, p):
    """A floor lamp; `stand` pole | tripod | arc | reader | column."""
    h, r, stand = p["h"], p["r"], p["stand"]
    if stand == "tripod":
        for k in range(3):
            a = math.radians(90 + 120 * k)
            m.rod(
                [
                    (0.3 * math.cos(a), 0.3 * math.sin(a), 0),
                    (0.02 * math.cos(a), 0.02 * math.sin(a), h - p["sh"] - 0.02),
                ],
                (0.013, 0.016),
                "stand",
            )
        m.rod([(0, 0, h - p["sh"] - 0.06), (0, 0, h - p["sh"] + 0.1)], 0.018, "stand")
        shade(m, p["shade"], r, p["sh"], h - p["sh"])
        return
    m.lathe([(0.001, 0), (0.15, 0), (0.15, 0.02), (0.02, 0.032), (0.001, 0.032)], "stand")
    if stand in ("arc", "reader"):
        reach, n = (0.62, 14) if stand == "arc" else (0.26, 8)
        high = h - 0.02
        path = [(0, 0, 0.02), (0, 0, high * 0.6)]
        path += [
            (reach / 2 - reach / 2 * math.cos(t), 0, high * 0.6 + high * 0.4 * math.sin(t))
            for t in (math.pi * 0.82 * (k + 1) / n for k in range(n))
        ]
        shift = -path[-1][0] / 2
        m.parts = [(v + (shift, 0, 0), q, u, role) for v, q, u, role in m.parts]
        path = [(x + shift, y, z) for x, y, z in path]
        m.rod(path, 0.011, "stand")
        start = len(m.parts)
        shade(m, p["shade"], r, p["sh"], path[-1][2] - p["sh"] * 0.94)
        m.parts[start:] = [(v + (path[-1][0], 0, 0), q, u, role) for v, q, u, role in m.parts[start:]]
        return
    if stand == "column":
        m.lathe([(0.05, 0.03), (0.05, h - p["sh"] - 0.05), (0.02, h - p["sh"])], "stand")
    m.rod([(0, 0, 0.02), (0, 0, h - p["sh"] * 0.4)], 0.011, "stand")
    shade(m, p["shade"], r, p["sh"], h - p["sh"])


def table_lamp(m, p):
    """A table lamp; `base` gourd | column | ball | disc | cube | mushroom."""
    base, h, r, sh = p["base"], p["h"], p["r"], p["sh"]
    bh = h - sh
    if base == "gourd":
        m.lathe(
            [(0.07, 0), (0.085, bh * 0.1), (0.11, bh * 0.35), (0.09, bh * 0.62), (0.04, bh * 0.82), (0.022, bh)],
            "stand",
            smooth=True,
        )
    elif base == "column":
        m.lathe(
            [(0.001, 0), (0.085, 0), (0.085, 0.025), (0.035, 0.03), (0.035, bh), (0.001, bh)],
            "stand",
            wobble=0.06,
            lobes=10,
            seg=60,
        )
    elif base == "ball":
        m.lathe([(0.001, 0), (0.06, 0), (0.06, 0.015), (0.03, 0.02)], "stand")
        m.ball((0, 0, 0.02 + bh * 0.42), bh * 0.42, "stand", seg=28)
    elif base == "cube":
        m.box((0, 0, bh * 0.42), (0.15, 0.15, bh * 0.84), "stand", r=0.012)
    elif base == "mushroom":
        m.lathe(
            [(0.001, 0), (r * 0.62, 0), (r * 0.5, bh * 0.2), (r * 0.28, bh * 0.6), (r * 0.3, bh)], "stand", smooth=True
        )
    else:
        m.lathe([(0.001, 0), (0.09, 0), (0.09, 0.018), (0.001, 0.02)], "stand")
    m.rod([(0, 0, 0.01), (0, 0, bh + sh * 0.5)], 0.008, "metal")
    shade(m, p["shade"], r, sh, bh + (0.0 if base == "mushroom" else 0.015))


def pendant(m, p):
    """A pendant lamp with 0.45 m of cord; `shade` form, `tiers` stacked, or a `cluster` of globes."""
    r, sh, z = p["r"], p["sh"], 0.0
    if p.get("cluster"):
        for x, dz in ((-0.24, 0.1), (0.0, 0.0), (0.24, 0.16)):
            m.ball((x, 0, dz + r), r, "shade", seg=28)
            m.rod([(x, 0, dz + 2 * r - 0.01), (x, 0, 0.82)], 0.004, "metal", seg=6)
            m.lathe(
                [(0.03, dz + 2 * r - 0.02), (0.03, dz + 2 * r + 0.03), (0.004, dz + 2 * r + 0.035)],
                "metal",
                at=(x, 0, 0),
                seg=16,
            )
        m.box((0, 0, 0.83), (0.62, 0.06, 0.03), "metal")
        return
    for k in range(p.get("tiers", 1)):
        shade(m, p["shade"], r * (1 - 0.24 * k), sh, z)
        z += sh * 0.78
    top = z + sh * 0.22 if p["shade"] != "globe" else 2 * r
    m.lathe([(0.028, top - 0.01), (0.024, top + 0.05), (0.004, top + 0.055)], "metal", seg=16)
    m.rod([(0, 0, top), (0, 0, top + 0.45)], 0.004, "metal", seg=6)
    m.lathe([(0.05, top + 0.43), (0.05, top + 0.45), (0.001, top + 0.45)], "metal", seg=20)
