"""Parts that many pieces share: legs, handles, drawers."""

import math


def legs(m, w, d, h, style, z0=0.0, role="legs"):
    """Legs under a `w` x `d` frame whose underside is at z0 + h."""
    x, y, top = w / 2, d / 2, z0 + h
    corners = [(sx, sy) for sx in (-1, 1) for sy in (-1, 1)]
    if style == "taper":
        for sx, sy in corners:
            foot = (sx * (x - 0.01), sy * (y - 0.01), z0)
            m.rod([foot, (sx * (x - 0.06), sy * (y - 0.06), top + 0.01)], (0.012, 0.024), role)
    elif style == "block":
        for sx, sy in corners:
            m.box((sx * (x - 0.035), sy * (y - 0.035), z0 + h / 2), (0.05, 0.05, h), role, r=0.005)
    elif style == "hairpin":
        for sx, sy in corners:
            foot = (sx * (x - 0.02), sy * (y - 0.02), z0 + 0.004)
            for dx, dy in ((0.13, 0.03), (0.03, 0.13)):
                m.rod([foot, (sx * (x - dx), sy * (y - dy), top)], 0.0065, role, seg=8)
    elif style == "sled":
        for sx in (-1, 1):
            px, t = sx * (x - 0.05), 0.022
            m.box((px, 0, z0 + t / 2), (t, d - 0.04, t), role, r=0.003)
            for sy in (-1, 1):
                m.box((px, sy * (y - 0.03), z0 + h / 2), (t, t, h), role, r=0.003)
    elif style == "pin":
        for sx, sy in corners:
            m.rod([(sx * (x - 0.04), sy * (y - 0.04), z0), (sx * (x - 0.04), sy * (y - 0.04), top)], 0.011, role)
    elif style == "cross":
        reach = math.hypot(w, h) * 1.0
        for sy in (-1, 1):
            for lean in (-1, 1):
                m.box(
                    (0, sy * (y - 0.05) + lean * 0.012, z0 + h / 2),
                    (reach * 0.96, 0.024, 0.045),
                    role,
                    r=0.004,
                    rot=(0, lean * math.atan2(h, w * 0.86), 0),
                )
    elif style == "plinth":
        m.box((0, 0.01, z0 + h / 2), (w - 0.1, d - 0.1, h), role, r=0.004)
    else:
        raise ValueError(f"no leg style {style!r}")


def front(m, x0, x1, z0, z1, y, role, handle="knob", metal="metal", slats=False):
    """A drawer or door front between x0..x1 and z0..z1 whose face is at `y`, with its handle."""
    cx, cz, w, h = (x0 + x1) / 2, (z0 + z1) / 2, x1 - x0 - 0.006, z1 - z0 - 0.006
    m.box((cx, y, cz), (w, 0.018, h), role, r=0.003)
    if slats:
        count = max(3, int(w / 0.028))
        for i in range(count):
            m.box(
                (cx - w / 2 + w * (i + 0.5) / count, y - 0.012, cz), (w / count * 0.55, 0.012, h - 0.01), role, r=0.003
            )
    if handle == "knob":
        m.ball((cx, y - 0.026, cz if h < w else cz + h * 0.15), 0.013, metal, seg=12)
    elif handle == "bar":
        m.rod(
            [(cx - min(w * 0.25, 0.08), y - 0.026, cz), (cx + min(w * 0.25, 0.08), y - 0.026, cz)], 0.005, metal, seg=8
        )
    elif handle == "edge":
        m.box((cx, y - 0.014, z1 - 0.012), (w * 0.9, 0.016, 0.008), metal, r=0.002)
    elif handle == "cup":
        m.lathe(
            [(0.03, 0), (0.027, 0.016), (0.001, 0.022)], metal, at=(cx, y - 0.008, cz), rot=(math.pi / 2, 0, 0), seg=16
        )


def buttons(m, x0, x1, z0, z1, y, columns, rows, role, lean=0.0):
    """Tufting: small buttons sunk in a back whose face is at `y`, leaning by `lean` m over its height."""
    for row in range(rows):
        shift = 0.5 if row % 2 else 0.0
        for column in range(columns - row % 2):
            t = (row + 0.5) / rows
            x = x0 + (x1 - x0) * (column + 0.5 + shift) / columns
            m.ball((x, y + lean * t, z0 + (z1 - z0) * t), 0.014, role, seg=10, squash=0.9)


def channels(m, x0, x1, z0, z1, y, depth, role, count, lean=0.0):
    """Vertical padded channels, side by side."""
    w = (x1 - x0) / count
    for i in range(count):
        m.box(
            (x0 + w * (i + 0.5), y, (z0 + z1) / 2),
            (w * 1.02, depth, z1 - z0),
            role,
            r=min(w, depth) * 0.48,
            rot=(lean, 0, 0),
            cells=2,
        )
