"""Whether the print on a candidate is the print in the query: spatial verification as evidence."""

from collections.abc import Callable, Sequence

import numpy as np

from ml.inspect.spatial import MIN_POINTS, count_inliers
from search.rerank.evidence import Evidence, weigh
from search.types import Hit

NAME = "local"
WEIGHT = 0.6  # on a cosine
CHANCE = 6  # points may agree on unrelated pictures
HALF = 20  # more than these make half of the value
DOUBT = 3.0  # standard deviations of a count, its square root
PRODUCTS = 50  # are compared with the query, the best first

Stored = Sequence[tuple[int, np.ndarray]]  # (product id, POINT (n,)) of one picture each


def verify(hits: list[Hit], query: np.ndarray, fetch: Callable[[list[int]], Stored]) -> list[Hit]:
    """Best first, the first of them looked at point by point. query: POINT (n,); a plain thing has too few to tell."""
    if len(query) < MIN_POINTS:
        return hits
    return weigh(hits, [same_print(query, fetch([hit.product_id for hit in hits[:PRODUCTS]]))])


def same_print(query: np.ndarray, stored: Stored) -> Evidence:
    """Of several pictures of a product the best counts.

    Counts that chance may have set apart are taken for equal: the same print in another colour is for the vectors to
    tell.
    """
    inliers = count_inliers(query, [points for _, points in stored])
    likely = inliers + DOUBT * np.sqrt(inliers)
    inliers[(inliers > CHANCE) & (likely >= inliers.max(initial=0))] = inliers.max(initial=0)
    values: dict[int, float] = {}
    for (product_id, _), count in zip(stored, inliers.tolist(), strict=True):
        if count > CHANCE:
            values[product_id] = max(values.get(product_id, 0.0), sure(count))
    return Evidence(NAME, WEIGHT, values)


def sure(inliers: int) -> float:
    """0 to 1 for so many points that one map explains, more than CHANCE."""
    return (inliers - CHANCE) / (inliers - CHANCE + HALF)
