"""Text and image into one query vector."""

import numpy as np


def unit(vector: np.ndarray) -> np.ndarray:
    """float32 of length 1; the zero vector stays."""
    length = float(np.linalg.norm(vector))
    return (vector / length if length > 0 else vector).astype(np.float32)


def fuse(image: np.ndarray, text: np.ndarray, weights: tuple[float, float]) -> np.ndarray:
    """Unit vector (dim,) between an image's and a text's unit vectors, by the shopper's weights."""
    return unit(weights[0] * image + weights[1] * text)
