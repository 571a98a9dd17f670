"""The image encoder: a crop or a catalog picture to a unit vector."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import onnxruntime
from PIL import Image

BATCH = 4  # larger ones are no faster on a CPU, and 16 take 150 MB more


@dataclass(frozen=True, slots=True)
class ImageSpec:
    """The image encoder's part of the manifest."""

    size_px: int
    fill: tuple[int, int, int]
    dim: int


class ImageEncoder:
    """Holds one ONNX session; safe to call from several threads."""

    def __init__(self, session: onnxruntime.InferenceSession, spec: ImageSpec) -> None:
        self.session = session
        self.spec = spec

    def encode(self, images: Sequence[Image.Image]) -> np.ndarray:
        """float32 (n, dim), unit rows in the order given; (0, dim) for none. RGB pictures of any size."""
        vectors = [np.empty((0, self.spec.dim), dtype=np.float32)]
        for start in range(0, len(images), BATCH):
            pixels = np.stack([to_square(image, self.spec) for image in images[start : start + BATCH]])
            vectors.append(self.session.run(None, {"pixels": pixels})[0])
        return np.concatenate(vectors)


def to_square(image: Image.Image, spec: ImageSpec) -> np.ndarray:
    """uint8 (size, size, 3): the whole picture, its shape kept, centred on the fill colour."""
    scale = spec.size_px / max(image.size)
    width, height = max(1, round(image.width * scale)), max(1, round(image.height * scale))
    small = image.resize((width, height), Image.Resampling.BICUBIC, reducing_gap=2.0)
    pixels = np.empty((spec.size_px, spec.size_px, 3), dtype=np.uint8)
    pixels[:] = spec.fill
    top, left = (spec.size_px - height) // 2, (spec.size_px - width) // 2
    pixels[top : top + height, left : left + width] = np.asarray(small)
    return pixels
