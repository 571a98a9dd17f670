"""The dry run: fetch, read, compare. It says everything that can be said before anything is changed."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from django.db import connection, transaction
from django.utils import timezone

from catalog.feeds import queries
from catalog.feeds.arrive import bring
from catalog.feeds.job.feed import how_of, ids_path, keep_problems, opened
from catalog.feeds.job.standing import Saying, Stopped, hold, moved_on, step
from catalog.feeds.models import FeedSource, Import, ImportRow, Missing
from catalog.feeds.moves import tell
from catalog.feeds.services import run
from catalog.feeds.waiting import supersede
from catalog.ingest.chunks import Chunk, chunks, sku_of, sort_out
from catalog.ingest.columns import column_name
from catalog.ingest.ids import find_last_rows
from catalog.ingest.read import recognise
from catalog.ingest.upsert import differences

State, Stage = Import.State, Import.Stage
LONGEST_SHOWN = 300  # of a text in the dry run
GUARDED = "Many products would go. Look at what is missing, then say that this is meant."
MISSING_ROWS = """
    INSERT INTO catalog_importrow (of_id, sku, line, kind, changes)
    SELECT %(of)s, p.sku, 0, 'missing', jsonb_build_object('title', jsonb_build_array(p.title, ''))
    FROM catalog_product p
    WHERE (%(source)s::bigint IS NULL OR p.source_id = %(source)s) AND NOT EXISTS (
        SELECT FROM catalog_importrow r WHERE r.of_id = %(of)s AND r.sku = p.sku)
    ORDER BY p.sku
"""


def check(found: Import, should_stop: Callable[[], bool]) -> None:
    """Everything that can be said before anything is changed."""
    if found.stage in ("", Stage.FETCHING):
        step(found, Stage.FETCHING)
        if not Path(found.path).is_file():  # it is there when it is checked again
            bring(found)
        here = {"path": found.path, "folder": found.folder, "validators": found.validators}
        step(found, Stage.READING, rows_done=0, found={}, **here)
    if found.stage == Stage.READING:
        feed = recognise(Path(found.path), found.mapping)
        said = Saying(found)
        with closing(find_last_rows(feed, ids_path(found.pk), said)) as last:
            total = last.rows
        supersede(found, by=found)
        facts = {"format": feed.format, "columns": list(feed.columns), "rows_total": total}
        step(found, Stage.CHECKING, rows_done=0, found={}, **facts)
    with opened(found) as (feed, last):
        for start, rows in chunks(feed.rows(), found.rows_done):
            if should_stop():
                raise Stopped
            check_chunk(found, sort_out(rows, start, last, how_of(found)), start)
    checked(found)


@transaction.atomic
def check_chunk(found: Import, chunk: Chunk, start: int) -> None:
    hold(found, start)
    listings = [listing for _, listing in chunk.right]
    rows, counts = [], {"new": 0, "changed": 0, "unchanged": 0}
    for listing, changes in zip(listings, differences(listings, found.folder), strict=True):
        kind = "new" if changes is None else "changed" if changes else "unchanged"
        counts[kind] += 1
        shown = changes if changes else summary(listing) if changes is None else {}
        short = {name: [text[:LONGEST_SHOWN] for text in both] for name, both in shown.items()}
        rows.append(ImportRow(of=found, sku=listing.sku, line=listing.line, kind=kind, changes=short))
    ImportRow.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["of", "sku"], update_fields=["line", "kind", "changes"]
    )
    wrong = [
        ImportRow(of=found, sku=sku_of(row), line=row.line, kind="wrong") for row, _ in chunk.refused if sku_of(row)
    ]
    ImportRow.objects.bulk_create(wrong, ignore_conflicts=True)
    keep_problems(found, chunk.problems())
    counts |= {"wrong": len(chunk.refused), "repeated": len(chunk.repeated)}
    moved_on(found, chunk.rows, counts, "found")


def summary(listing) -> dict[str, list[str]]:
    """What a new product will be, as far as a list shows it."""
    offer = listing.offer
    price = f"{offer['price']} {offer['currency']}" if offer.get("price") is not None else ""
    facts = {"title": listing.product.get("title", ""), "price": price, "product_type": listing.category or ""}
    facts["pictures"] = "\n".join(filter(None, [listing.first_image, *(listing.more_images or ())]))
    return {name: ["", text] for name, text in facts.items() if text}


def checked(found: Import) -> None:
    """Find what is missing; then it waits for somebody, or runs."""
    with transaction.atomic():
        hold(found, found.rows_done)
        scope = queries.scope(found).count()
        if is_mended(found):  # a file of wrong rows lacks nearly everything
            found.missing = Missing.KEEP
            lacking = 0
        else:
            with connection.cursor() as cursor:
                cursor.execute(MISSING_ROWS, {"of": found.pk, "source": found.source_id})
                lacking = cursor.rowcount
        found.found |= {"missing": lacking, "scope": scope}
        guarded = queries.would_empty_the_shop(found)
        values = {"state": State.CHECKED, "stage": "", "found": found.found, "missing": found.missing}
        values |= {"reason": GUARDED if guarded else "", "checked_at": timezone.now(), "rate": 0.0}
        Import.objects.filter(pk=found.pk).update(**values)
        if guarded and found.source_id:
            FeedSource.objects.filter(pk=found.source_id).update(last_error=GUARDED)
        tell(found.pk)
        if found.run_when_checked and not guarded:
            run(found.pk, found.actor)


def is_mended(found: Import) -> bool:
    return bool(found.columns) and column_name(found.columns[0]) == "error_line"
