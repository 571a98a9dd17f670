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
DOUBT = 1.0  # standard deviation of a count, its square root
PRODUCTS, MORE_PRODUCTS = 50, 150  # are compared with the query, the best first
RICH, SURE = 200, 15  # a query of so many points is mostly print; so many that agree say which

Stored = Sequence[tuple[int, np.ndarray]]  # (product id, POINT (n,)) of one picture each


def verify(hits: list[Hit], query: np.ndarray, fetch: Callable[[list[int]], Stored]) -> list[Hit]:
    """Best first, the first of them looked at point by point. query: POINT (n,); a plain thing has too few to tell.

    A label full of print that is none of the first is looked for further down: vectors know little of labels.
    """
    if len(query) < MIN_POINTS:
        return hits
    wanted = [hit.product_id for hit in hits[:MORE_PRODUCTS]]
    product_ids, inliers = compare(query, fetch(wanted[:PRODUCTS]))
    if len(query) >= RICH and len(wanted) > PRODUCTS and inliers.max(initial=0) < SURE:
        more_ids, more_inliers = compare(query, fetch(wanted[PRODUCTS:]))
        product_ids, inliers = product_ids + more_ids, np.concatenate([inliers, more_inliers])
    return weigh(hits, [evidence(product_ids, inliers)])


def compare(query: np.ndarray, stored: Stored) -> tuple[list[int], np.ndarray]:
    """Product ids and, float64 (n,), how many points of the query one map explains on each."""
    return [product_id for product_id, _ in stored], count_inliers(query, [points for _, points in stored])


def evidence(product_ids: Sequence[int], inliers: np.ndarray) -> Evidence:
    """Counts that chance may well have set apart are taken for equal; between these the vectors decide."""
    most = inliers.max(initial=0)
    equal = inliers + DOUBT * np.sqrt(inliers) >= most
    counts = np.where(equal, most, inliers)
    chosen = np.flatnonzero(inliers > CHANCE)
    return Evidence(NAME, WEIGHT, {product_ids[row]: sure(float(counts[row])) for row in chosen})


def sure(inliers: float) -> float:
    """0 to 1 for so many points that one map explains, more than CHANCE."""
    return (inliers - CHANCE) / (inliers - CHANCE + HALF)
