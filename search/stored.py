"""Vectors that are already in the index."""

import numpy as np

from search.models import ImageVector


def product_vectors(product_ids: list[int], bundle_id: str) -> dict[int, np.ndarray]:
    """Unit vectors float32 (images, dim) by product, of one bundle; products without any are left out."""
    rows = ImageVector.objects.filter(bundle_id=bundle_id, product_id__in=product_ids).order_by("image__position")
    vectors: dict[int, list[np.ndarray]] = {}
    for product_id, vector in rows.values_list("product_id", "vector"):
        vectors.setdefault(product_id, []).append(np.asarray(vector, dtype=np.float32))
    return {product_id: np.stack(rows) for product_id, rows in vectors.items()}
