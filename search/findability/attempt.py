"""A search as a shopper would do it, with the question at which place one product comes. Nothing of it is logged."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import partial

from search.known import cards_of
from search.pipeline import rank_products
from search.respond.hydrate import hydrate
from search.retrieve.follow import current
from search.timing import Stopwatch
from search.types import Card, Filters, Query

LOOKED_AT = 50  # places
SHOWN = 6


@dataclass(frozen=True, slots=True)
class Attempt:
    """place: from 1; None where the product is not among the first LOOKED_AT. first: the best cards.

    above: the cards that come before it, all that were looked at where it does not come. card: the card that shows
    it, which may be another listing's of the same thing.
    """

    place: int | None
    first: tuple[Card, ...]
    above: tuple[Card, ...]
    card: Card | None
    partial: bool

    @property
    def is_first(self) -> bool:
        return self.place == 1


def attempt(query: Query, product_ids: Collection[int], hidden_image_id: int | None = None) -> Attempt:
    """Of one of these products, whichever comes first. Raises SearchError."""
    serving = current()
    found = rank_products(query, serving, Stopwatch(), hidden_image_id)
    ranking = [[hit.product_id, hit.score, hit.scores, hit.also] for hit in found.hits]
    cards, _ = hydrate(ranking, 0, LOOKED_AT, Filters(), partial(cards_of, serving, found.bundle_id))
    place = next((number for number, card in enumerate(cards, 1) if shows(card, product_ids)), None)
    above = cards if place is None else cards[: place - 1]
    card = None if place is None else cards[place - 1]
    return Attempt(place, tuple(cards[:SHOWN]), tuple(above), card, found.partial)


def shows(card: Card, product_ids: Collection[int]) -> bool:
    return card.product_id in product_ids or not set(product_ids).isdisjoint(card.also_ids)
