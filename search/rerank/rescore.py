"""Candidates to hits: exact float32 scores, one hit per product."""

import numpy as np

from search.types import Candidates, Hit


def rescore(candidates: Candidates, queries: np.ndarray, agreement: float = 0.0) -> np.ndarray:
    """float32 (n,): the best inner product of each candidate with any of the query vectors (m, dim), m >= 1.

    agreement: from 0 to 1, the share of the mean of all m in it; what a single view mistakes for something stands out
    there alone.
    """
    if len(candidates) == 0:
        return np.empty(0, np.float32)
    likeness = candidates.vectors @ queries.T
    return (1 - agreement) * likeness.max(axis=1) + agreement * likeness.mean(axis=1)


def best_by_product(candidates: Candidates, scores: np.ndarray, parts: dict[str, np.ndarray]) -> list[Hit]:
    """One hit per product, by its best picture; best first. `parts`: named scores (n,) to show beside the total."""
    hits: dict[int, Hit] = {}
    for row in np.argsort(-scores, kind="stable").tolist():
        product_id = int(candidates.product_ids[row])
        if product_id not in hits:
            named = {name: round(float(values[row]), 4) for name, values in parts.items()}
            hits[product_id] = Hit(product_id, float(scores[row]), named, candidates.vectors[row])
    return list(hits.values())
