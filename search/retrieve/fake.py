"""A retriever in memory that compares everything exactly: the oracle of the recall tests, and of nothing else."""

from dataclasses import dataclass, field

import numpy as np

from search.retrieve.hot import no_candidates
from search.types import Candidates, Filters, QueryVector


@dataclass(frozen=True, slots=True)
class FakeRow:
    bundle_id: str
    image_id: int
    product_id: int
    vector: np.ndarray
    category_slugs: tuple[str, ...] = ()  # its own and its ancestors'
    price: float | None = None
    in_stock: bool = True
    blocked: bool = False
    attributes: dict[str, str] = field(default_factory=dict)
    seller: str = ""


@dataclass(frozen=True, slots=True)
class FakeTier:
    rows: tuple[FakeRow, ...]

    def candidates(self, query: QueryVector, filters: Filters, k: int) -> Candidates:
        """The best `k` images, exactly."""
        rows = [row for row in self.rows if row.bundle_id == query.bundle_id and passes(row, filters)]
        if not rows:
            return no_candidates(query.vector.size)
        vectors = np.stack([row.vector for row in rows]).astype(np.float32)
        scores = vectors @ query.vector
        order = np.argsort(-scores, kind="stable")[:k]
        images = np.array([row.image_id for row in rows], dtype=np.int64)
        products = np.array([row.product_id for row in rows], dtype=np.int64)
        return Candidates(images[order], products[order], vectors[order], scores[order])


def passes(row: FakeRow, filters: Filters) -> bool:
    return not row.blocked and all(
        (
            filters.category is None or filters.category in row.category_slugs,
            filters.price_min is None or (row.price is not None and row.price >= filters.price_min),
            filters.price_max is None or (row.price is not None and row.price <= filters.price_max),
            not filters.in_stock or row.in_stock,
            filters.seller is None or filters.seller == row.seller,
            all(row.attributes.get(name, "").lower() == value.lower() for name, value in filters.attributes.items()),
        )
    )
