"""Reads: how far imports are, what the dry run found, what was wrong."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Count, OuterRef, Subquery
from django.utils import timezone

from catalog.errors import UnknownImport
from catalog.feeds.models import FeedSource, Import, ImportProblem, ImportRow, Missing
from catalog.feeds.waiting import waiting_imports
from catalog.models import Product

GUARD_SHARE, GUARD_LEAST = 0.2, 10  # more of the products may not go without a yes
SILENT_AFTER_S = 20  # a worker that runs an import says something with each chunk
KINDS = ("new", "changed", "unchanged", "wrong", "repeated", "missing", "images")


@dataclass(frozen=True, slots=True)
class Progress:
    """`rows_done` of `rows_total` in this stage; `rate` in rows a second; `seconds_left` where it can be told."""

    id: int
    name: str
    state: str
    stage: str
    rows_done: int
    rows_total: int
    rate: float
    seconds_left: float | None
    working: bool  # the worker has something to do
    silent: bool  # and nobody does it
    reason: str
    found: dict[str, int]
    counts: dict[str, int]
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    busy_s: float
    source: str = ""
    actor: str = ""
    superseded_by: int | None = None
    again_at: datetime | None = None  # when its feed is fetched again, while it waits for a person
    percent: int | None = field(default=None)


def import_or_unknown(import_id: int) -> Import:
    found = Import.objects.select_related("source", "edit").filter(pk=import_id).first()
    if found is None:
        raise UnknownImport
    return found


def progress(import_id: int) -> Progress:
    """Raises UnknownImport."""
    return progress_of(import_or_unknown(import_id))


def progress_of(found: Import) -> Progress:
    working = found.state == Import.State.RUNNING or (found.state == Import.State.UPLOADED and not found.reason)
    left = max(0, found.rows_total - found.rows_done)
    told = working and found.rows_total and found.rate > 0
    spoke = found.beat_at or found.started_at or found.created_at
    return Progress(
        id=found.pk,
        name=found.name,
        state=found.state,
        stage=found.stage,
        rows_done=found.rows_done,
        rows_total=found.rows_total,
        rate=found.rate,
        seconds_left=left / found.rate if told else None,
        working=working,
        silent=working and (timezone.now() - spoke).total_seconds() > SILENT_AFTER_S,
        reason=found.reason,
        found=found.found,
        counts=found.counts,
        created_at=found.created_at,
        started_at=found.started_at,
        ended_at=found.ended_at,
        busy_s=found.busy_s,
        source=found.source.name if found.source else "",
        actor=found.actor,
        superseded_by=found.superseded_by_id,
        again_at=found.source.next_at if waits_on_schedule(found) else None,
        percent=min(100, 100 * found.rows_done // found.rows_total) if found.rows_total else None,
    )


def waits_on_schedule(found: Import) -> bool:
    """Whether it is of a schedule that goes on while it waits for a person."""
    state = found.state == Import.State.CHECKED or (found.state == Import.State.UPLOADED and bool(found.reason))
    return state and found.run_when_checked and found.source is not None and bool(found.source.every_minutes)


def recent_imports(limit: int = 30) -> list[Progress]:
    return [progress_of(found) for found in Import.objects.select_related("source").order_by("-pk")[:limit]]


def problems(import_id: int, after: int = 0, limit: int = 50) -> Sequence[ImportProblem]:
    """Wrong and repeated rows, after the one with this key, in the file's order."""
    rows = ImportProblem.objects.filter(of=import_id, pk__gt=after).exclude(kind=ImportProblem.Kind.BESIDE)
    return list(rows.order_by("pk")[:limit])


def problem_reasons(import_id: int, limit: int = 12) -> list[tuple[str, int]]:
    """What is wrong most often: the reason without what it quotes of the row, and the number of rows."""
    counted = ImportProblem.objects.filter(of=import_id).exclude(kind=ImportProblem.Kind.BESIDE)
    rows = counted.extra(select={"about": GENERAL}).values("about").annotate(rows=Count("pk")).order_by("-rows")
    return [(row["about"], row["rows"]) for row in rows[:limit]]


# Cells and numbers become "…"; an example ('is not like "249.00 EUR"') stays.
GENERAL = r"""regexp_replace(regexp_replace(
    reason, '(?<!like )"[^"]*"', '…', 'g'), '\d+(?=[^"]*("[^"]*"[^"]*)*$)', '…', 'g')"""


def differences(import_id: int, kind: str, after: int = 0, limit: int = 50) -> Sequence[ImportRow]:
    """Rows of the dry run, after the one with this key."""
    return list(ImportRow.objects.filter(of=import_id, kind=kind, pk__gt=after).order_by("pk")[:limit])


def scope(found: Import):
    """The products that can be missing from this feed: those its source brought, or all where it has none."""
    return Product.objects.filter(source_id=found.source_id) if found.source_id else Product.objects.all()


def would_empty_the_shop(found: Import) -> bool:
    """Whether more products would go than a feed loses in good order."""
    if found.missing == Missing.KEEP:
        return False
    missing = found.found.get("missing", 0)
    return missing > max(GUARD_LEAST, GUARD_SHARE * found.found.get("scope", 0))


def sources() -> list[FeedSource]:
    """`waiting`: the import of it that waits for a person, if there is one."""
    waiting = waiting_imports().filter(source=OuterRef("pk")).order_by("-pk").values("pk")[:1]
    return list(FeedSource.objects.annotate(products_count=Count("products"), waiting=Subquery(waiting)))
