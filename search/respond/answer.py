"""One page of a logged ranking, the first like every later one."""

import functools
from collections.abc import Callable
from decimal import Decimal

from catalog import outage
from catalog.cards import ProductCard
from search.models import QueryLog
from search.respond.hydrate import hydrate, read_cards
from search.respond.record import make_cursor, read_cursor
from search.timing import Stopwatch
from search.types import Answer, Filters

AS_LAST_KNOWN = "The catalog database is away: prices and stock are as last known."
Notes = tuple[str, ...]
ReadBundleCards = Callable[[str, list[int], Filters], dict[int, ProductCard]]  # the bundle that was searched, products
UNDERSTANDING = (
    *("kind", "text", "bbox", "boxes", "fallback", "mode", "product_id"),
    *("words_in_picture", "sees", "closeness"),
)


def page(
    log: QueryLog, start: int, limit: int, watch: Stopwatch, read: ReadBundleCards | None = None, notes: Notes = ()
) -> Answer:
    """Up to `limit` cards from place `start` on. notes: what the search could not look at, in words."""
    with watch.stage("hydrate"):
        filters = filters_from_json(log.asked["filters"])
        read_these = read_cards if read is None else functools.partial(read, log.bundle_id)
        cards, place = hydrate(log.ranking, start, limit, filters, read_these)
    degraded = (*notes, *([AS_LAST_KNOWN] if outage.is_away() else []))
    return Answer(
        query_id=str(log.pk),
        results=tuple(cards),
        next_cursor=make_cursor(log.pk, place) if place < len(log.ranking) else None,
        understanding={name: log.asked[name] for name in UNDERSTANDING if name in log.asked},
        partial=log.partial or bool(degraded),
        bundle=log.bundle_id,
        generation=log.generation or None,
        stages_ms=watch.report_ms(),
        degraded=degraded,
    )


def next_page(cursor: str, limit: int, read: ReadBundleCards | None = None) -> Answer:
    """The page that a cursor points at. Raises BadCursor; Unavailable where only a database that is away knows it."""
    watch = Stopwatch()
    with watch.stage("recall"):
        log, start = read_cursor(cursor)
    return page(log, start, limit, watch, read)


def filters_from_json(asked: dict) -> Filters:
    prices = (asked["price_min"], asked["price_max"])
    price_min, price_max = (None if price is None else Decimal(price) for price in prices)
    seller = asked.get("seller")  # searches that were logged before there was such a filter have none
    return Filters(asked["category"], price_min, price_max, asked["in_stock"], seller, asked["attributes"])
