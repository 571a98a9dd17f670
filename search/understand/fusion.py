"""Text and image into one query vector."""

import numpy as np


def unit(vector: np.ndarray) -> np.ndarray:
    """float32 of length 1; the zero vector stays."""
    length = float(np.linalg.norm(vector))
    return (vector / length if length > 0 else vector).astype(np.float32)


def fuse(image: np.ndarray, text: np.ndarray, weights: tuple[float, float], text_scale: float = 1.0) -> np.ndarray:
    """Unit vector (dim,) between an image's and a text's unit vectors, by the shopper's weights.

    Scores of words spread less over a catalog than scores of photos, so at equal weights the photo alone would decide:
    text_scale is what words have to be multiplied by to spread as far (Bundle.text_scale).
    """
    return unit(weights[0] * image + weights[1] * text_scale * text)
