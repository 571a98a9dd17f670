"""Seamless tiles and fitted pictures, in numpy. All arrays are float, height x width x 3, sRGB 0..1."""

import numpy as np
from PIL import Image, ImageDraw

from ml.world.motifs import MOTIFS, ink

SIZE = 320


def noise(rng, across, along=None, size=SIZE):
    """Seamless noise (size, size), mean 0, deviation 1, with features `across` x `along` px (v, u)."""
    fv, fu = np.fft.fftfreq(size)[:, None], np.fft.rfftfreq(size)[None]
    keep = np.exp(-((fv * across) ** 2 + (fu * (along or across)) ** 2) * 9)
    keep[0, 0] = 0
    field = np.fft.irfft2(np.fft.rfft2(rng.standard_normal((size, size))) * keep, (size, size))
    return field / field.std()


def relief(texture, rng):
    """(shade, height) of a texture, each (SIZE, SIZE): the shade multiplies the colour, height is 0..1."""
    v, u = np.mgrid[0:SIZE, 0:SIZE] / SIZE
    if texture == "velvet":
        h = 0.5 * noise(rng, 60, 25) + 0.5 * noise(rng, 2)
        return 1 + 0.035 * h, 0.5 + 0.1 * h
    if texture in ("linen", "wool"):
        h = noise(rng, 2, 22) + noise(rng, 22, 2) + (0.5 if texture == "linen" else 1.2) * noise(rng, 3)
        return 1 + 0.036 * h, 0.5 + 0.14 * h
    if texture == "boucle":
        h = np.abs(noise(rng, 11)) + 0.4 * np.abs(noise(rng, 5))
        return 0.9 + 0.085 * h.clip(0, 2), (h / 2.5).clip(0, 1)
    if texture == "corduroy":
        h = np.abs(np.sin(np.pi * 10 * u)) + 0.08 * noise(rng, 3)
        return 0.62 + 0.42 * h, h.clip(0, 1)
    if texture == "leather":
        h = np.minimum(np.abs(noise(rng, 9)), 1) * 0.5 + 0.3 * noise(rng, 70)
        return 0.95 + 0.1 * h, 0.5 + 0.4 * h
    return craft(texture, rng, u, v)


def craft(texture, rng, u, v):
    if texture == "wood":
        warp = noise(rng, 40, 220)
        rings = np.sin(2 * np.pi * (7 * v + 0.55 * warp))
        h = 0.5 * rings * (0.6 + 0.4 * noise(rng, 30, 200)) + 0.55 * noise(rng, 2, 90) + 0.35 * warp
        return 1 + 0.12 * h, 0.5 + 0.15 * h
    if texture in ("planks", "tiles", "brick"):
        return laid(texture, rng, u, v)
    if texture == "marble":
        veins = np.exp(-np.abs(noise(rng, 70) + 0.35 * noise(rng, 16)) * 9) + 0.6 * np.exp(-np.abs(noise(rng, 40)) * 16)
        return 1 - 0.42 * veins.clip(0, 1) + 0.02 * noise(rng, 50), np.full_like(u, 0.5)
    if texture in ("rattan", "jute"):
        n = 10 if texture == "rattan" else 8
        a, b = np.sin(np.pi * n * u) ** 2, np.sin(np.pi * n * v) ** 2
        odd = ((u * n).astype(int) + (v * n).astype(int)) % 2
        h = np.where(odd, a, b) * 0.9 + 0.12 * noise(rng, 3)
        return 0.55 + 0.5 * h, h.clip(0, 1)
    if texture == "cane":
        n = 4
        grid = np.minimum.reduce(
            [np.abs(np.sin(np.pi * n * u)), np.abs(np.sin(np.pi * n * v)), np.abs(np.sin(np.pi * n * (u + v)))]
        )
        hole = (grid > 0.42).astype(float)
        return 1.05 - 0.62 * hole, 1 - hole
    if texture == "speckle":
        dots = (noise(rng, 3) > 2.0).astype(float)
        return 1 - 0.5 * dots + 0.03 * noise(rng, 40), 0.5 - 0.2 * dots
    if texture == "leaf":
        return 1 + 0.16 * noise(rng, 60, 8) + 0.1 * noise(rng, 12), np.full_like(u, 0.5)
    if texture == "paper":
        return 1 + 0.025 * noise(rng, 14), 0.5 + 0.1 * noise(rng, 10)
    if texture == "clay":
        return 1 + 0.05 * noise(rng, 50) + 0.03 * noise(rng, 3), 0.5 + 0.2 * noise(rng, 3)
    return np.ones_like(u), np.full_like(u, 0.5)


def laid(texture, rng, u, v):
    """Boards, floor tiles or bricks, each a little different, with joints."""
    rows, columns, shift, joint = {
        "planks": (8, 1, 0.37, 0.02),
        "tiles": (3, 3, 0, 0.018),
        "brick": (12, 4, 0.5, 0.09),
    }[texture]
    row = np.floor(v * rows).astype(int)
    across = (u * columns + shift * row) % columns
    tone = rng.normal(0, 1, (rows, columns))[row, np.floor(across).astype(int)]
    gap = np.minimum(
        np.minimum((v * rows) % 1, 1 - (v * rows) % 1) / rows, np.minimum(across % 1, 1 - across % 1) / columns
    )
    line = (gap < joint / rows * (0.5 if texture == "brick" else 1)).astype(float)
    grain = noise(rng, 2, 90) * 0.06 + noise(rng, 14, 120) * 0.05 if texture == "planks" else noise(rng, 8) * 0.03
    return (1 + 0.09 * tone + grain) * (
        1 - (0.45 if texture == "planks" else -0.25 if texture == "brick" else 0.2) * line
    ), 0.8 - 0.5 * line


def pattern_mask(pattern, size=SIZE):
    """A seamless mask (size, size) in 0..1: where the second colour goes."""
    v, u = np.mgrid[0:size, 0:size] / size
    if pattern == "striped":
        return ((u * 3) % 1 < 0.42).astype(float)
    if pattern == "pinstripe":
        return ((u * 8) % 1 < 0.16).astype(float)
    if pattern == "checked":
        return 0.5 * ((u * 3) % 1 < 0.5) + 0.5 * ((v * 3) % 1 < 0.5)
    if pattern == "dotted":
        row = np.floor(v * 4)
        du, dv = (u * 4 + 0.5 * (row % 2)) % 1 - 0.5, (v * 4) % 1 - 0.5
        return (du**2 + dv**2 < 0.07).astype(float)
    if pattern == "herringbone":
        zig = np.abs((u * 4) % 1 - 0.5) * 2
        return (((v * 6 + zig) % 1) < 0.5).astype(float)
    if pattern == "geometric":
        a, b = (u * 3) % 1, (v * 3) % 1
        return np.where((np.floor(u * 3) + np.floor(v * 3)) % 2 == 0, a > b, a + b > 1).astype(float)
    raise ValueError(f"no pattern {pattern!r}")


PATTERNS = ("striped", "pinstripe", "checked", "dotted", "herringbone", "geometric")


def tile(finish):
    """(colour (SIZE, SIZE, 3), height (SIZE, SIZE)) of a finish."""
    rng = np.random.default_rng([7, finish.seed, len(finish.material)])
    shade, height = relief(finish.surface.texture, rng)
    colour = np.broadcast_to(finish.rgb, (SIZE, SIZE, 3))
    if finish.pattern in PATTERNS:
        mask = pattern_mask(finish.pattern)[..., None]
        colour = colour * (1 - mask) + np.asarray(finish.second_rgb) * mask
    if finish.surface.texture == "marble" and sum(finish.rgb) < 1.2:
        shade = 1 + 3.0 * (1 - shade)  # dark stone has pale veins
    return (colour * shade[..., None]).clip(0, 1), height.clip(0, 1)


def picture(finish, aspect, size=384):
    """The picture of a rug or print, (height, width, 3); aspect is width / height."""
    w, h = (size, max(48, round(size / aspect))) if aspect >= 1 else (max(48, round(size * aspect)), size)
    if finish.pattern in ("plain", *PATTERNS):
        rng = np.random.default_rng(finish.seed)
        mask = np.zeros((SIZE, SIZE)) if finish.pattern == "plain" else pattern_mask(finish.pattern)
        reps = (max(1, round(h / 190)), max(1, round(w / 190)))
        mask = (
            np.asarray(Image.fromarray((np.tile(mask, reps) * 255).astype(np.uint8)).resize((w, h), Image.LANCZOS))
            / 255
        )
        out = np.asarray(finish.rgb) * (1 - mask[..., None]) + np.asarray(finish.second_rgb) * mask[..., None]
        return (out * (1 + 0.03 * rng.standard_normal((h, w, 1)))).clip(0, 1)
    draw = MOTIFS[finish.pattern]
    big = Image.new("RGB", (w * 2, h * 2), ink(finish.rgb))
    draw(ImageDraw.Draw(big), w * 2, h * 2, finish, np.random.default_rng(finish.seed))
    out = np.asarray(big.resize((w, h), Image.LANCZOS)) / 255.0
    return (out * (1 + 0.02 * np.random.default_rng(1).standard_normal((h, w, 1)))).clip(0, 1)
