"""Chairs, stools, benches and poufs."""

import math

from ml.world.shapes.parts import legs


def chair(m, p):
    """A dining chair; `back` panel | spindle | ladder | shell | ring | cane."""
    w, d, h = 0.46, 0.46, 0.46
    legs(m, w, d, h - 0.05, p["legs"])
    if p["back"] == "shell":
        m.box((0, -0.01, h - 0.02), (w + 0.02, d, 0.06), "seat", r=0.028, cells=2)
        for i in range(15):
            t = math.pi * (0.06 + 0.88 * i / 14)
            high = 0.2 + 0.2 * math.sin(t)
            m.box(
                (0.235 * math.cos(t), 0.2 * math.sin(t) + 0.01, h + high / 2 - 0.02),
                (0.05, 0.09, high + 0.06),
                "seat",
                r=0.024,
                rot=(0, 0, t),
                cells=2,
            )
        return
    m.box((0, 0, h - 0.02), (w, d, 0.055 if p.get("pad", True) else 0.03), "seat", r=0.02, puff=0.008)
    top = p.get("h", 0.84)
    for s in (-1, 1):
        m.rod(
            [(s * (w / 2 - 0.03), d / 2 - 0.04, h - 0.05), (s * (w / 2 - 0.035), d / 2 + 0.05, top)],
            (0.018, 0.014),
            "legs",
        )
    chair_back(m, p["back"], w, d, h, top)


def chair_back(m, back, w, d, h, top):
    y, inner = d / 2 + 0.03, w - 0.08
    if back in ("panel", "cane"):
        m.box(
            (0, y, (h + top) / 2 + 0.07),
            (inner, 0.045 if back == "panel" else 0.014, top - h - 0.14),
            "seat" if back == "panel" else "cane",
            r=0.02,
            rot=(-0.21, 0, 0),
            cells=2,
        )
        if back == "cane":
            for z in (h + 0.13, top - 0.01):
                m.box((0, y + (z - h - 0.2) * 0.22, z), (w - 0.05, 0.026, 0.03), "legs", r=0.01)
    elif back == "ladder":
        for i in range(3):
            z = h + 0.13 + (top - h - 0.15) * i / 2
            m.box((0, d / 2 - 0.04 + (z - h + 0.05) * 0.21, z), (inner + 0.03, 0.016, 0.05), "legs", r=0.007)
    else:
        m.box((0, d / 2 + 0.05, top - 0.02), (w, 0.024, 0.06), "legs", r=0.011)
        if back == "ring":
            m.box((0, d / 2 - 0.0, h + 0.15), (inner, 0.02, 0.045), "legs", r=0.009)
        else:
            for i in range(5):
                x = (-0.5 + (i + 0.5) / 5) * inner
                m.rod([(x, d / 2 - 0.035, h - 0.02), (x * 1.02, d / 2 + 0.048, top - 0.03)], 0.0075, "legs", seg=8)


def stool(m, p):
    """A bar stool; `seat` round | square | back | saddle on `legs`, or a pedestal."""
    h, seat = p.get("h", 0.68), p["seat"]
    if p["legs"] == "pedestal":
        m.lathe(
            [(0.001, 0), (0.21, 0), (0.21, 0.012), (0.035, 0.03), (0.028, 0.06), (0.028, h - 0.05), (0.06, h - 0.02)],
            "legs",
        )
        m.lathe([(0.16, 0), (0.172, 0.012), (0.16, 0.024)], "legs", at=(0, 0, h * 0.33))
    else:
        legs(m, 0.42, 0.42, h - 0.03, p["legs"])
        for s in (-1, 1):
            m.rod([(s * 0.175, -0.175, h * 0.36), (s * 0.175, 0.175, h * 0.36)], 0.01, "legs")
            m.rod([(-0.178, s * 0.178, h * 0.3), (0.178, s * 0.178, h * 0.3)], 0.01, "legs")
    if seat == "round":
        m.lathe(
            [(0.001, h - 0.04), (0.17, h - 0.04), (0.19, h), (0.175, h + 0.04), (0.12, h + 0.055), (0.001, h + 0.06)],
            "seat",
        )
    else:
        m.box(
            (0, 0, h),
            (0.4, 0.36, 0.07 if seat != "saddle" else 0.045),
            "seat",
            r=0.03,
            puff=0.012 if seat != "saddle" else -0.012,
        )
    if seat == "back":
        m.box((0, 0.19, h + 0.2), (0.4, 0.055, 0.26), "seat", r=0.026, rot=(-0.12, 0, 0), cells=2)
        for s in (-1, 1):
            m.rod([(s * 0.13, 0.15, h - 0.02), (s * 0.13, 0.2, h + 0.12)], 0.009, "legs")


def bench(m, p):
    """A bench; `seat` pad | plank | slats | storage | roll."""
    w, d, h, seat = p["w"], 0.38, 0.46, p["seat"]
    if seat == "storage":
        m.box((0, 0, 0.19), (w, d, 0.36), "body", r=0.012)
    else:
        legs(m, w - 0.06, d - 0.02, h - 0.06, p["legs"])
        m.box((0, 0, h - 0.055), (w - 0.04, d - 0.04, 0.03), "legs", r=0.008)
    if seat in ("pad", "storage", "roll"):
        m.box((0, 0, h - 0.01), (w, d, 0.11), "seat", r=0.045, puff=0.014)
        if p.get("tuft"):
            for i in range(6):
                for y in (-0.08, 0.08):
                    m.ball((-w / 2 + w * (i + 0.5) / 6, y, h + 0.053), 0.014, "accent", seg=10)
    if seat == "roll":
        for s in (-1, 1):
            m.rod([(s * (w / 2 - 0.03), -d / 2, h + 0.1), (s * (w / 2 - 0.03), d / 2, h + 0.1)], 0.085, "seat", seg=24)
    elif seat == "plank":
        m.box((0, 0, h - 0.02), (w, d, 0.04), "seat", r=0.01)
    elif seat == "slats":
        for i in range(6):
            m.box((0, -d / 2 + d * (i + 0.5) / 6, h - 0.02), (w, d / 6 - 0.014, 0.03), "seat", r=0.006)
    m.surface("seat", -w / 2 + 0.08, w / 2 - 0.08, -0.12, 0.12, h + 0.05)


def pouf(m, p):
    """A pouf; `form` drum | ball | cube | flute | legs."""
    r, h, form = p["r"], p["h"], p["form"]
    if form == "cube":
        m.box((0, 0, h / 2), (2 * r, 2 * r, h), "seat", r=0.05, puff=0.02)
    elif form == "legs":
        legs(m, r * 1.5, r * 1.5, 0.14, "taper")
        m.lathe([(0.001, 0.14), (r, 0.14), (r, h - 0.06), (r - 0.03, h), (0.001, h + 0.015)], "seat")
    elif form == "drum":
        m.lathe(
            [
                (0.001, 0),
                (r, 0.005),
                (r + 0.004, 0.05),
                (r, 0.055),
                (r, h - 0.06),
                (r + 0.006, h - 0.05),
                (r - 0.03, h),
                (0.001, h + 0.012),
            ],
            "seat",
        )
    else:
        rows = [
            (max(0.001, r * math.sin(math.pi * t) ** 0.45), h * (0.5 - 0.5 * math.cos(math.pi * t)))
            for t in (0.0, 0.012, 0.06, 0.14, 0.24, 0.36, 0.5, 0.64, 0.76, 0.86, 0.94, 0.988, 1.0)
        ]
        m.lathe(
            rows,
            "seat",
            smooth=True,
            seg=132,
            wobble=0.03 if form == "flute" else 0.008,
            lobes=22 if form == "flute" else 8,
        )
