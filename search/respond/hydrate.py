"""Order to cards. The catalog has the last word: what is blocked, deleted or filtered out by now is not shown."""

from collections.abc import Callable

from catalog.cards import ProductCard, cards_by_id
from search.filters import only
from search.types import Card, Filters

ReadCards = Callable[[list[int], Filters], dict[int, ProductCard]]


def read_cards(product_ids: list[int], filters: Filters) -> dict[int, ProductCard]:
    return cards_by_id(product_ids, only(filters))


def hydrate(
    ranking: list, start: int, limit: int, filters: Filters, read: ReadCards = read_cards
) -> tuple[list[Card], int]:
    """Up to `limit` cards of ranking[start:], and the place after the last one looked at.

    ranking: rows [product id, score, scores, folded product ids], best first. Fewer cards only where the ranking ends.
    """
    cards: list[Card] = []
    place = start
    while place < len(ranking) and len(cards) < limit:
        rows = ranking[place : place + limit - len(cards)]
        passed = read([product for row in rows for product in listings(row)], filters)
        for row in rows:
            place += 1
            left = [product for product in listings(row) if product in passed]
            if left:  # where the listing that was ranked is gone, the next one of the same thing takes its place
                cards.append(card(passed[left[0]], left[1:], row, place))
    return cards, place


def listings(row: list) -> list[int]:
    """The product that was ranked, then those folded into it."""
    return [row[0], *row[3]]


def card(fact: ProductCard, also: list[int], row: list, rank: int) -> Card:
    return Card(
        rank=rank,
        product_id=fact.id,
        sku=fact.sku,
        title=fact.title,
        brand=fact.brand,
        category=fact.category,
        price=fact.price,
        currency=fact.currency,
        in_stock=fact.in_stock,
        image_url=fact.image_url,
        score=round(row[1], 4),
        scores=row[2],
        also=len(also),
        also_ids=tuple(also),
    )
