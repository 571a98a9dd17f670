"""A labelled photo as the detector sees it in training: scaled, shifted, flipped, badly lit, or one of four."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

import numpy as np
from PIL import Image, ImageEnhance, ImageFilter

FILL = (114, 114, 114)
SEEN = 0.4
MIN_SIDE_PX = 6


@dataclass(frozen=True, slots=True)
class View:
    """An RGB picture, boxes float32 (n, 4) in its pixels, and boxes of which nobody knows whether they count."""

    image: Image.Image
    boxes: np.ndarray
    unsure: np.ndarray


def one(view: View, size: tuple[int, int], random: Random) -> View:
    """Somewhere on a canvas of `size` (width, height), between a little smaller than it and half as large again."""
    fit = min(size[0] / view.image.width, size[1] / view.image.height)
    return place(view, size, fit * random.uniform(0.75, 1.4), random)


def four(draw: Callable[[], View], size: tuple[int, int], random: Random) -> View:
    """Four photos around a point near the middle of the canvas."""
    width, height = size
    x, y = round(width * random.uniform(0.35, 0.65)), round(height * random.uniform(0.35, 0.65))
    canvas, boxes, unsure = Image.new("RGB", size, FILL), [], []
    for left, top, right, bottom in ((0, 0, x, y), (x, 0, width, y), (0, y, x, height), (x, y, width, height)):
        drawn = draw()
        part = right - left, bottom - top
        fit = min(part[0] / drawn.image.width, part[1] / drawn.image.height)
        tile = place(drawn, part, fit * random.uniform(0.9, 1.9), random)
        canvas.paste(tile.image, (left, top))
        boxes.append(tile.boxes + (left, top, left, top))
        unsure.append(tile.unsure + (left, top, left, top))
    return View(canvas, np.concatenate(boxes).astype(np.float32), np.concatenate(unsure).astype(np.float32))


def place(view: View, size: tuple[int, int], scale: float, random: Random) -> View:
    """The photo at `scale` at a random place of a canvas; it hangs over where it is larger."""
    width, height = max(8, round(view.image.width * scale)), max(8, round(view.image.height * scale))
    x, y = (between(room, random) for room in (size[0] - width, size[1] - height))
    canvas = Image.new("RGB", size, FILL)
    canvas.paste(view.image.resize((width, height), Image.Resampling.BILINEAR, reducing_gap=2.0), (x, y))
    factors = np.array([width / view.image.width, height / view.image.height] * 2, np.float32)
    moved = [boxes * factors + np.array([x, y, x, y], np.float32) for boxes in (view.boxes, view.unsure)]
    cut = [np.clip(boxes, 0, [size[0], size[1]] * 2) for boxes in moved]
    seen = (area(cut[0]) >= SEEN * area(moved[0])) & (sides(cut[0]) >= MIN_SIDE_PX)
    # What is mostly cut off is neither there nor not there.
    unsure = np.concatenate([cut[1], cut[0][~seen]])
    return View(canvas, cut[0][seen].astype(np.float32), unsure[sides(unsure) > 1].astype(np.float32))


def between(room: int, random: Random) -> int:
    return random.randint(min(0, room), max(0, room))


def area(boxes: np.ndarray) -> np.ndarray:
    return (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])


def sides(boxes: np.ndarray) -> np.ndarray:
    """The shorter side of each box."""
    return np.minimum(boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1])


def flipped(view: View) -> View:
    width = view.image.width
    boxes, unsure = (
        np.stack([width - boxes[:, 2], boxes[:, 1], width - boxes[:, 0], boxes[:, 3]], 1)
        for boxes in (view.boxes, view.unsure)
    )
    return View(view.image.transpose(Image.Transpose.FLIP_LEFT_RIGHT), boxes, unsure)


def lit(image: Image.Image, random: Random) -> Image.Image:
    """Light, contrast, colour and focus of a phone in a shop."""
    for enhance, spread in ((ImageEnhance.Brightness, 0.35), (ImageEnhance.Contrast, 0.3), (ImageEnhance.Color, 0.4)):
        if random.random() < 0.6:
            image = enhance(image).enhance(random.uniform(1 - spread, 1 + spread))
    return image.filter(ImageFilter.GaussianBlur(random.uniform(0.4, 1.6))) if random.random() < 0.12 else image
