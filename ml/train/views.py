"""Random views of a product: as a catalog shows it, and as a phone sees it. Hue is kept: colour tells SKUs apart."""

import io
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from random import Random

import numpy as np
from PIL import Image, ImageFilter

from ml.crop import clip_box
from ml.images import open_image
from ml.train.capture import bend, part_of, taken_by_hand
from ml.train.composites import cut_out
from ml.train.items import Crop

CACHE_SIDE_PX = 288
CONTEXT = 0.25


def studio_view(path: Path, random: Random) -> Image.Image:
    """A catalog picture, framed a little otherwise and a little lighter or darker."""
    image = load(path)
    grow = random.uniform(-0.12, 0.15)
    box = [round(side * share) for side, share in zip(image.size * 2, (-grow, -grow, 1 + grow, 1 + grow), strict=True)]
    view = Image.new("RGB", (box[2] - box[0], box[3] - box[1]), image.getpixel((1, 1)))
    view.paste(image, (-box[0], -box[1]))
    return develop(maybe_mirror(view, random), random, gain=0.08, cast=0.02, noise=2.0)


def photo_view(crop: Crop, random: Random, fillers: Sequence[Path]) -> Image.Image:
    """A product in a real photo: the detector's box is never exact, and neither is this one."""
    image, box = load_crop(crop)
    jitter = 0.1 if crop.box else 0.22
    width, height = box[2] - box[0], box[3] - box[1]
    moved = [
        box[0] + width * random.uniform(-jitter, jitter),
        box[1] + height * random.uniform(-jitter, jitter),
        box[2] + width * random.uniform(-jitter, jitter),
        box[3] + height * random.uniform(-jitter, jitter),
    ]
    view = taken_by_hand(image.crop(clip_box(moved, *image.size)), random)
    if random.random() < 0.25:
        occlude(view, fillers, random)
    return develop(maybe_mirror(view, random), random, gain=0.25, cast=0.06, noise=5.0)


def pasted_view(path: Path, random: Random, fillers: Sequence[Path]) -> Image.Image:
    """A studio shot cut out and set before a piece of a real photo, then taken by a bad camera."""
    cut = load_cut(path)
    if cut is None:
        return develop(taken_by_hand(load(path).copy(), random), random, gain=0.4, cast=0.1, noise=10.0)
    if random.random() < 0.15:
        cut = bend(cut, random)
    cut = maybe_mirror(lean(cut, random), random)
    margin = [random.uniform(-0.06, 0.2) for _ in range(4)]
    left, top = round(cut.width * margin[0]), round(cut.height * margin[1])
    size = (cut.width + left + round(cut.width * margin[2]), cut.height + top + round(cut.height * margin[3]))
    view = patch(fillers, size, random)
    view.paste(shade(cut, random), (left, top), cut.getchannel("A"))
    if random.random() < 0.2:
        view = part_of(view, random, smallest=0.4)
    if random.random() < 0.4:
        occlude(view, fillers, random)
    return develop(view, random, gain=0.4, cast=0.1, noise=10.0)


def lean(cut: Image.Image, random: Random) -> Image.Image:
    """Mild perspective and rotation."""
    width, height = cut.size
    corners = [(0, 0), (0, height), (width, height), (width, 0)]
    quad = [value for x, y in corners for value in (x + width * shift(random), y + height * shift(random))]
    turned = cut.transform(cut.size, Image.Transform.QUAD, quad, Image.Resampling.BILINEAR)
    turned = turned.rotate(random.gauss(0, 5), expand=True, resample=Image.Resampling.BILINEAR)
    return turned.crop(turned.getchannel("A").getbbox() or (0, 0, *turned.size))


def shift(random: Random) -> float:
    return random.uniform(-0.08, 0.08)


def shade(cut: Image.Image, random: Random) -> Image.Image:
    """Light from one side: a linear ramp over the product."""
    angle, depth = random.uniform(0, 2 * np.pi), random.uniform(0, 0.35)
    x, y = np.linspace(-1, 1, cut.width)[None, :], np.linspace(-1, 1, cut.height)[:, None]
    ramp = 1 + depth * (x * np.cos(angle) + y * np.sin(angle))
    pixels = np.asarray(cut.convert("RGB"), dtype=np.float32) * ramp[:, :, None]
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def occlude(view: Image.Image, fillers: Sequence[Path], random: Random) -> None:
    """Something else stands before one side of it."""
    width, height = (max(4, int(side * random.uniform(0.15, 0.5))) for side in view.size)
    x = random.choice((0, view.width - width, random.randint(0, view.width - width)))
    y = random.choice((0, view.height - height))
    view.paste(patch(fillers, (width, height), random), (x, y))


def patch(fillers: Sequence[Path], size: tuple[int, int], random: Random) -> Image.Image:
    """A random piece of a random photo, or a plain wall where there are no photos."""
    size = (max(4, size[0]), max(4, size[1]))
    if not fillers or random.random() < 0.15:
        return Image.new("RGB", size, tuple(random.randint(60, 235) for _ in range(3)))
    photo = load(random.choice(fillers))
    side = random.uniform(0.25, 0.8)
    width, height = int(photo.width * side), int(photo.height * side)
    x, y = random.randint(0, photo.width - width), random.randint(0, photo.height - height)
    return photo.resize(size, box=(x, y, x + width, y + height))


def develop(view: Image.Image, random: Random, *, gain: float, cast: float, noise: float) -> Image.Image:
    """Exposure, gamma, a colour cast, blur, sensor noise and JPEG, each up to the given strength."""
    exposure, gamma = np.exp(random.uniform(-1.4 * gain, gain)), np.exp(random.uniform(-0.8 * gain, 0.8 * gain))
    warmth, tint = random.gauss(0, cast), random.gauss(0, cast / 3)
    gains = np.exp([warmth, tint, -warmth]) * exposure
    ramp = np.linspace(0, 1, 256)
    table = np.concatenate([255 * np.clip((ramp**gamma) * value, 0, 1) for value in gains]).astype(np.uint8)
    view = soften(view.point(table.tolist()), random, noise)
    if noise and random.random() < 0.7:
        grain = np.random.default_rng(random.getrandbits(32)).normal(0, random.uniform(0, noise), (*view.size[::-1], 3))
        view = Image.fromarray(np.clip(np.asarray(view) + grain, 0, 255).astype(np.uint8))
    if random.random() < 0.5:
        out = io.BytesIO()
        view.save(out, "JPEG", quality=random.randint(35, 95))
        view = Image.open(out).convert("RGB")
    return view


def soften(view: Image.Image, random: Random, strength: float) -> Image.Image:
    """Far away (few pixels) or out of focus."""
    side = random.uniform(56, 260)
    if random.random() < strength / 12 and side < max(view.size):
        view = view.resize([max(8, round(length * side / max(view.size))) for length in view.size])
    if random.random() < strength / 25:
        view = view.filter(ImageFilter.GaussianBlur(random.uniform(0.3, 1.6)))
    return view


def maybe_mirror(view: Image.Image, random: Random) -> Image.Image:
    return view.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if random.random() < 0.5 else view


@lru_cache(maxsize=16_000)
def load(path: Path) -> Image.Image:
    return open_image(path.read_bytes(), max_side_px=CACHE_SIDE_PX)


@lru_cache(maxsize=8_000)
def load_cut(path: Path) -> Image.Image | None:
    cut = cut_out(path)
    if cut is not None:
        cut.thumbnail((CACHE_SIDE_PX, CACHE_SIDE_PX))
    return cut


@lru_cache(maxsize=16_000)
def load_crop(crop: Crop) -> tuple[Image.Image, tuple[float, float, float, float]]:
    """The box with some context around it, at most CACHE_SIDE_PX large, and where the box is in it."""
    if crop.box is None:
        image = load(crop.path)
        return image, (0, 0, *image.size)
    photo = open_image(crop.path.read_bytes())
    x1, y1, x2, y2 = crop.box
    dx, dy = CONTEXT * (x2 - x1), CONTEXT * (y2 - y1)
    wide = clip_box((x1 - dx, y1 - dy, x2 + dx, y2 + dy), *photo.size)
    image = photo.crop(wide)
    scale = min(1.0, CACHE_SIDE_PX / max(image.size))
    image = image.resize([max(1, round(side * scale)) for side in image.size])
    return image, tuple((value - wide[axis % 2]) * scale for axis, value in enumerate(crop.box))
