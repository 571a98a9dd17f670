"""Potted plants: the pot is for sale, the plant comes with it."""

import math
import random

import numpy as np


def leaf(m, root, a, length, width, droop, role="leaf"):
    """One leaf from `root` in direction `a`, rising then drooping."""
    x0, y0, z0 = root
    c, s = math.cos(a), math.sin(a)

    def bend(u, v):
        along = length * u
        wide = width * (np.sin(math.pi * (u * 0.94 + 0.04)) ** 0.8) * (v - 0.5)
        lift = along * (1.05 - droop) - droop * length * 1.1 * u**2 + 0.25 * np.abs(v - 0.5) * width
        out = along * (0.35 + 0.65 * droop)
        return np.stack([out * c - wide * s, out * s + wide * c, lift], -1)

    m.sheet([(x0, y0, z0)] * 4, role, (8, 2), bend)


def plant(m, p):
    """A `pot` (taper, cylinder, bowl, ribbed, feet, belly) with a `plant` (snake, fern, fig, aloe, palm, trail)."""
    r, h = p["r"], p["ph"]
    outlines = {
        "taper": [(0.7, 0), (1, 1)],
        "cylinder": [(0.95, 0), (0.97, 1)],
        "bowl": [(0.5, 0), (0.78, 0.2), (0.95, 0.5), (1, 1)],
        "ribbed": [(0.85, 0), (1, 1)],
        "feet": [(0.95, 0), (1, 1)],
        "belly": [(0.6, 0), (0.88, 0.2), (1.02, 0.45), (0.98, 0.75), (0.82, 1)],
    }
    lift = 0.12 if p["pot"] == "feet" else 0.0
    wall = [(r * a, lift + h * b) for a, b in outlines[p["pot"]]]
    ribbed = p["pot"] == "ribbed"
    m.lathe(
        [
            (0.001, lift),
            *wall,
            (wall[-1][0] - 0.012, lift + h),
            (wall[-1][0] - 0.016, lift + h * 0.86),
            (0.001, lift + h * 0.86),
        ],
        "body",
        seg=96 if ribbed else 40,
        wobble=0.025 if ribbed else 0,
        lobes=24 if ribbed else 0,
    )
    m.lathe([(0.001, lift + h * 0.87), (wall[-1][0] - 0.015, lift + h * 0.87)], "soil", seg=24)
    if lift:
        for k in range(3):
            a = math.radians(30 + 120 * k)
            m.rod(
                [
                    (r * 0.95 * math.cos(a), r * 0.95 * math.sin(a), 0),
                    (r * 0.7 * math.cos(a), r * 0.7 * math.sin(a), lift + 0.02),
                ],
                (0.009, 0.015),
                "legs",
            )
    foliage(m, p["plant"], r, lift + h * 0.87, p["size"])


def foliage(m, kind, r, z, size):
    rng = random.Random(kind)
    count = {"snake": 11, "fern": 34, "fig": 0, "aloe": 18, "palm": 16, "trail": 30}[kind]
    for k in range(count):
        a, q = k * 2.39996, rng.random()
        root = (r * 0.35 * q * math.cos(a), r * 0.35 * q * math.sin(a), z - 0.01)
        if kind == "snake":
            leaf(m, root, a, size * (0.65 + 0.4 * q), size * 0.14, 0.06 + 0.05 * q)
        elif kind == "aloe":
            leaf(m, root, a, size * (0.6 + 0.4 * q), size * 0.16, 0.2 + 0.2 * q)
        elif kind == "fern":
            leaf(m, root, a, size * (0.7 + 0.4 * q), size * 0.15, 0.42 + 0.3 * q)
        elif kind == "palm":
            leaf(m, root, a, size * (0.75 + 0.35 * q), size * 0.12, 0.22 + 0.28 * q)
        else:
            leaf(m, root, a, size * (0.5 + 0.6 * q), size * 0.22, 0.6 + 0.35 * q)
    if kind == "fig":
        for t in range(3):
            lean = 0.1 * size
            a0 = t * 2.1
            path = [
                (0, 0, z - 0.02),
                (lean * math.cos(a0), lean * math.sin(a0), z + size * 0.45),
                (lean * 1.8 * math.cos(a0), lean * 1.8 * math.sin(a0), z + size * (0.75 + 0.1 * t)),
            ]
            m.rod(path, (0.011, 0.008, 0.004), "stem", seg=8)
            for k in range(13):
                f, a = 0.35 + 0.65 * k / 12, k * 2.39996 + t
                root = (lean * 1.8 * f * math.cos(a0), lean * 1.8 * f * math.sin(a0), z + size * (0.75 + 0.1 * t) * f)
                leaf(m, root, a, size * 0.3, size * 0.2, 0.35 + 0.3 * rng.random())
