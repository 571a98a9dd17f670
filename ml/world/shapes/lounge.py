"""Sofas, armchairs and beds."""

import math

from ml.world.shapes.parts import buttons, channels, legs


def sofa(m, p):
    """A sofa of `seats` cushions; `arm` box | round | slope | slim | none, `back` loose | tight | channel | button."""
    w, d, leg, arm = p["w"], p.get("d", 0.9), p.get("leg_h", 0.14), p["arm"]
    back_h, thick = p.get("h", 0.82), 0.2
    aw = {"box": 0.17, "round": 0.22, "slope": 0.15, "slim": 0.08, "none": 0.0}[arm]
    inner, base = w - 2 * aw, 0.17
    seat_z = leg + base
    legs(m, w - 0.06, d - 0.06, leg, p["legs"])
    m.box((0, 0, leg + base / 2), (w if arm != "slim" else inner + 0.02, d, base), "body", r=0.03)
    m.box(
        (0, d / 2 - thick / 2, (seat_z + back_h) / 2 - 0.02),
        (inner + 0.05, thick, back_h - seat_z + 0.04),
        "body",
        r=0.06,
        cells=2,
    )
    arms(m, p, w, d, aw, seat_z)
    cushions(m, p, inner, d, thick, seat_z, back_h)
    m.surface("seat", -inner / 2, inner / 2, -d / 2 + 0.05, d / 2 - thick - 0.12, seat_z + 0.17)


def arms(m, p, w, d, aw, seat_z):
    arm, leg, top = p["arm"], p.get("leg_h", 0.14), p.get("arm_h", 0.62)
    for s in (-1, 1):
        x = s * (w / 2 - aw / 2)
        if arm in ("box", "slim"):
            m.box((x, 0, (leg + top) / 2), (aw, d, top - leg), "body", r=0.035 if arm == "box" else 0.02, cells=2)
        elif arm == "round":
            m.box((x, 0, (leg + top) / 2 - 0.05), (aw * 0.8, d, top - leg - 0.1), "body", r=0.03)
            m.rod([(x, -d / 2 - 0.005, top - 0.09), (x, d / 2, top - 0.09)], aw * 0.52, "body", seg=28)
        elif arm == "slope":
            m.box((x + s * 0.03, 0, (leg + top) / 2), (aw, d, top - leg), "body", r=0.06, rot=(0, s * 0.14, 0), cells=2)


def cushions(m, p, inner, d, thick, seat_z, back_h):
    n, back = p["seats"], p["back"]
    each, depth, fill = inner / n, d - thick + 0.02, 0.17
    for i in range(n):
        x = -inner / 2 + each * (i + 0.5)
        long = 0.55 if p.get("chaise") and i == n - 1 else 0.0
        m.box(
            (x, -thick / 2 - long / 2, seat_z + fill / 2),
            (each - 0.008, depth + long, fill),
            "seat",
            r=0.05,
            puff=0.022,
        )
        if long:
            m.box((x, -d / 2 - long / 2 + 0.02, seat_z - 0.085), (each - 0.01, long, 0.17), "body", r=0.03)
            m.box((x, -d / 2 - long + 0.08, 0.07), (0.05, 0.05, 0.14), "legs")
        if back == "loose":
            m.box(
                (x, d / 2 - thick - 0.08, seat_z + fill + 0.21),
                (each - 0.01, 0.19, 0.45),
                "seat",
                r=0.07,
                puff=0.035,
                rot=(-0.2, 0, 0),
            )
    y, z0, z1 = d / 2 - thick, seat_z + fill, back_h
    if back == "channel":
        channels(m, -inner / 2, inner / 2, z0 - 0.02, z1 + 0.01, y - 0.03, 0.12, "body", max(4, int(inner / 0.13)))
    elif back == "button":
        m.box((0, y - 0.02, (z0 + z1) / 2), (inner - 0.02, 0.14, z1 - z0), "body", r=0.06, puff=0.02)
        buttons(m, -inner / 2 + 0.06, inner / 2 - 0.06, z0 + 0.03, z1 - 0.03, y - 0.102, n * 3, 3, "accent")
    elif back == "tight":
        m.box((0, y - 0.03, (z0 + z1) / 2), (inner - 0.02, 0.14, z1 - z0 - 0.02), "seat", r=0.06, puff=0.03)


def armchair(m, p):
    """An armchair: a small sofa, or a `shell` (tub, wing or lounge with a frame)."""
    kind = p.get("kind", "sofa")
    if kind == "sofa":
        return sofa(m, {"d": 0.82, "seats": 1, **p})
    w, leg = p["w"], p.get("leg_h", 0.2)
    if kind == "tub":
        legs(m, w * 0.72, w * 0.72, leg, p["legs"])
        m.box((0, -0.02, leg + 0.13), (w * 0.74, w * 0.78, 0.24), "seat", r=0.09, puff=0.02)
        for i in range(13):
            t = math.pi * (-0.08 + 1.16 * i / 12)
            high = 0.3 + 0.2 * math.sin(max(0.0, min(math.pi, t))) ** 1.5 * p.get("rise", 1.0)
            m.box(
                (w * 0.44 * math.cos(t), w * 0.42 * math.sin(t) - 0.02, leg + 0.02 + high / 2 + 0.06),
                (0.12, w * 0.155, high + 0.1),
                "body",
                r=0.055,
                rot=(0, 0, t),
                cells=2,
            )
    elif kind == "wing":
        legs(m, w * 0.86, 0.66, leg, p["legs"])
        m.box((0, -0.02, leg + 0.14), (w - 0.16, 0.66, 0.26), "seat", r=0.06, puff=0.02)
        m.box((0, 0.28, leg + 0.5), (w - 0.1, 0.15, 0.85), "body", r=0.07, rot=(-0.14, 0, 0), puff=0.02)
        for s in (-1, 1):
            m.box((s * (w / 2 - 0.05), -0.03, leg + 0.2), (0.11, 0.68, 0.42), "body", r=0.05, cells=2)
            m.box((s * (w / 2 - 0.05), 0.2, leg + 0.62), (0.09, 0.3, 0.5), "body", r=0.04, rot=(-0.14, 0, s * -0.12))
        buttons(m, -w / 2 + 0.14, w / 2 - 0.14, leg + 0.42, leg + 0.86, 0.175, 4, 3, "accent", lean=0.07)
    else:  # lounge: cushions in an open frame
        seat_frame(m, w, p)
        m.box((0, -0.02, 0.36), (w - 0.12, 0.66, 0.14), "seat", r=0.05, puff=0.02, rot=(0.1, 0, 0))
        m.box((0, 0.3, 0.62), (w - 0.12, 0.14, 0.56), "seat", r=0.05, puff=0.025, rot=(-0.3, 0, 0))
    m.surface("seat", -w / 4, w / 4, -0.2, 0.1, leg + 0.27 if kind != "lounge" else 0.45)


def seat_frame(m, w, p):
    for s in (-1, 1):
        x = s * (w / 2 - 0.025)
        if p.get("frame") == "loop":
            m.rod(
                [
                    (x, -0.32, 0.01),
                    (x, 0.36, 0.01),
                    (x, 0.38, 0.06),
                    (x, 0.3, 0.56),
                    (x, 0.26, 0.58),
                    (x, -0.34, 0.58),
                    (x, -0.38, 0.55),
                    (x, -0.36, 0.03),
                    (x, -0.32, 0.01),
                ],
                0.014,
                "legs",
            )
        else:
            m.rod([(x, -0.36, 0), (x, -0.3, 0.56)], (0.014, 0.02), "legs")
            m.rod([(x, 0.44, 0), (x, 0.3, 0.6), (x, 0.46, 0.9)], (0.014, 0.02, 0.014), "legs")
            m.box((x, -0.02, 0.575), (0.05, 0.76, 0.028), "legs", r=0.012)
        m.rod([(x, -0.34, 0.3), (x, 0.36, 0.25)], 0.014, "legs")
    for y, z in ((-0.3, 0.28), (0.3, 0.24), (0.37, 0.72)):
        m.rod([(-w / 2 + 0.03, y, z), (w / 2 - 0.03, y, z)], 0.013, "legs")


def bed(m, p):
    """A made bed; `head` panel | channel | slats | arch | button, with duvet and two pillows."""
    w, d, leg, head_h = p["w"], 2.08, 0.16, p.get("h", 1.05)
    legs(m, w - 0.08, d - 0.08, leg, p["legs"])
    m.box((0, 0, leg + 0.09), (w, d, 0.2), "body", r=0.03)
    m.box((0, -0.03, leg + 0.26), (w - 0.06, d - 0.1, 0.2), "linen", r=0.06)
    m.box((0, -0.32, leg + 0.35), (w + 0.02, d - 0.68, 0.14), "duvet", r=0.06, puff=0.03)
    m.box((0, 0.36, leg + 0.405), (w + 0.02, 0.24, 0.06), "linen", r=0.028, puff=0.01)
    for s in (-1, 1):
        m.box(
            (s * w * 0.24, d / 2 - 0.3, leg + 0.45),
            (w * 0.43, 0.42, 0.15),
            "linen",
            r=0.07,
            puff=0.03,
            rot=(0.25, 0, 0),
        )
    y, head = d / 2 + 0.03, p["head"]
    if head == "slats":
        m.box((0, y, head_h - 0.04), (w, 0.04, 0.08), "body", r=0.01)
        for i in range(11):
            m.box((-w / 2 + 0.03 + (w - 0.06) * i / 10, y, head_h / 2), (0.03, 0.026, head_h - 0.04), "body", r=0.008)
    elif head == "channel":
        channels(m, -w / 2, w / 2, 0.1, head_h, y, 0.1, "body", 10)
    elif head == "arch":
        for i in range(15):
            t = (i + 0.5) / 15 * 2 - 1
            high = head_h * (0.72 + 0.38 * math.sqrt(1 - t * t))
            m.box((t * w / 2, y, high / 2), (w / 15 * 1.04, 0.08, high), "body", r=0.03)
    else:
        m.box(
            (0, y, head_h / 2 + 0.03),
            (w + 0.02, 0.1, head_h - 0.06),
            "body",
            r=0.04,
            puff=0.012 if head == "button" else 0.0,
        )
        if head == "button":
            buttons(m, -w / 2 + 0.08, w / 2 - 0.08, 0.6, head_h - 0.06, y - 0.065, 8, 3, "accent")
    m.surface("bed", -w / 2 + 0.3, w / 2 - 0.3, 0.25, 0.5, leg + 0.5)
