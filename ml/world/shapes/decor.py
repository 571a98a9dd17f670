"""Small things for tables, shelves and walls."""

import math
import random

from ml.world.mesh import rounded


def vase(m, p):
    """A vase from its `profile` (radius and height as shares of r and h), with ribs or dry stems."""
    r, h = p["r"], p["h"]
    outline = [(r * a, h * b) for a, b in p["profile"]]
    inner = [(max(a - 0.006, 0.004), b) for a, b in reversed(outline[-2:])]
    m.lathe(
        [*outline, *inner],
        "body",
        seg=108 if p.get("ribs") else 44,
        wobble=0.03 if p.get("ribs") else 0,
        lobes=p.get("ribs", 0),
        smooth=True,
    )
    m.lathe([(0.001, 0.002), (outline[0][0], 0.002)], "body")
    if p.get("handles"):
        for s in (-1, 1):
            arc = [
                (s * (r * 0.55 + 0.5 * r * math.sin(t)), 0, h * (0.62 + 0.28 * t / math.pi))
                for t in (k * math.pi / 8 for k in range(9))
            ]
            m.rod(arc, 0.009, "body")
    if p.get("stems"):
        stems(m, p["stems"], h)


def stems(m, count, h):
    rng = random.Random(count)
    for k in range(count):
        a, lean = k * 2.4, rng.uniform(0.08, 0.2)
        x, y, top = lean * math.cos(a), lean * math.sin(a), h + rng.uniform(0.16, 0.34)
        path = [(0, 0, h * 0.5), (x * 0.3, y * 0.3, h + 0.05), (x, y, top)]
        m.rod(path, 0.0025, "stem", seg=6)
        for j in range(5):
            f = 0.55 + 0.1 * j
            m.ball(
                (x * f + rng.uniform(-0.02, 0.02), y * f + rng.uniform(-0.02, 0.02), h + (top - h) * f),
                0.012,
                "bloom",
                seg=8,
            )


def stick(m, x, y, height, wax):
    """One turned candlestick with its candle, `wax` metres long."""
    m.lathe(
        [
            (0.001, 0),
            (0.05, 0),
            (0.05, 0.008),
            (0.012, 0.02),
            (0.008, height * 0.55),
            (0.015, height * 0.6),
            (0.009, height * 0.66),
            (0.022, height * 0.93),
            (0.024, height),
            (0.001, height),
        ],
        "body",
        at=(x, y, 0),
        seg=28,
    )
    m.rod([(x, y, height), (x, y, height + wax)], 0.011, "wax")
    m.rod([(x, y, height + wax), (x, y, height + wax + 0.012)], 0.0012, "wick", seg=5)


def candle(m, p):
    """A candle holder; `form` stick | trio | lantern | bowl | ring | block."""
    form, h = p["form"], p["h"]

    if form == "stick":
        stick(m, 0, 0, h, 0.2)
    elif form == "trio":
        for x, y, k in ((-0.08, 0.02, 1.0), (0.02, -0.04, 0.62), (0.09, 0.04, 0.8)):
            stick(m, x, y, h * k, 0.17)
    elif form == "lantern":
        for sx in (-1, 1):
            for sy in (-1, 1):
                m.box((sx * 0.08, sy * 0.08, h / 2), (0.014, 0.014, h), "body", r=0.003)
        for z in (0.01, h):
            m.box((0, 0, z), (0.19, 0.19, 0.02), "body", r=0.004)
        m.rod([(-0.06, 0, h), (-0.04, 0, h + 0.09), (0, 0, h + 0.12), (0.04, 0, h + 0.09), (0.06, 0, h)], 0.005, "body")
        m.lathe([(0.001, 0.02), (0.038, 0.02), (0.038, 0.02 + h * 0.5), (0.001, 0.02 + h * 0.48)], "wax")
    elif form == "bowl":
        m.lathe(
            [(0.03, 0), (0.062, h * 0.12), (0.085, h * 0.5), (0.09, h), (0.083, h), (0.07, h * 0.4), (0.001, h * 0.3)],
            "body",
            smooth=True,
        )
        m.lathe([(0.001, h * 0.3), (0.035, h * 0.3), (0.035, h * 0.95), (0.001, h * 0.93)], "wax")
    elif form == "ring":
        m.rod(
            [
                (0.12 * math.cos(t), 0, 0.135 + 0.12 * math.sin(t))
                for t in (math.pi * (-0.5 + j / 20) for j in range(41))
            ],
            0.011,
            "body",
        )
        m.box((0, 0, 0.01), (0.12, 0.08, 0.02), "body", r=0.008)
        m.lathe([(0.001, 0), (0.022, 0), (0.024, 0.03), (0.001, 0.03)], "body", at=(0, 0, 0.255))
        m.rod([(0, 0, 0.28), (0, 0, 0.44)], 0.011, "wax")
    else:
        m.box((0, 0, h / 2), (0.34, 0.08, h), "body", r=0.01)
        for x in (-0.11, 0, 0.11):
            m.rod([(x, 0, h), (x, 0, h + 0.14)], 0.011, "wax")


def teapot(m, p):
    """A teapot from its body `profile`, with `handle` side | over and a lid with a knob."""
    r, h = p["r"], p["h"]
    outline = [(r * a, h * b) for a, b in p["profile"]]
    rim = outline[-1][0]
    m.lathe(outline, "body", wobble=0.02 if p.get("ribs") else 0, lobes=p.get("ribs", 0), seg=96, smooth=True)
    m.lathe([(0.001, 0.002), (outline[0][0], 0.002)], "body")
    m.lathe(
        [(rim + 0.004, h - 0.002), (rim * 0.92, h + 0.012), (rim * 0.4, h + 0.024), (0.001, h + 0.026)],
        "body",
        smooth=True,
    )
    m.ball((0, 0, h + 0.036), 0.014, "trim", seg=14)
    spout = rounded([(r * 0.75, h * 0.3), (r * 1.2, h * 0.5), (r * 1.42, h * 0.8), (r * 1.7, h * 0.98)])
    m.rod(
        [(x, 0, z) for x, z in spout], [0.026 - 0.015 * k / (len(spout) - 1) for k in range(len(spout))], "body", seg=16
    )
    if p["handle"] == "side":
        grip = [(r * 0.7, h * 0.8), (r * 1.25, h * 0.9), (r * 1.55, h * 0.62), (r * 1.3, h * 0.3), (r * 0.8, h * 0.22)]
        m.rod([(-x, 0, z) for x, z in rounded(grip)], 0.009, "trim")
    else:
        m.rod(
            [
                (r * 0.85 * math.cos(t), 0, h * 0.75 + h * 0.85 * math.sin(t))
                for t in (math.pi * k / 12 for k in range(13))
            ],
            0.007,
            "trim",
        )
