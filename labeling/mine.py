"""Reads: a rater's own verdicts, newest first, and what was made of each."""

from dataclasses import dataclass
from datetime import datetime

from django.core.paginator import Page, Paginator

from labeling.export.lineage import datasets_of, golden_sets_of
from labeling.models import Assignment, Query, Verdict
from labeling.pictures import photo_url, picture_url

A_PAGE = 40


@dataclass(frozen=True, slots=True)
class MyVerdict:
    """query: its words, or its photo's address; shown: (title, picture's address) of each product judged."""

    at: datetime
    project: str
    text: str
    photo: str
    shown: tuple[tuple[str, str], ...]
    said: str
    datasets: tuple[str, ...]
    golden_sets: tuple[str, ...]


def my_verdicts(rater_id: int, number: str | None) -> tuple[Page, list[MyVerdict]]:
    """Those that hold, in a handful of queries."""
    rows = (
        Assignment.objects.filter(rater=rater_id, current__isnull=False)
        .select_related("current", "task__project", "task__query", "task__list_a", "task__list_b")
        .order_by("-current__decided_at", "-pk")
    )
    page = Paginator(rows, A_PAGE).get_page(number)
    ids = [row.current_id for row in page]
    sets, golden = datasets_of(ids), golden_sets_of(ids)
    return page, [line(row, sets.get(row.current_id, []), golden.get(row.current_id, [])) for row in page]


def line(row: Assignment, sets: list[str], golden: list[str]) -> MyVerdict:
    task, query = row.task, row.task.query
    return MyVerdict(
        at=row.current.decided_at,
        project=task.project.name,
        text=query.text if query else "",
        photo=photo_of(query),
        shown=tuple((item["title"], picture_url(item["picture"])) for item in items(row)),
        said=said(row.current.value),
        datasets=tuple(sets),
        golden_sets=tuple(golden),
    )


def said(value: str) -> str:
    if value == Verdict.Value.SAME_SKU:
        return "Same SKU"
    return f"Grade {value}" if value.isdecimal() else Verdict.Value(value).label


def photo_of(query: Query | None) -> str:
    return photo_url(query) if query else ""


def items(row: Assignment) -> list[dict]:
    """The products of the task; of lists the first of each, as they stood left and right."""
    task = row.task
    if task.list_a and task.list_b:
        lists = (task.list_b, task.list_a) if row.swapped else (task.list_a, task.list_b)
        return [each.items[0] for each in lists if each.items]
    return [item for item in (task.item_a, task.item_b) if item]
