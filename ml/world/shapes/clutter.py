"""Things that stand about in a home but are not for sale. Each takes a mesh and a random source."""

import math


def books(m, rng):
    z = 0.0
    for k in range(rng.randint(2, 5)):
        t, w, d = rng.uniform(0.015, 0.04), rng.uniform(0.13, 0.2), rng.uniform(0.19, 0.26)
        m.box(
            (rng.uniform(-0.01, 0.01), 0, z + t / 2),
            (d, w, t),
            "abcd"[k % 4],
            r=0.003,
            rot=(0, 0, rng.uniform(-0.2, 0.2)),
        )
        z += t + 0.001


def book_row(m, rng):
    x = -0.16
    while x < 0.15:
        t, h = rng.uniform(0.015, 0.045), rng.uniform(0.17, 0.26)
        m.box((x + t / 2, 0, h / 2), (t, 0.16, h), rng.choice("abcd"), r=0.003, rot=(0, rng.choice([0, 0, 0, 0.12]), 0))
        x += t + 0.002


def parcel(m, rng):
    w, d, h = rng.uniform(0.2, 0.45), rng.uniform(0.2, 0.35), rng.uniform(0.12, 0.35)
    m.box((0, 0, h / 2), (w, d, h), "card", r=0.004)
    m.box((0, 0, h + 0.0005), (w * 1.002, 0.05, 0.002), "a", r=0.0005)


def toy_ball(m, rng):
    r = rng.uniform(0.05, 0.11)
    m.ball((0, 0, r), r, "a")
    m.lathe([(r * 1.003, -0.012), (r * 1.003, 0.012)], "b", at=(0, 0, r), rot=(0.5, 0.3, 0), seg=28)


def blocks(m, rng):
    for k in range(rng.randint(4, 8)):
        s = 0.045
        m.box(
            (rng.uniform(-0.15, 0.15), rng.uniform(-0.12, 0.12), s / 2),
            (s, s, s),
            "abcd"[k % 4],
            r=0.004,
            rot=(0, 0, rng.uniform(0, 3)),
        )


def bottle(m, rng):
    h = rng.uniform(0.2, 0.3)
    m.lathe([(0.001, 0), (0.034, 0), (0.034, h * 0.6), (0.013, h * 0.8), (0.013, h), (0.001, h)], "a", seg=24)
    m.lathe([(0.0345, h * 0.2), (0.0345, h * 0.48)], "b", seg=24)


def mug(m, rng):
    m.lathe([(0.001, 0), (0.038, 0), (0.041, 0.09), (0.036, 0.09), (0.034, 0.02), (0.001, 0.02)], "a", seg=24)
    m.rod([(0.038, 0, 0.075), (0.065, 0, 0.07), (0.068, 0, 0.04), (0.039, 0, 0.02)], 0.005, "a", seg=8)


def plates(m, rng):
    for k in range(rng.randint(1, 4)):
        m.lathe(
            [(0.001, 0), (0.07, 0), (0.115, 0.016), (0.113, 0.02), (0.07, 0.006), (0.001, 0.006)],
            "ab"[k % 2],
            at=(0, 0, 0.012 * k),
            seg=32,
        )


def laptop(m, rng):
    m.box((0, 0, 0.008), (0.32, 0.22, 0.014), "metal", r=0.004)
    m.box((0, 0.15, 0.11), (0.32, 0.008, 0.21), "dark", r=0.003, rot=(-0.35, 0, 0))


def tote(m, rng):
    m.box((0, 0, 0.17), (0.36, 0.12, 0.34), "a", r=0.03, puff=0.02)
    for y in (-0.05, 0.05):
        m.rod(
            [(0.1 * math.cos(t), y, 0.32 + 0.2 * math.sin(t)) for t in (0, 0.5, 1.0, 1.57, 2.1, 2.6, 3.14)],
            0.009,
            "b",
            seg=8,
        )


def shoes(m, rng):
    for s in (-1, 1):
        turn = rng.uniform(-0.3, 0.3)
        m.box((s * 0.07, 0, 0.012), (0.095, 0.28, 0.024), "b", r=0.011, rot=(0, 0, turn))
        m.box((s * 0.07, 0.0, 0.05), (0.088, 0.26, 0.06), "a", r=0.028, rot=(0, 0, turn), cells=2)
        m.box((s * 0.07, 0.08, 0.08), (0.08, 0.11, 0.08), "a", r=0.03, rot=(0, 0, turn))


def cable(m, rng):
    a = rng.uniform(0, 6)
    m.rod(
        [
            (0.12 * t * math.cos(a + 1.3 * t), 0.12 * t * math.sin(a + 1.1 * t), 0.006)
            for t in (k * 0.25 for k in range(22))
        ],
        0.0045,
        "dark",
        seg=6,
    )


def remote(m, rng):
    m.box((0, 0, 0.009), (0.045, 0.17, 0.018), "dark", r=0.006)


def magazine(m, rng):
    m.box((0, 0, 0.004), (0.21, 0.28, 0.007), "a", r=0.001)
    m.box((0, 0.06, 0.0082), (0.16, 0.1, 0.001), "b", r=0.0003)


def blanket(m, rng):
    m.box((0, 0, 0.04), (0.42, 0.36, 0.075), "a", r=0.035, puff=0.01)
    m.box((0.01, 0.01, 0.09), (0.4, 0.33, 0.04), "a", r=0.018, puff=0.008)


def backpack(m, rng):
    m.box((0, 0, 0.22), (0.3, 0.17, 0.44), "a", r=0.075, puff=0.015)
    m.box((0, -0.1, 0.14), (0.22, 0.07, 0.2), "b", r=0.03)
    m.rod([(-0.04, 0, 0.44), (0, 0, 0.49), (0.04, 0, 0.44)], 0.008, "b", seg=8)


def bowl(m, rng):
    m.lathe([(0.05, 0), (0.1, 0.025), (0.14, 0.07), (0.133, 0.07), (0.09, 0.03), (0.001, 0.015)], "a", smooth=True)
    for k in range(5):
        m.ball((0.055 * math.cos(k * 1.3), 0.055 * math.sin(k * 1.3), 0.06), 0.035, "fruit", seg=14)


def toy_car(m, rng):
    m.box((0, 0, 0.04), (0.09, 0.2, 0.045), "a", r=0.018)
    m.box((0, 0.01, 0.075), (0.075, 0.1, 0.04), "b", r=0.016)
    for x in (-0.045, 0.045):
        for y in (-0.06, 0.06):
            m.lathe(
                [(0.001, -0.01), (0.022, -0.01), (0.022, 0.01), (0.001, 0.01)],
                "dark",
                at=(x, y, 0.022),
                rot=(0, math.pi / 2, 0),
                seg=16,
            )


def fan(m, rng):
    m.lathe([(0.001, 0), (0.16, 0), (0.16, 0.02), (0.02, 0.04), (0.014, 0.3), (0.001, 0.3)], "metal")
    m.lathe([(0.2, -0.05), (0.2, 0.05)], "metal", at=(0, 0, 0.48), rot=(math.pi / 2, 0, 0))
    for k in range(4):
        m.box((0, -0.01, 0.48), (0.36, 0.004, 0.07), "a", r=0.001, rot=(0.2, k * math.pi / 4, 0))


def television(m, rng):
    m.box((0, 0, 0.37), (1.05, 0.035, 0.6), "dark", r=0.006)
    m.box((0, 0, 0.01), (0.4, 0.2, 0.02), "dark", r=0.004)
    m.box((0, 0.01, 0.06), (0.06, 0.03, 0.12), "dark", r=0.004)


FLOOR = {
    "parcel": parcel,
    "toy_ball": toy_ball,
    "blocks": blocks,
    "tote": tote,
    "shoes": shoes,
    "cable": cable,
    "backpack": backpack,
    "toy_car": toy_car,
    "books": books,
    "fan": fan,
    "magazine": magazine,
}
TOP = {
    "books": books,
    "bottle": bottle,
    "mug": mug,
    "plates": plates,
    "remote": remote,
    "magazine": magazine,
    "bowl": bowl,
    "laptop": laptop,
    "toy_car": toy_car,
}
SHELF = {"book_row": book_row, "books": books, "bottle": bottle, "mug": mug}
SEAT = {"blanket": blanket, "magazine": magazine, "tote": tote, "books": books}
CLUTTER = FLOOR | TOP | SHELF | SEAT | {"television": television}
