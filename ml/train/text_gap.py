"""The modality gap: how far words lie from pictures, and what their scores have to be multiplied by to be mixed.

Contrastive training leaves pictures and words in two cones (Liang et al., NeurIPS 2022): a right text scores lower than
a right photo, and the scores of texts spread less. The spread decides who wins when the two are mixed.
"""

import numpy as np

SAMPLE = 2000


def measure_gap(pictures: np.ndarray, words: np.ndarray) -> dict[str, float]:
    """pictures, words float32 (n, dim), unit rows, row by row of one product each.

    `between_means`: distance of the two centres; `matched`: mean cosine of a picture and its own words; `pictures` and
    `words`: mean cosine of two pictures, two texts, of different rows.
    """
    pictures, words = pictures[:SAMPLE], words[:SAMPLE]
    return {
        "between_means": float(np.linalg.norm(pictures.mean(axis=0) - words.mean(axis=0))),
        "matched": float((pictures * words).sum(axis=1).mean()),
        "pictures": mean_of_others(pictures),
        "words": mean_of_others(words),
    }


def mean_of_others(vectors: np.ndarray) -> float:
    """Mean cosine of unlike rows."""
    n, _ = vectors.shape
    total = np.linalg.norm(vectors.sum(axis=0)) ** 2
    return float((total - n) / (n * (n - 1)))


def scores_of(queries: np.ndarray, catalog: np.ndarray) -> dict[str, float]:
    """Of one kind of query, float32 (m, dim), against a catalog float32 (n, dim): the scores' mean over all, and how
    far a query's scores spread, as the mean of their standard deviations."""
    scores = queries[:SAMPLE] @ catalog.T
    return {"mean": round(float(scores.mean()), 5), "spread": round(float(scores.std(axis=1).mean()), 5)}
