"""Measure a decoded catalog picture; a reason means that it is not worth indexing."""

import hashlib
from dataclasses import dataclass

import numpy as np
from PIL import Image

from ml.images import phash
from ml.inspect.colours import Colour, dominant_colours

MIN_SIDE_PX = 64
MIN_DEVIATION = 2.0


@dataclass(frozen=True, slots=True)
class Inspection:
    """What is known of a picture. `reason` is None for a good one, else a sentence for the catalog's admin."""

    sha256: str
    phash: int
    width: int
    height: int
    colours: tuple[Colour, ...]
    reason: str | None


def inspect(image: Image.Image, data: bytes) -> Inspection:
    """Inspect the upright RGB `image` that was decoded from the encoded `data`."""
    return Inspection(
        sha256=hashlib.sha256(data).hexdigest(),
        phash=phash(image),
        width=image.width,
        height=image.height,
        colours=dominant_colours(image),
        reason=rejection_reason(image),
    )


def rejection_reason(image: Image.Image) -> str | None:
    if min(image.size) < MIN_SIDE_PX:
        return f"The picture is {image.width} x {image.height} pixels; at least {MIN_SIDE_PX} a side are needed."
    if deviation(image) < MIN_DEVIATION:
        return "The picture is blank: it has one colour only. Send a photo of the product."
    return None


def deviation(image: Image.Image) -> float:
    """Largest standard deviation of a channel, 0..128; near 0 for a blank picture."""
    pixels = np.asarray(image.resize((64, 64), Image.Resampling.BOX), dtype=np.float32)
    return float(pixels.std(axis=(0, 1)).max())
