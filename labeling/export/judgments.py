"""What raters decided about a result, once for all of them: their verdicts as one grade or one answer."""

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median_low
from uuid import UUID

from django.db.models import OuterRef, QuerySet, Subquery

from labeling.models import Adjudication, Assignment, Project, Task, Verdict

SAME_SKU, VARIANT, DIFFERENT = Verdict.Value.SAME_SKU, Verdict.Value.VARIANT, Verdict.Value.DIFFERENT
GRADES = tuple("012345")


@dataclass(frozen=True, slots=True)
class Standing:
    """One verdict that counts. `adjudicated`: what a lead decided on the task; it overrules all of its verdicts.

    Where nobody's verdict counts and a lead decided, that is one of nobody: `verdict` is None.
    """

    verdict: UUID | None
    task: int
    kind: str
    query: int | None
    sku_a: str
    sku_b: str
    choice: str
    reasons: tuple[str, ...]
    adjudicated: str


@dataclass(frozen=True, slots=True)
class Judgment:
    """What the raters of one task say together. `agreed`: the share of them that said `choice`, 0 to 1."""

    task: int
    query: int | None
    sku_a: str
    sku_b: str
    choice: str
    agreed: float
    verdicts: tuple[UUID, ...]
    reasons: frozenset[str]


def standing(projects: Iterable[Project] | None = None) -> list[Standing]:
    """Verdicts that were not undone, came in time, are no gold questions or repeats, and were not set aside."""
    asked = Task.objects.filter(gold__isnull=True, state=Task.State.OPEN)
    if projects is not None:
        asked = asked.filter(project__in=list(projects))
    decided = Adjudication.objects.filter(task=OuterRef("task")).order_by("-id").values("choice")[:1]
    rows = Assignment.objects.filter(
        task__in=asked, state=Assignment.State.DONE, counts=True, current__isnull=False
    ).exclude(rater__rater__set_aside=True)
    values = rows.order_by("task", "pk").values_list(
        "current", "task", "task__project__kind", "task__query", "task__sku_a", "task__sku_b", "current__choice",
        "current__reasons", Subquery(decided),
    )  # fmt: skip
    found = [Standing(*row[:7], tuple(row[7]), row[8] or "") for row in values]
    return found + leads_alone(asked, {row.task for row in found})


def leads_alone(asked: QuerySet[Task], judged: set[int]) -> list[Standing]:
    """What leads decided on tasks of which no rater's verdict counts any more."""
    latest = Adjudication.objects.filter(task__in=asked).order_by("task", "-id").distinct("task")
    rows = latest.values_list("task", "task__project__kind", "task__query", "task__sku_a", "task__sku_b", "choice")
    return [Standing(None, *row, (), row[-1]) for row in rows if row[-1] and row[0] not in judged]


def grades(rows: Iterable[Standing]) -> list[Judgment]:
    """The median grade of each task, the lower one of two in the middle: `choice` is that grade. Where not more than
    half of the raters are within one of it, they do not agree, and say nothing."""
    found = []
    for each in by_task(rows, Project.Kind.GRADE, GRADES):
        if choice := overruled(each) or agreed_grade([int(row.choice) for row in each]):
            found.append(judgment(each, choice))
    return found


def agreed_grade(given: list[int]) -> str:
    middle = median_low(given)
    near = sum(abs(grade - middle) <= 1 for grade in given)
    return str(middle) if 2 * near > len(given) else ""


def same_products(rows: Iterable[Standing]) -> list[Judgment]:
    """What more than half of a pair's raters said; where there is no such answer, or they cannot tell, it says
    nothing."""
    found = []
    for each in by_task(rows, Project.Kind.SAME_PRODUCT, (SAME_SKU, VARIANT, DIFFERENT, Verdict.Value.CANNOT_TELL)):
        choice = overruled(each) or majority([row.choice for row in each])
        if choice in (SAME_SKU, VARIANT, DIFFERENT):
            found.append(judgment(each, choice))
    return found


def sides(rows: Iterable[Standing]) -> list[Judgment]:
    """Which list more than half of the raters preferred. It grades nothing: it is one opinion about two whole lists."""
    choices = ("a", "b", Verdict.Value.TIE, Verdict.Value.BOTH_BAD)
    found = []
    for each in by_task(rows, Project.Kind.SIDE_BY_SIDE, choices):
        if choice := overruled(each) or majority([row.choice for row in each]):
            found.append(judgment(each, choice))
    return found


def by_task(rows: Iterable[Standing], kind: str, choices: tuple[str, ...]) -> list[list[Standing]]:
    """Verdicts in groups, without skips."""
    groups: dict[int, list[Standing]] = {}
    for row in rows:
        if row.kind == kind and row.choice in choices:
            groups.setdefault(row.task, []).append(row)
    return list(groups.values())


def overruled(rows: list[Standing]) -> str:
    return rows[0].adjudicated


def majority(choices: list[str]) -> str:
    """What more than half of them are; empty where nothing is."""
    return next((choice for choice in set(choices) if 2 * choices.count(choice) > len(choices)), "")


def judgment(rows: list[Standing], choice: str) -> Judgment:
    first, agreeing = rows[0], [row for row in rows if row.choice == choice]
    agreed = 1.0 if overruled(rows) else len(agreeing) / len(rows)
    return Judgment(
        first.task, first.query, first.sku_a, first.sku_b, choice, agreed,
        tuple(row.verdict for row in rows if row.verdict),
        frozenset(reason for row in agreeing for reason in row.reasons),
    )  # fmt: skip
