"""Cut-and-paste training photos: studio shots of products set into real photos (Dwibedi et al., 2017)."""

from collections.abc import Sequence
from pathlib import Path
from random import Random

import numpy as np
from PIL import Image, ImageFilter
from scipy import ndimage

from ml.images import open_image
from ml.train.photos import LabelledPhoto

# A studio backdrop is light and without colour, and it changes slowly, even in the product's soft shadow.
LIGHT = 195
NEUTRAL = 9
SLOW = 6.0
COVERED = 0.55
HELD = 0.35


def cut_out(path: Path) -> Image.Image | None:
    """RGBA of the product on a studio shot, tight; None where the background is not plain white."""
    image = Image.open(path)
    if image.mode == "RGBA":
        return image.crop(image.getchannel("A").getbbox())
    regions, _ = ndimage.label(backdrop(np.asarray(image.convert("RGB"), dtype=np.float32)))
    rim = np.concatenate([regions[0], regions[-1], regions[:, 0], regions[:, -1]])
    if (rim > 0).mean() < 0.8:
        return None
    alpha = ndimage.binary_erosion(~np.isin(regions, np.unique(rim[rim > 0])), iterations=2)
    if not 0.08 < alpha.mean() < 0.9:
        return None
    mask = Image.fromarray((alpha * 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(0.7))
    cut = image.convert("RGBA")
    cut.putalpha(mask)
    return cut.crop(mask.getbbox())


def backdrop(pixels: np.ndarray) -> np.ndarray:
    """bool (h, w): where pixels float32 (h, w, 3) could be studio backdrop."""
    grey = ndimage.uniform_filter(pixels.mean(axis=2), 3)
    slope = np.hypot(ndimage.sobel(grey, axis=0), ndimage.sobel(grey, axis=1)) / 4
    return (pixels.min(axis=2) >= LIGHT) & (np.ptp(pixels, axis=2) <= NEUTRAL) & (slope <= SLOW)


Boxes = list[tuple[float, float, float, float]]


def composite(
    background: LabelledPhoto, cuts: Sequence[Image.Image], random: Random
) -> tuple[Image.Image, Boxes, Boxes]:
    """One photo with a few of `cuts` pasted in, its boxes, and its unsure ones; what got mostly covered is dropped.

    In every third there is one large thing, as if held before the phone.
    """
    scene = open_image(background.path.read_bytes(), max_side_px=560)
    ratio = scene.width / open_size(background.path)[0]
    known = background.boxes, background.unsure
    boxes, unsure = ([tuple(side * ratio for side in box) for box in of] for of in known)
    held = random.random() < HELD
    for cut in random.sample(list(cuts), min(len(cuts), 1 if held else random.randint(1, 4))):
        placed = paste(scene, cut, random, random.uniform(0.5, 0.95) if held else random.uniform(0.14, 0.6))
        boxes = [box for box in boxes if covered_share(box, placed) < COVERED]
        boxes.append(placed)
    return scene, boxes, unsure


def paste(scene: Image.Image, cut: Image.Image, random: Random, share: float) -> tuple[float, float, float, float]:
    """Where it came to lie; its longer side is `share` of the scene's shorter one."""
    side = share * min(scene.size)
    scale = side / max(cut.size)
    small = cut.resize((max(12, round(cut.width * scale)), max(12, round(cut.height * scale))))
    if random.random() < 0.5:
        small = small.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    small = small.rotate(random.uniform(-15, 15), expand=True, resample=Image.Resampling.BICUBIC)
    small = small.crop(small.getchannel("A").point(lambda alpha: 255 * (alpha > 60)).getbbox())
    shade = random.uniform(0.6, 1.1)
    red, green, blue, alpha = small.split()
    red, green, blue = (band.point(lambda value: min(255, int(value * shade))) for band in (red, green, blue))
    x = random.randint(0, max(0, scene.width - small.width))
    y = random.randint(0, max(0, scene.height - small.height))
    scene.paste(Image.merge("RGB", (red, green, blue)), (x, y), alpha)
    return float(x), float(y), float(min(scene.width, x + small.width)), float(min(scene.height, y + small.height))


def covered_share(box: Sequence[float], other: Sequence[float]) -> float:
    width = min(box[2], other[2]) - max(box[0], other[0])
    height = min(box[3], other[3]) - max(box[1], other[1])
    area = (box[2] - box[0]) * (box[3] - box[1])
    return max(0.0, width) * max(0.0, height) / area


def open_size(path: Path) -> tuple[int, int]:
    """Width and height upright."""
    with Image.open(path) as image:
        turned = image.getexif().get(0x0112, 1) >= 5
        return image.size[::-1] if turned else image.size
