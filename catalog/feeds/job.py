"""An import's work, on the worker: fetch -> read -> check, and when somebody has said yes: store -> what is missing.

Each step commits what it did together with where it stands, so that it can be killed anywhere and go on there. Two
workers on one import cannot both go on: the second finds that the first has moved it.
"""

import logging
import shutil
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from django.core.cache import cache
from django.db import connection, transaction
from django.utils import timezone

from catalog.errors import CatalogError, NotMapped
from catalog.feeds import queries
from catalog.feeds.arrive import NothingNew, bring
from catalog.feeds.files import folder_of
from catalog.feeds.models import FeedSource, Import, ImportProblem, ImportRow, Missing, Part
from catalog.feeds.moves import end, locked, tell
from catalog.feeds.services import run
from catalog.history import recorded_in
from catalog.ingest.chunks import Chunk, How, Problem, chunks, sku_of, sort_out, store
from catalog.ingest.columns import column_name
from catalog.ingest.ids import LastRows, find_last_rows
from catalog.ingest.read import FeedFile, recognise
from catalog.ingest.upsert import differences
from catalog.models import Offer
from catalog.services import delete_products

State, Stage = Import.State, Import.Stage
MISSING_AT_ONCE = 200
SAY_EVERY_S = 0.5
RATE_KEEPS = 0.8  # of what was known; the rest is the chunk's own rate
LONGEST_SHOWN = 300  # of a text in the dry run
GUARDED = "Many products would go. Look at what is missing, then say that this is meant."
log = logging.getLogger(__name__)


class Stopped(Exception):
    """Somebody paused or cancelled it, another worker goes on with it, or this worker has to end."""


def work(import_id: int, should_stop: Callable[[], bool] = lambda: False) -> None:
    """As far as it goes. Raises only what may work later, such as a database that is away."""
    try:
        while not should_stop():
            found = queries.import_or_unknown(import_id)
            if found.state == State.UPLOADED:
                check(found, should_stop)
            elif found.state == State.RUNNING:
                carry_out(found, should_stop)
            else:
                return
    except Stopped:
        return
    except NothingNew as same:
        nothing_new(import_id, same)
    except NotMapped as error:
        wait_for_mapping(import_id, error)
    except CatalogError as error:
        end(import_id, State.FAILED, error.detail)


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
        facts = {"format": feed.format, "columns": list(feed.columns), "rows_total": total}
        step(found, Stage.CHECKING, rows_done=0, found={}, **facts)
    with opened(found) as (feed, last):
        for start, rows in chunks(feed.rows(), found.rows_done):
            if should_stop():
                raise Stopped
            check_chunk(found, sort_out(rows, start, last, how_of(found)), start)
    checked(found)


def ids_path(import_id: int) -> Path:
    return folder_of(import_id) / "ids"


class opened:
    """The feed and its ids, for as long as they are needed."""

    def __init__(self, found: Import):
        self.feed = recognise(Path(found.path), found.mapping)
        if not ids_path(found.pk).exists():
            find_last_rows(self.feed, ids_path(found.pk)).close()
        self.last = LastRows(ids_path(found.pk))

    def __enter__(self) -> tuple[FeedFile, LastRows]:
        return self.feed, self.last

    def __exit__(self, *_) -> None:
        self.last.close()


def how_of(found: Import) -> How:
    return How(found.folder, found.currency, found.part == Part.OFFERS, found.source_id)


class Saying:
    """Shows how far a stage is that changes nothing."""

    def __init__(self, found: Import):
        self.found, self.began, self.said = found, time.monotonic(), time.monotonic()

    def __call__(self, rows: int) -> None:
        now = time.monotonic()
        if now - self.said < SAY_EVERY_S:
            return
        self.said = now
        rate = rows / (now - self.began)
        updated = Import.objects.filter(pk=self.found.pk, state=self.found.state, stage=self.found.stage)
        if not updated.update(rows_done=rows, rate=rate, beat_at=timezone.now()):
            raise Stopped
        tell(self.found.pk)


def step(found: Import, stage: str, /, **values) -> None:
    """To a stage of the same state. Raises Stopped when the import has been moved meanwhile."""
    fresh = {"stage": stage, "beat_at": timezone.now(), "rate": 0.0, **values}
    with transaction.atomic():
        if not Import.objects.filter(pk=found.pk, state=found.state, stage=found.stage).update(**fresh):
            raise Stopped
        tell(found.pk)
    for name, value in fresh.items():
        setattr(found, name, value)


def moved_on(found: Import, done: int, counts: dict[str, int], field: str) -> None:
    """In the transaction of a chunk: where the import stands now, with what was counted added."""
    now, before = time.monotonic(), getattr(found, "_at", None)
    values = {"rows_done": found.rows_done + done, "beat_at": timezone.now()}
    values[field] = {name: getattr(found, field).get(name, 0) + count for name, count in counts.items()} | {
        name: count for name, count in getattr(found, field).items() if name not in counts
    }
    if before is not None and now > before:
        mine = done / (now - before)
        values["rate"] = mine if not found.rate else RATE_KEEPS * found.rate + (1 - RATE_KEEPS) * mine
        if found.state == State.RUNNING:
            values["busy_s"] = found.busy_s + now - before
    stands = Import.objects.filter(pk=found.pk, stage=found.stage, rows_done=found.rows_done)
    if not stands.update(**values):  # another worker was faster, or somebody cancelled it
        raise Stopped
    tell(found.pk)
    for name, value in values.items():
        setattr(found, name, value)
    found._at = now


def hold(found: Import, start: int) -> None:
    """Raises Stopped unless the import stands where this worker thinks it does, and no other worker is at it.

    Its row is not locked before the chunk is done (moved_on): whoever pauses it need not wait for that.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [f"catalog.import:{found.pk}"])
        alone = cursor.fetchone()[0]
    stands = {"state": found.state, "stage": found.stage, "rows_done": start}
    if not alone or not Import.objects.filter(pk=found.pk, **stands).exists():
        raise Stopped


def keep_problems(found: Import, problems: list[Problem]) -> None:
    ImportProblem.objects.bulk_create(
        ImportProblem(
            of=found,
            kind=one.kind,
            line=one.line,
            sku=one.sku,
            reason=clean(one.reason),
            cells=list(map(clean, one.raw)),
        )
        for one in problems
    )


def clean(text: str) -> str:
    return text.replace("\x00", "\ufffd")  # which PostgreSQL cannot store


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


MISSING_ROWS = """
    INSERT INTO catalog_importrow (of_id, sku, line, kind, changes)
    SELECT %(of)s, p.sku, 0, 'missing', jsonb_build_object('title', jsonb_build_array(p.title, ''))
    FROM catalog_product p
    WHERE (%(source)s::bigint IS NULL OR p.source_id = %(source)s) AND NOT EXISTS (
        SELECT FROM catalog_importrow r WHERE r.of_id = %(of)s AND r.sku = p.sku)
    ORDER BY p.sku
"""


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


@transaction.atomic
def nothing_new(import_id: int, same: NothingNew) -> None:
    """A scheduled fetch that brought what was there already leaves no import behind."""
    found = locked(import_id)
    FeedSource.objects.filter(pk=found.source_id).update(failures=0, last_error="", succeeded_at=timezone.now())
    found.delete()
    tell(import_id)
    transaction.on_commit(lambda: shutil.rmtree(folder_of(import_id), ignore_errors=True))


@transaction.atomic
def wait_for_mapping(import_id: int, error: NotMapped) -> None:
    found = locked(import_id)
    feed = getattr(error, "feed", None)
    columns = list(feed.columns) if feed else []
    Import.objects.filter(pk=found.pk).update(columns=columns, reason=error.detail, stage="", rate=0.0)
    if found.source_id:
        FeedSource.objects.filter(pk=found.source_id).update(last_error=error.detail)
    tell(import_id)
