"""What is known of products: what the catalog's database says, and while it is away what the generation kept.

Prices and stock are then those of the live filter columns, which followed the database until it went.
"""

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from math import isnan

import numpy as np

from catalog import outage
from catalog.cards import ProductCard, cards_by_id
from catalog.queries import OfferLine, Picture, ProductPage, product_page
from search.cards import KeptCard
from search.errors import Unavailable
from search.filters import only
from search.rerank.facts import Facts, read_facts
from search.retrieve import follow
from search.retrieve.generation import Generation
from search.serving import Serving
from search.stored import product_vectors
from search.types import Filters

NOTHING_KEPT = "The catalog database is away, and no index is open here to answer without it. Try again in a moment."
CENT = Decimal("0.01")


def facts_of(serving: Serving, bundle_id: str, product_ids: list[int]) -> dict[int, Facts]:
    """What the rules need to know. Raises Unavailable where nobody knows."""

    def kept_facts() -> dict[int, Facts]:
        kept = kept_cards(serving, bundle_id, product_ids)
        return {
            product_id: Facts(each.gtin, each.group_id, each.color, each.in_stock, each.phashes)
            for product_id, each in kept.items()
        }

    return outage.unless_away(lambda: read_facts(product_ids), kept_facts)


def cards_of(serving: Serving, bundle_id: str, product_ids: list[int], filters: Filters) -> dict[int, ProductCard]:
    """Cards of those that pass the filters now; while the database is away, of all: they passed when found."""

    def cards() -> dict[int, ProductCard]:
        return {pk: each.card() for pk, each in kept_cards(serving, bundle_id, product_ids).items()}

    return outage.unless_away(lambda: cards_by_id(product_ids, only(filters)), cards)


def vectors_of(serving: Serving, bundle_id: str, product_id: int) -> np.ndarray | None:
    """A product's own pictures, float32 (m, dim) unit rows; None where it has none in the index."""

    def kept() -> np.ndarray | None:
        return cold_vectors(generation_of(serving, bundle_id), product_id)

    return outage.unless_away(lambda: product_vectors([product_id], bundle_id).get(product_id), kept)


def page_of(product_id: int) -> ProductPage:
    """A product's page; while the database is away, what its card holds of it. Raises Product.DoesNotExist."""

    def kept() -> ProductPage:
        serving = follow.current()
        found = kept_cards(serving, serving.answering(None), [product_id]).get(product_id)
        if found is None:
            raise Unavailable("This product's page is in the catalog database, which is away. Try again in a moment.")
        return page_from(found)

    return outage.unless_away(lambda: product_page(product_id), kept)


def generation_of(serving: Serving, bundle_id: str) -> Generation:
    generation = serving.cold.get(bundle_id)
    if generation is None:
        raise Unavailable(NOTHING_KEPT)
    return generation


def cold_vectors(generation: Generation, product_id: int) -> np.ndarray | None:
    found = [
        part.shard.vectors.floats(np.flatnonzero(part.product_ids == product_id))
        for part in generation.parts
        if part.shard is not None
    ]
    found = [vectors for vectors in found if len(vectors)]
    return np.concatenate(found) if found else None


def kept_cards(serving: Serving, bundle_id: str, product_ids: Iterable[int]) -> dict[int, KeptCard]:
    generation = generation_of(serving, bundle_id)
    if generation.cards is None:
        raise Unavailable(NOTHING_KEPT)
    kept = generation.cards.by_ids(product_ids)
    for part in generation.parts:
        if part.columns is not None and kept:
            offers = part.columns.best_offers(np.array(sorted(kept), np.int64))
            kept |= {product_id: as_last_known(kept[product_id], *offer) for product_id, offer in offers.items()}
    return kept


def as_last_known(kept: KeptCard, price: float, in_stock: bool) -> KeptCard:
    """The card with the columns' price, a float32, and stock. The card's own price stands where it is the same."""
    if isnan(price):
        return replace(kept, price=None, currency="", in_stock=False)
    if kept.price is None or float(np.float32(kept.price)) != price:
        return replace(kept, price=Decimal(price).quantize(CENT), in_stock=in_stock)
    return kept if kept.in_stock == in_stock else replace(kept, in_stock=in_stock)


def page_from(kept: KeptCard) -> ProductPage:
    """Without description, variants and other offers: nobody keeps these but the database."""
    card = kept.card()
    availability = "in_stock" if card.in_stock else "out_of_stock"
    offer = OfferLine("", card.price, card.currency, availability, None, card.in_stock)
    return ProductPage(
        id=card.id,
        sku=card.sku,
        group_id=card.group_id,
        title=card.title,
        brand=card.brand,
        description="",
        category=None,
        attributes={"color": kept.color} if kept.color else {},
        images=(Picture(card.image_url, None, None),) if card.image_url else (),
        offers=(offer,) if card.price is not None else (),
        variants=(),
    )
