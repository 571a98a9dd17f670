"""The image encoder: a crop or a catalog picture to a unit vector."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import onnxruntime
from PIL import Image

BATCH = 4  # larger ones are no faster on a CPU, and 16 take 150 MB more


@dataclass(frozen=True, slots=True)
class ImageSpec:
    """The image encoder's part of the manifest. `patch_dim`: numbers a patch; 0 where pictures have no patches."""

    size_px: int
    fill: tuple[int, int, int]
    dim: int
    patch_dim: int = 0


@dataclass(frozen=True, slots=True)
class Encoded:
    """Pictures as the encoder sees them, all float32.

    vectors (n, dim), unit rows; patches (n, cells, patch_dim), unit rows, and how much each counts, weights (n, cells),
    which add up to 1 (ml.encode.patches): None of an encoder that has no patches, or where there is no picture.
    """

    vectors: np.ndarray
    patches: np.ndarray | None = None
    weights: np.ndarray | None = None


class ImageEncoder:
    """Holds one ONNX session; safe to call from several threads."""

    def __init__(self, session: onnxruntime.InferenceSession, spec: ImageSpec) -> None:
        self.session = session
        self.spec = spec

    def encode(self, images: Sequence[Image.Image]) -> np.ndarray:
        """float32 (n, dim), unit rows in the order given; (0, dim) for none. RGB pictures of any size."""
        return self.encode_with_patches(images).vectors

    def encode_with_patches(self, images: Sequence[Image.Image]) -> Encoded:
        """The pictures' vectors and patches, in the order given."""
        if not images:
            return Encoded(np.empty((0, self.spec.dim), np.float32))
        outputs, batches = ["vectors", "patches", "weights"] if self.spec.patch_dim else ["vectors"], []
        for start in range(0, len(images), BATCH):
            pixels = np.stack([to_square(image, self.spec) for image in images[start : start + BATCH]])
            batches.append(self.session.run(outputs, {"pixels": pixels}))
        return Encoded(*(np.concatenate(each) for each in zip(*batches, strict=True)))


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
