"""The run: store chunk by chunk, then deal with what is missing."""

import time
from collections.abc import Callable

from django.core.cache import cache
from django.utils import timezone

from catalog.feeds import queries
from catalog.feeds.job.feed import how_of, keep_problems, opened
from catalog.feeds.job.standing import Stopped, hold, moved_on, step
from catalog.feeds.models import Import, ImportRow, Missing
from catalog.feeds.moves import end
from catalog.history import recorded_in
from catalog.ingest.chunks import Chunk, chunks, sort_out, store
from catalog.models import Offer
from catalog.services import delete_products

State, Stage = Import.State, Import.Stage
MISSING_AT_ONCE = 200


def carry_out(found: Import, should_stop: Callable[[], bool]) -> None:
    """All that it changes is one Edit of the history."""
    if found.stage == Stage.STORING:
        with opened(found) as (feed, last):
            found._at = time.monotonic()
            for start, rows in chunks(feed.rows(), found.rows_done):
                if should_stop():
                    raise Stopped
                store_chunk(found, sort_out(rows, start, last, how_of(found)), start)
        lacking = found.found.get("missing", 0) if found.missing != Missing.KEEP else 0
        step(found, Stage.MISSING, rows_done=0, rows_total=lacking or found.rows_total)
        found.rows_done = 0
    if found.missing != Missing.KEEP:
        deal_with_missing(found, should_stop)
    cache.delete("catalog.category_tree")
    end(found.pk, State.FINISHED)


def store_chunk(found: Import, chunk: Chunk, start: int) -> None:
    with recorded_in(found.edit):
        take_over(found, chunk, start)


def take_over(found: Import, chunk: Chunk, start: int) -> None:
    hold(found, start)
    counts = store(chunk, how_of(found))
    keep_problems(found, chunk.problems())
    done = {"new": counts.new, "changed": counts.changed, "unchanged": counts.unchanged, "images": counts.images}
    done |= {"rows": chunk.rows, "wrong": len(chunk.refused), "repeated": len(chunk.repeated)}
    moved_on(found, chunk.rows, done, "counts")


def deal_with_missing(found: Import, should_stop: Callable[[], bool]) -> None:
    """As the import's policy says, some at a time."""
    rows = ImportRow.objects.filter(of=found, kind="missing").order_by("pk").values_list("sku", flat=True)
    while skus := list(rows[found.rows_done : found.rows_done + MISSING_AT_ONCE]):
        if should_stop():
            raise Stopped
        with recorded_in(found.edit):
            hold(found, found.rows_done)
            theirs = list(queries.scope(found).filter(sku__in=skus).values_list("sku", flat=True))
            gone = delete_products(theirs) if found.missing == Missing.DELETE else sell_out(theirs)
            moved_on(found, len(skus), {"missing": gone}, "counts")


def sell_out(skus: list[str]) -> int:
    """Products whose offers were not all out of stock already."""
    offers = Offer.objects.filter(product__sku__in=skus).exclude(
        availability=Offer.Availability.OUT_OF_STOCK, quantity=0
    )
    products = offers.values("product").distinct().count()
    offers.update(availability=Offer.Availability.OUT_OF_STOCK, quantity=0, updated_at=timezone.now())
    return products
