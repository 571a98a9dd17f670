"""Tables and desks."""

import math

from ml.world.shapes.parts import front, legs


def table(m, p):
    """A table; `top` rect | round | oval | tray | pebble on `legs`, `pedestal`, `drum`, `trestle`, `slab` or `nest`."""
    w, d, h, t = p["w"], p.get("d", p["w"]), p["h"], p.get("t", 0.03)
    top, base = p["top"], p["legs"]
    if top == "rect":
        m.box((0, 0, h - t / 2), (w, d, t), "top", r=0.006)
    elif top == "tray":
        m.lathe(
            [
                (0.001, h - 0.02),
                (w / 2, h - 0.02),
                (w / 2, h + 0.03),
                (w / 2 - 0.008, h + 0.03),
                (w / 2 - 0.01, h - 0.008),
                (0.001, h - 0.008),
            ],
            "top",
            seg=48,
        )
    else:
        lobes = 3 if top == "pebble" else 0
        m.lathe(
            [(0.001, h - t), (w / 2 - 0.012, h - t), (w / 2, h - t * 0.5), (w / 2 - 0.004, h), (0.001, h)],
            "top",
            seg=56,
            squash=d / w,
            wobble=0.09 if lobes else 0,
            lobes=lobes,
        )
    stand(m, p, w, d, h - t, base)
    if p.get("shelf"):
        m.box((0, 0, h * 0.36), (w * 0.84, d * 0.8, 0.018), "top" if p["shelf"] == "top" else "legs", r=0.005)
        m.surface("shelf", -w * 0.35, w * 0.35, -d * 0.32, d * 0.32, h * 0.36 + 0.01)
    if p.get("drawer"):
        m.box((0, 0, h - t - 0.055), (w * 0.86, d * 0.84, 0.1), "top", r=0.005)
        front(m, -w * 0.4, w * 0.4, h - t - 0.1, h - t - 0.01, -d * 0.42, "top", p["drawer"])
    inset = 0.86 if top == "rect" else 0.66
    m.surface("top", -w / 2 * inset, w / 2 * inset, -d / 2 * inset, d / 2 * inset, h)


def stand(m, p, w, d, under, base):
    if base == "pedestal":
        r = min(w, d) * p.get("foot", 0.3)
        m.lathe(
            [(0.001, 0), (r, 0), (r, 0.012), (r * 0.35, 0.05), (0.04, 0.16), (0.035, under * 0.7), (r * 0.5, under)],
            "legs",
        )
    elif base == "drum":
        m.lathe(
            [(0.001, 0), (w * 0.36, 0), (w * 0.36, under), (0.001, under)],
            "legs",
            seg=120,
            wobble=0.02,
            lobes=30,
            squash=d / w,
        )
    elif base == "slab":
        for s in (-1, 1):
            m.box((s * w * 0.36, 0, under / 2), (0.05, d * 0.82, under), "legs", r=0.008)
    elif base == "cone":
        m.lathe([(0.001, 0), (w * 0.3, 0), (w * 0.1, under * 0.5), (w * 0.3, under), (0.001, under)], "legs", seg=40)
    elif base == "trestle":
        for s in (-1, 1):
            for lean in (-1, 1):
                m.box(
                    (s * w * 0.34, lean * d * 0.18, under / 2),
                    (0.045, 0.045, under * 1.08),
                    "legs",
                    r=0.006,
                    rot=(lean * 0.32, 0, 0),
                )
            m.box((s * w * 0.34, 0, under * 0.3), (0.03, d * 0.5, 0.03), "legs", r=0.005)
        m.box((0, 0, under * 0.3), (w * 0.68, 0.03, 0.04), "legs", r=0.005)
    elif base in ("tripod", "hoop", "cstand"):
        wire_stand(m, w, d, under, base)
    else:
        k = 0.74 if p["top"] != "rect" else 1.0
        legs(m, w * k - 0.04, d * k - 0.04, under, base)
        if base in ("block", "taper", "pin") and p["top"] == "rect":
            m.box((0, 0, under - 0.03), (w - 0.16, d - 0.14, 0.06), "legs", r=0.005)


def wire_stand(m, w, d, under, base):
    """Three thin legs, two hoops, or a bent C."""
    if base == "tripod":
        for k in range(3):
            a = math.radians(90 + 120 * k)
            m.rod(
                [
                    (w * 0.42 * math.cos(a), w * 0.42 * math.sin(a), 0),
                    (w * 0.16 * math.cos(a), w * 0.16 * math.sin(a), under),
                ],
                (0.011, 0.017),
                "legs",
            )
    elif base == "hoop":
        for z in (0.012, under - 0.01):
            ring = [
                (w * 0.44 * math.cos(t * math.pi / 16), d * 0.44 * math.sin(t * math.pi / 16), z) for t in range(33)
            ]
            m.rod(ring, 0.009, "legs", seg=8)
        for k in range(4):
            a = math.pi / 4 + math.pi / 2 * k
            m.rod(
                [
                    (w * 0.44 * math.cos(a), d * 0.44 * math.sin(a), 0.01),
                    (w * 0.44 * math.cos(a), d * 0.44 * math.sin(a), under),
                ],
                0.009,
                "legs",
                seg=8,
            )
    elif base == "cstand":
        m.box((0, 0, 0.012), (w * 0.9, d * 0.8, 0.024), "legs", r=0.006)
        m.box((w * 0.4, 0, under / 2), (0.03, 0.08, under), "legs", r=0.006)


def desk(m, p):
    """A desk; `store` none | drawers | side | hutch."""
    w, d, h, store = p["w"], 0.6, 0.75, p["store"]
    m.box((0, 0, h - 0.015), (w, d, 0.03), "top", r=0.006)
    if store == "side":
        m.box((w / 2 - 0.21, 0.01, h / 2), (0.38, d - 0.06, h - 0.04), "body", r=0.006)
        for i in range(3):
            front(
                m,
                w / 2 - 0.39,
                w / 2 - 0.03,
                0.06 + i * 0.22,
                0.27 + i * 0.22,
                -d / 2 + 0.04,
                "body",
                p.get("handle", "bar"),
            )
        m.box((-w / 2 + 0.03, 0, h / 2 - 0.015), (0.04, d - 0.06, h - 0.03), "legs", r=0.005)
    else:
        stand(m, {"top": "rect", **p}, w, d, h - 0.03, p["legs"])
    if store in ("drawers", "hutch"):
        m.box((0, 0.02, h - 0.085), (w - 0.14, d - 0.1, 0.11), "body", r=0.005)
        for s in (-1, 1):
            x = s * (w - 0.14) / 4
            front(
                m,
                x - (w - 0.14) / 4,
                x + (w - 0.14) / 4,
                h - 0.138,
                h - 0.034,
                -d / 2 + 0.06,
                "body",
                p.get("handle", "knob"),
            )
    if store == "hutch":
        for s in (-1, 0, 1):
            m.box((s * (w / 2 - 0.02), d / 2 - 0.1, h + 0.11), (0.02, 0.2, 0.22), "body", r=0.004)
        m.box((0, d / 2 - 0.1, h + 0.225), (w - 0.02, 0.22, 0.02), "body", r=0.004)
    m.surface("top", -w / 2 + 0.12, w / 2 - 0.12, -d / 2 + 0.1, d / 2 - (0.22 if store == "hutch" else 0.12), h)
