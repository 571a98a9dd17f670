"""Printed things, drawn: labels with words and shapes, and photos of them."""

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

WORDS = [
    "organic",
    "whole",
    "milk",
    "fresh",
    "apple",
    "juice",
    "dark",
    "ale",
    "brewed",
    "oat",
    "soft",
    "cheese",
    "lager",
]


def label(seed: int, side_px: int = 320) -> Image.Image:
    """A label of its own: words of all sizes, discs, frames and stripes on a coloured ground. RGB (3:4)."""
    random = np.random.default_rng(seed)
    width, height = side_px * 3 // 4, side_px
    image = Image.new("RGB", (width, height), colour(random, 150, 256))
    draw = ImageDraw.Draw(image)
    for _ in range(14):
        x, y = random.integers(0, width), random.integers(0, height)
        w, h = random.integers(15, 70, 2)
        shape = random.choice([draw.ellipse, draw.rectangle])
        shape((x, y, x + w, y + h), fill=colour(random, 0, 256), outline=colour(random, 0, 120), width=3)
    for _ in range(10):
        font = ImageFont.load_default(size=int(random.integers(14, 34)))
        at = int(random.integers(0, width - 60)), int(random.integers(0, height - 30))
        draw.text(at, str(random.choice(WORDS)), font=font, fill=colour(random, 0, 140))
    return image


def photographed(print_: Image.Image, seed: int) -> Image.Image:
    """The print as a phone sees it: from the side, turned, before a cluttered wall, blurred, dim and noisy."""
    random = np.random.default_rng(seed)
    wall = label(10_000 + seed, 500).filter(ImageFilter.GaussianBlur(2))
    turned = Image.new("RGBA", (480, 480))
    turned.paste(print_.resize((240, 320)), (120, 80))
    turned = turned.rotate(float(random.uniform(-20, 20)), Image.Resampling.BICUBIC)
    squeeze, tilt = random.uniform(0, 0.0006), random.uniform(-0.15, 0.15)
    turned = turned.transform(
        (480, 480), Image.Transform.PERSPECTIVE, (1.1, tilt, -10, 0, 1.05, -5, squeeze, 0), Image.Resampling.BICUBIC
    )
    photo = wall.resize((480, 480))
    photo.paste(turned, (0, 0), turned)
    pixels = np.asarray(photo.filter(ImageFilter.GaussianBlur(0.8)), np.float32)
    pixels = pixels * random.uniform(0.5, 0.9) + random.normal(0, 6, pixels.shape)
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).crop((60, 30, 440, 450))


def colour(random: np.random.Generator, low: int, high: int) -> tuple[int, int, int]:
    return tuple(int(value) for value in random.integers(low, high, 3))
