"""Named dominant colours: pixels to the nearest of a small palette in CIELAB."""

from dataclasses import dataclass

import numpy as np
from PIL import Image

PALETTE = {
    "white": (245, 245, 243),
    "grey": (140, 140, 140),
    "charcoal": (65, 66, 70),
    "black": (20, 20, 22),
    "cream": (232, 220, 196),
    "natural": (196, 160, 112),
    "brown": (105, 70, 45),
    "red": (185, 35, 40),
    "burgundy": (105, 25, 45),
    "pink": (225, 165, 170),
    "terracotta": (190, 95, 65),
    "orange": (230, 130, 40),
    "mustard": (205, 160, 45),
    "yellow": (240, 215, 70),
    "sage": (155, 170, 145),
    "green": (50, 105, 65),
    "turquoise": (60, 160, 160),
    "blue": (55, 110, 180),
    "sky blue": (150, 190, 220),
    "navy": (30, 45, 85),
    "purple": (115, 75, 140),
}
SIDE_PX = 48
MIN_SHARE = 0.08


@dataclass(frozen=True, slots=True)
class Colour:
    """A colour's name and its share of the object's pixels, 0..1."""

    name: str
    share: float


def dominant_colours(image: Image.Image, *, limit: int = 3) -> tuple[Colour, ...]:
    """At most `limit` colours with a share of MIN_SHARE or more, largest first; a white studio backdrop is left out."""
    pixels = np.asarray(image.resize((SIDE_PX, SIDE_PX), Image.Resampling.BOX), dtype=np.float32)
    object_pixels = pixels[~backdrop(pixels)]
    if len(object_pixels) < 20:
        object_pixels = pixels.reshape(-1, 3)
    distance = np.linalg.norm(to_lab(object_pixels)[:, None] - PALETTE_LAB[None], axis=2)
    shares = np.bincount(distance.argmin(axis=1), minlength=len(PALETTE)) / len(object_pixels)
    names = list(PALETTE)
    best = [number for number in np.argsort(-shares, kind="stable")[:limit] if shares[number] >= MIN_SHARE]
    return tuple(Colour(names[number], round(float(shares[number]), 3)) for number in best)


def backdrop(pixels: np.ndarray) -> np.ndarray:
    """bool (h, w): near-white pixels, when the picture's rim is mostly near-white; none otherwise."""
    light = pixels.min(axis=2) > 225
    rim = np.concatenate([light[0], light[-1], light[:, 0], light[:, -1]])
    return light if rim.mean() > 0.7 else np.zeros_like(light)


def to_lab(rgb: np.ndarray) -> np.ndarray:
    """sRGB 0..255 (n, 3) to CIELAB (n, 3), D65 (CIE 15:2004)."""
    linear = rgb / 255
    linear = np.where(linear > 0.04045, ((linear + 0.055) / 1.055) ** 2.4, linear / 12.92)
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    xyz = linear @ to_xyz.T / np.array([0.9505, 1.0, 1.089])
    root = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    x, y, z = root.T
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=1)


PALETTE_LAB = to_lab(np.array(list(PALETTE.values()), dtype=np.float32))
