"""Mirrors and clocks: things that hang, their backs on y = 0."""

import math


def mirror(m, p):
    """A wall mirror, its back on y = 0; `form` rect | round | arch | oval | sun | window."""
    w, h, f, form = p["w"], p["h"], p.get("f", 0.03), p["form"]
    flat = (math.pi / 2, 0, 0)
    if form in ("round", "oval", "sun"):
        k = h / w
        m.lathe(
            [(w / 2 - f, 0.008), (w / 2 - f, 0.03), (w / 2, 0.03), (w / 2, 0.0)],
            "frame",
            at=(0, 0, h / 2),
            rot=flat,
            seg=64,
            squash=k,
        )
        m.lathe([(w / 2 - f / 2, 0.016), (0.001, 0.016)], "glass", at=(0, 0, h / 2), rot=flat, seg=64, squash=k)
        for t in range(28 if form == "sun" else 0):
            a = t * math.pi / 14
            far = w / 2 + (0.13 if t % 2 else 0.2)
            m.rod(
                [
                    (w / 2 * math.cos(a), -0.012, h / 2 + w / 2 * math.sin(a)),
                    (far * math.cos(a), -0.012, h / 2 + far * math.sin(a)),
                ],
                (0.009, 0.004),
                "frame",
                seg=8,
            )
        return
    z = h - w / 2 if form == "arch" else h
    m.sheet(
        [
            (-w / 2 + f / 2, -0.016, f / 2),
            (w / 2 - f / 2, -0.016, f / 2),
            (w / 2 - f / 2, -0.016, z),
            (-w / 2 + f / 2, -0.016, z),
        ],
        "glass",
    )
    for s in (-1, 1):
        m.box((s * (w / 2 - f / 2), -0.016, z / 2), (f, 0.032, z), "frame", r=0.004)
    m.box((0, -0.016, f / 2), (w, 0.032, f), "frame", r=0.004)
    if form == "arch":
        m.lathe([(w / 2 - f / 2, 0.0159), (0.001, 0.0159)], "glass", at=(0, 0, z), rot=flat, seg=64)
        m.rod(
            [
                ((w / 2 - f / 2) * math.cos(t), -0.016, z + (w / 2 - f / 2) * math.sin(t))
                for t in (math.pi * k / 20 for k in range(21))
            ],
            f / 2,
            "frame",
        )
    else:
        m.box((0, -0.016, h - f / 2), (w, 0.032, f), "frame", r=0.004)
    if form == "window":
        for k in (1, 2):
            m.box((0, -0.018, h * k / 3), (w - f, 0.02, 0.016), "frame", r=0.003)
        m.box((0, -0.018, h / 2), (0.016, 0.02, h - f), "frame", r=0.003)


def clock(m, p):
    """A wall clock, its back on y = 0; `marks` dots | bars | spokes, `form` round | square."""
    r, f = p["r"], p.get("f", 0.016)
    flat, z = (math.pi / 2, 0, 0), p["r"]
    if p["form"] == "square":
        m.box((0, -0.02, z), (2 * r, 0.04, 2 * r), "frame", r=0.012)
        m.box((0, -0.036, z), (2 * r - 2 * f, 0.012, 2 * r - 2 * f), "face", r=0.004)
    elif p["form"] == "open":
        for k in (1.0, 0.52):
            m.rod(
                [(r * k * math.cos(t), -0.016, z + r * k * math.sin(t)) for t in (math.pi * j / 24 for j in range(49))],
                0.009,
                "frame",
            )
    else:
        m.lathe(
            [(r - f, 0.03), (r - f, 0.042), (r - f * 0.3, 0.042), (r, 0.03), (r, 0.0)],
            "frame",
            at=(0, 0, z),
            rot=flat,
            seg=64,
        )
        m.lathe([(r - f / 2, 0.032), (0.001, 0.032)], "face", at=(0, 0, z), rot=flat, seg=48)
    for k in range(12):
        a, near = k * math.pi / 6, r - f - (0.05 if p["marks"] == "bars" else 0.03)
        if p["marks"] == "dots":
            m.ball((near * math.sin(a), -0.044, z + near * math.cos(a)), 0.009, "hands", seg=10, squash=0.6)
        else:
            far = r - f - 0.008 if p["form"] != "open" else r
            near = near if p["form"] != "open" else r * 0.52
            m.rod(
                [
                    (near * math.sin(a), -0.044, z + near * math.cos(a)),
                    (far * math.sin(a), -0.044, z + far * math.cos(a)),
                ],
                0.0055,
                "hands",
                seg=8,
            )
    for a, length in ((-0.95, 0.5), (1.05, 0.74)):
        m.rod(
            [(0, -0.049, z), (r * length * math.sin(a), -0.049, z + r * length * math.cos(a))],
            (0.008, 0.004),
            "hands",
            seg=8,
        )
    m.ball((0, -0.05, z), 0.014, "hands", seg=10)
