"""Drawn motifs for rugs, cushions and prints. Each draws on a canvas already filled with the first colour."""

import math


def ink(rgb, light=1.0):
    return tuple(int(255 * min(1.0, c * light)) for c in rgb)


def tones(finish):
    """(first, second, dark, pale) inks of a finish."""
    a, b = finish.rgb, finish.second_rgb
    pale = tuple(0.5 * x + 0.5 * y for x, y in zip(a, b, strict=True))
    return ink(a), ink(b), ink(a, 0.55), ink(pale)


def bordered(d, w, h, finish, rng):
    a, b, dark, pale = tones(finish)
    m = min(w, h) * 0.07
    d.rectangle([m, m, w - m, h - m], fill=b)
    d.rectangle([1.5 * m, 1.5 * m, w - 1.5 * m, h - 1.5 * m], fill=a)


def diamonds(d, w, h, finish, rng):
    a, b, dark, pale = tones(finish)
    n = 4 if w >= h else 3
    s = w / n
    rows = max(2, round(h / s))
    t = h / rows
    for i in range(n):
        for j in range(rows):
            cx, cy = (i + 0.5) * s, (j + 0.5) * t
            for k, fill in ((0.48, b), (0.40, a), (0.2, b)):
                d.polygon([(cx, cy - t * k), (cx + s * k, cy), (cx, cy + t * k), (cx - s * k, cy)], fill=fill)


def medallion(d, w, h, finish, rng):
    a, b, dark, pale = tones(finish)
    m = min(w, h)
    for k, fill in ((0.03, dark), (0.05, b), (0.11, dark), (0.125, a)):
        d.rectangle([m * k, m * k, w - m * k, h - m * k], fill=fill)
    step = m * 0.06
    for i in range(int(w / step)):
        for y in (m * 0.08, h - m * 0.08):
            d.ellipse([i * step + step * 0.2, y - step * 0.22, i * step + step * 0.7, y + step * 0.22], fill=dark)
    for k, fill in ((0.40, dark), (0.36, b), (0.27, dark), (0.24, a), (0.12, b), (0.06, dark)):
        points = []
        for j in range(48):
            t = 2 * math.pi * j / 48
            r = k * (1 + 0.14 * math.cos(8 * t))
            points.append((w / 2 + w * r * math.cos(t), h / 2 + h * r * math.sin(t)))
        d.polygon(points, fill=fill)
    for sx in (0.2, 0.8):
        for sy in (0.2, 0.8):
            r = m * 0.07
            d.ellipse([w * sx - r, h * sy - r, w * sx + r, h * sy + r], fill=b)
            d.ellipse([w * sx - r / 2, h * sy - r / 2, w * sx + r / 2, h * sy + r / 2], fill=dark)


def abstract(d, w, h, finish, rng):
    a, b, dark, pale = tones(finish)
    for fill in (b, pale, dark, b):
        cx, cy, r = rng.uniform(0.1, 0.9) * w, rng.uniform(0.1, 0.9) * h, rng.uniform(0.2, 0.36) * min(w, h) * 1.2
        wave = rng.uniform(0, 6.28, 3)
        points = [
            (
                cx + r * (1 + 0.22 * math.sin(2 * t + wave[0]) + 0.14 * math.sin(3 * t + wave[1])) * math.cos(t),
                cy + r * (1 + 0.22 * math.sin(2 * t + wave[1]) + 0.14 * math.sin(3 * t + wave[2])) * math.sin(t),
            )
            for t in (2 * math.pi * k / 60 for k in range(60))
        ]
        d.polygon(points, fill=fill)


def hills(d, w, h, finish, rng):
    a, b, dark, pale = tones(finish)
    d.rectangle([0, 0, w, h], fill=b)
    r = min(w, h) * 0.15
    cx, cy = rng.uniform(0.3, 0.7) * w, h * 0.27
    d.ellipse([cx - r, cy - r, cx + r, cy + r], fill=a)
    for k, fill in enumerate((pale, a, dark)):
        wave = rng.uniform(0, 6.28, 2)
        base = h * (0.5 + 0.16 * k)
        line = [
            (x, base + h * 0.07 * math.sin(x / w * 5 + wave[0]) + h * 0.04 * math.sin(x / w * 11 + wave[1]))
            for x in range(0, w + 8, 8)
        ]
        d.polygon([*line, (w, h), (0, h)], fill=fill)


def botanical(d, w, h, finish, rng):
    a, b, dark, pale = tones(finish)
    d.rectangle([0, 0, w, h], fill=b)
    x0 = w / 2 + rng.uniform(-0.05, 0.05) * w
    d.line([(x0, h * 0.92), (w / 2, h * 0.12)], fill=dark, width=max(3, w // 90))
    for k in range(7):
        f = 0.14 + 0.1 * k
        for s in (-1, 1):
            length, wide = w * (0.16 + 0.022 * k), h * 0.034
            tip = (w / 2 + s * length, h * f - h * 0.06)
            base = (w / 2 + (x0 - w / 2) * f, h * f + h * 0.03)
            mid = ((tip[0] + base[0]) / 2, (tip[1] + base[1]) / 2)
            d.polygon([base, (mid[0], mid[1] - wide), tip, (mid[0], mid[1] + wide)], fill=a if (k + s) % 3 else dark)


def arches(d, w, h, finish, rng):
    a, b, dark, pale = tones(finish)
    d.rectangle([0, 0, w, h], fill=b)
    for k, fill in ((0.4, a), (0.31, b), (0.25, dark), (0.16, b), (0.1, a)):
        d.rectangle([w / 2 - w * k, h * 0.52, w / 2 + w * k, h * 0.9], fill=fill)
        d.pieslice([w / 2 - w * k, h * 0.52 - w * k, w / 2 + w * k, h * 0.52 + w * k], 180, 360, fill=fill)


def blocks(d, w, h, finish, rng):
    a, b, dark, pale = tones(finish)
    fills = [a, b, pale, dark, b, a]
    for i in range(3):
        for j in range(4):
            fill = fills[int(rng.integers(6))]
            box = [w * i / 3, h * j / 4, w * (i + 1) / 3, h * (j + 1) / 4]
            d.rectangle(box, fill=fill)
            if rng.random() < 0.6:
                d.pieslice(
                    [box[0] - w / 3 * (i % 2), box[1], box[2] + w / 3 * (1 - i % 2), box[3] + h / 4],
                    180,
                    360,
                    fill=fills[int(rng.integers(6))],
                )


def lines(d, w, h, finish, rng):
    a, b, dark, pale = tones(finish)
    d.rectangle([0, 0, w, h], fill=b)
    for k in range(9):
        r = min(w, h) * (0.44 - 0.047 * k)
        d.ellipse([w / 2 - r, h / 2 - r, w / 2 + r, h / 2 + r], outline=a if k % 3 else dark, width=max(4, w // 60))


def fringe_stripes(d, w, h, finish, rng):
    a, b, dark, pale = tones(finish)
    for x in (0.06, 0.14, 0.86, 0.94):
        d.rectangle([w * (x - 0.02), 0, w * (x + 0.02), h], fill=b)
    for x in (0.22, 0.78):
        for k in range(9):
            y = h * (k + 0.5) / 9
            d.polygon(
                [(w * x - w * 0.035, y), (w * x, y - h * 0.05), (w * x + w * 0.035, y), (w * x, y + h * 0.05)], fill=b
            )


def arcs(d, w, h, finish, rng):
    a, b, dark, pale = tones(finish)
    s = min(w, h) / 3
    for i in range(math.ceil(w / s)):
        for j in range(math.ceil(h / s)):
            for k, fill in ((0.48, b), (0.34, a), (0.2, b)):
                cx, cy = (i + 0.5) * s, (j + 1) * s
                d.pieslice([cx - s * k, cy - s * k * 1.7, cx + s * k, cy + s * k * 1.7], 180, 360, fill=fill)


MOTIFS = {
    "bordered": bordered,
    "diamonds": diamonds,
    "medallion": medallion,
    "abstract": abstract,
    "landscape": hills,
    "botanical": botanical,
    "arches": arches,
    "colour block": blocks,
    "circles": lines,
    "kilim": fringe_stripes,
    "scallop": arcs,
}
