"""The nearest other products in the index, by the vectors that are stored for a product's own pictures."""

from dataclasses import dataclass

import numpy as np

from catalog.cards import ProductCard, cards_by_id
from catalog.models import Product
from search.rerank.collapse import MIN_LIKENESS
from search.retrieve.follow import current
from search.retrieve.router import retriever
from search.stored import product_vectors
from search.types import Candidates, Filters, QueryVector

NEAR = 120  # pictures looked at for each of its own
SHOWN = 8


@dataclass(frozen=True, slots=True)
class Rival:
    """likeness: the cosine of its most like picture with one of the product's. variant: of the same design."""

    card: ProductCard
    likeness: float
    variant: bool
    same_gtin: bool

    @property
    def is_twin(self) -> bool:
        """So like that a search can hardly tell them apart."""
        return self.likeness >= MIN_LIKENESS


def rivals(product: Product) -> tuple[Rival, ...]:
    """Most like first; none for a product without vectors. A few searches of the index, nothing is encoded."""
    serving = current()
    if serving.bundle_id is None:
        return ()
    vectors = product_vectors([product.pk], serving.bundle_id).get(product.pk, np.empty((0, 0), np.float32))
    tier = retriever(serving)
    likeness: dict[int, float] = {}
    for vector in vectors:
        note_best(likeness, tier.candidates(QueryVector(serving.bundle_id, vector), Filters(), NEAR))
    likeness.pop(product.pk, None)
    nearest = sorted(likeness, key=lambda pk: -likeness[pk])[: SHOWN * 2]  # some may be hidden meanwhile
    cards = cards_by_id(nearest)
    shown = [pk for pk in nearest if pk in cards][:SHOWN]
    return tuple(make_rival(product, cards[pk], likeness[pk]) for pk in shown)


def note_best(likeness: dict[int, float], found: Candidates) -> None:
    """The largest score of each product."""
    for product_id, score in zip(found.product_ids.tolist(), found.scores.tolist(), strict=True):
        likeness[product_id] = max(score, likeness.get(product_id, -1.0))


def make_rival(product: Product, card: ProductCard, likeness: float) -> Rival:
    variant = bool(product.group_id) and card.group_id == product.group_id
    same_gtin = bool(product.gtin) and card.gtin == product.gtin
    return Rival(card, round(likeness, 3), variant, same_gtin)
