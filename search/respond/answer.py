"""One page of a logged ranking, the first like every later one."""

from decimal import Decimal

from search.models import QueryLog
from search.respond.hydrate import hydrate
from search.respond.record import make_cursor, read_cursor
from search.timing import Stopwatch
from search.types import Answer, Filters

UNDERSTANDING = ("kind", "text", "bbox", "boxes", "fallback", "mode", "product_id")


def page(log: QueryLog, start: int, limit: int, watch: Stopwatch) -> Answer:
    """Up to `limit` cards from place `start` on."""
    with watch.stage("hydrate"):
        cards, place = hydrate(log.ranking, start, limit, filters_from_json(log.asked["filters"]))
    return Answer(
        query_id=str(log.pk),
        results=tuple(cards),
        next_cursor=make_cursor(log.pk, place) if place < len(log.ranking) else None,
        understanding={name: log.asked[name] for name in UNDERSTANDING if name in log.asked},
        partial=log.partial,
        bundle=log.bundle_id,
        generation=log.generation or None,
        stages_ms=watch.report_ms(),
    )


def next_page(cursor: str, limit: int) -> Answer:
    """The page that a cursor points at. Raises BadCursor."""
    watch = Stopwatch()
    with watch.stage("recall"):
        log, start = read_cursor(cursor)
    return page(log, start, limit, watch)


def filters_from_json(asked: dict) -> Filters:
    prices = (asked["price_min"], asked["price_max"])
    price_min, price_max = (None if price is None else Decimal(price) for price in prices)
    seller = asked.get("seller")  # searches that were logged before there was such a filter have none
    return Filters(asked["category"], price_min, price_max, asked["in_stock"], seller, asked["attributes"])
