"""What is known of a decoded catalog picture, whatever it shows: hashes, thumbnail, size and colours."""

import hashlib
from dataclasses import dataclass

from PIL import Image

from ml.images import phash
from ml.inspect.colours import Colour, dominant_colours
from ml.inspect.near import thumbnail


@dataclass(frozen=True, slots=True)
class Inspection:
    """`thumbnail` is what ml.inspect.near compares."""

    sha256: str
    phash: int
    thumbnail: bytes
    width: int
    height: int
    colours: tuple[Colour, ...]


def inspect(image: Image.Image, data: bytes) -> Inspection:
    """Measure the upright RGB `image` that was decoded from the encoded `data`."""
    return Inspection(
        sha256=hashlib.sha256(data).hexdigest(),
        phash=phash(image),
        thumbnail=thumbnail(image),
        width=image.width,
        height=image.height,
        colours=dominant_colours(image),
    )
