"""Order to cards. The catalog has the last word: what is blocked, deleted or sold out by now is not shown."""

from catalog.queries import cards_by_id
from search.types import Card, Filters


def hydrate(ranking: list, start: int, limit: int, filters: Filters) -> tuple[list[Card], int]:
    """Up to `limit` cards of ranking[start:], and the place after the last one looked at.

    ranking: rows [product id, score, scores, folded product ids], best first.
    """
    cards: list[Card] = []
    place = start
    while place < len(ranking) and len(cards) < limit:
        rows = ranking[place : place + limit - len(cards)]
        facts = cards_by_id([row[0] for row in rows])
        for row in rows:
            place += 1
            fact = facts.get(row[0])
            if fact is not None and still_passes(fact, filters):
                cards.append(card(fact, row, place))
    return cards, place


def still_passes(fact, filters: Filters) -> bool:
    """Price and stock may have changed since the candidates were found."""
    return (
        (not filters.in_stock or fact.in_stock)
        and (filters.price_min is None or (fact.price is not None and fact.price >= filters.price_min))
        and (filters.price_max is None or (fact.price is not None and fact.price <= filters.price_max))
    )


def card(fact, row: list, rank: int) -> Card:
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
        also=len(row[3]),
        also_ids=tuple(row[3]),
    )
