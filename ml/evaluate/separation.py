"""How well one number tells two kinds of things apart."""

import numpy as np


def auroc(positives: np.ndarray, negatives: np.ndarray) -> float:
    """Chance that a positive scores above a negative, ties by half (Fawcett 2006); nan where either side is empty.

    Both float (n,) and (m,), in any order.
    """
    if len(positives) == 0 or len(negatives) == 0:
        return float("nan")
    ranked = np.sort(np.asarray(negatives, np.float64))
    below = np.searchsorted(ranked, positives, "left") + np.searchsorted(ranked, positives, "right")
    return float(below.mean() / (2 * len(ranked)))
