"""What is kept of a picture to know it again, and to tell it from other pictures of the same thing."""

import hashlib
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageOps

from ml.images import open_image, phash
from ml.inspect.local import local_features

READ_PX, POINTS_PX, THUMB_PX = 640, 448, 256  # longer sides
POINTS = 300


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """phashes uint64 (2,): of the picture and of its mirror image. points: ml.inspect.local.POINT (n,).

    thumb: uint8 (h, w, 3), its longer side THUMB_PX at most.
    """

    sha256: str
    phashes: np.ndarray
    points: np.ndarray
    thumb: np.ndarray


def fingerprint(data: bytes) -> Fingerprint:
    """Of an encoded picture. Raises ImageRejected."""
    image = open_image(data, max_side_px=READ_PX)
    hashes = np.array([phash(image), phash(ImageOps.mirror(image))], np.uint64)
    points = local_features(image, POINTS_PX, POINTS)
    return Fingerprint(hashlib.sha256(data).hexdigest(), hashes, points, thumb_of(image))


def thumb_of(image: Image.Image) -> np.ndarray:
    small = image.copy()
    small.thumbnail((THUMB_PX, THUMB_PX), Image.Resampling.BOX)
    return np.asarray(small.convert("RGB"))
