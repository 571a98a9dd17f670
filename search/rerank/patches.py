"""Whether the patches of a candidate are those of the query: late interaction as evidence (ml/encode/patches.py)."""

from collections.abc import Callable

import numpy as np

from ml.encode.patches import max_sim
from search.rerank.evidence import Evidence, weigh
from search.types import Asked, Hit

NAME = "patches"
PRODUCTS = 50  # are compared with the query, the best first
# Chosen with a look at the golden rooms, groceries and three other sets (docs/image-tower.md).
WEIGHT = 1.0  # on a cosine
VIEWS_WEIGHT = 0.5  # where nobody tapped: some of the views show something else

Stored = tuple[list[int], np.ndarray]  # product ids (n) and patches float32 (n, cells, patch_dim), one picture each


def compare_patches(hits: list[Hit], asked: Asked, fetch: Callable[[list[int]], Stored]) -> list[Hit]:
    """Best first, the first of them compared patch by patch. With words beside the photo they stay as they are: what
    the photo shows is only half of what was asked for."""
    if asked.patches is None or asked.words is not None:
        return hits
    product_ids, stored = fetch([hit.product_id for hit in hits[:PRODUCTS]])
    if not product_ids:
        return hits
    alike = max_sim(asked.patches.patches, asked.patches.weights, stored).mean(axis=0)
    weight = WEIGHT if len(asked.patches.patches) == 1 else VIEWS_WEIGHT
    return weigh(hits, [evidence(product_ids, alike, weight)])


def evidence(product_ids: list[int], alike: np.ndarray, weight: float) -> Evidence:
    """alike float32 (n,). What the least alike of them has in common with the query speaks for none of them."""
    values = (alike - alike.min()).tolist()
    return Evidence(NAME, weight, dict(zip(product_ids, values, strict=True)))
