"""Is it the same picture? A perceptual hash proposes, a small thumbnail in CIELAB confirms.

The hash is made of grey shapes alone, so that a sofa in green and the same sofa in navy have one hash; the thumbnail
tells them apart, and needs no file to be read again.
"""

import numpy as np
from PIL import Image

from ml.inspect.colours import to_lab

SIDE = 12  # cells of the thumbnail
CELLS = SIDE * SIDE
WORST = 9  # cells that differ most: what differs may be small, as the legs of a chair are
LIGHTNESS_STEPS = 1.27  # CIELAB's L, 0 to 100, as int8


def thumbnail(image: Image.Image) -> bytes:
    """432 bytes: L, a and b of 12 x 12 cells, int8."""
    small = np.asarray(image.convert("RGB").resize((SIDE, SIDE), Image.Resampling.BOX), dtype=np.float32)
    lab = to_lab(small.reshape(-1, 3))
    lab[:, 0] *= LIGHTNESS_STEPS
    return np.clip(lab.round(), -128, 127).astype(np.int8).tobytes()


def thumbnail_distance(one: bytes, other: bytes) -> float:
    """CIELAB difference (CIE76) of the cells that differ most, their mean; 0 for the same picture, 2 is hardly seen.

    Infinite where either is no thumbnail.
    """
    if len(one) != 3 * CELLS or len(other) != 3 * CELLS:
        return float("inf")
    cells = cells_of(one) - cells_of(other)
    return float(np.sort(np.linalg.norm(cells, axis=1))[-WORST:].mean())


def cells_of(thumbnail: bytes) -> np.ndarray:
    """float32 (144, 3), CIELAB."""
    lab = np.frombuffer(thumbnail, np.int8).reshape(CELLS, 3).astype(np.float32)
    lab[:, 0] /= LIGHTNESS_STEPS
    return lab


def differing_bits(one: int, other: int) -> int:
    """Of two 64-bit hashes, signed or not."""
    return ((one ^ other) & (2**64 - 1)).bit_count()


def probes(phash: int) -> list[int]:
    """68 numbers, some of which every hash within 7 bits of this one has among its four bands (see `bands`).

    Seven differing bits in four bands leave one band with at most one (Norouzi, Punjani and Fleet, CVPR 2012).
    """
    return [band ^ flip for band in bands(phash) for flip in (0, *(1 << bit for bit in range(16)))]


def bands(phash: int) -> list[int]:
    """The four 16-bit parts of a hash, each numbered by its place: place * 65536 + part."""
    unsigned = phash & (2**64 - 1)
    return [(place << 16) | ((unsigned >> (16 * place)) & 0xFFFF) for place in range(4)]
