"""How many verdicts each task is asked for, and which task comes first.

Random order: k for every task. Active order: as few as can settle a task, one more each time they differ, never more
than k; tasks that were begun come first, so that every verdict soon belongs to a settled task; and none at all once the
pair of systems is settled. New tasks come in the random order of their priority, whatever was answered before: the
statistics rest on that. docs/judging.md says how many verdicts this saves, and what it does to errors.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import random

from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Greatest, Random
from django.utils import timezone

from labeling.assign import leave_leases
from labeling.measure.outcomes import WAYS, enough
from labeling.measure.tally import Tally, answer, tally
from labeling.models import Assignment, Project, Rater, Task

Kind, Order = Project.Kind, Project.Order
WITH_MAJORITIES = (Kind.SIDE_BY_SIDE, Kind.SAME_PRODUCT)  # grades are averaged: each of the k counts
BEGUN = 1.0  # and more is the priority of tasks with a verdict; new ones have a random one below
LOOKS = 500  # at a project, about: one more for each so many-th of its tasks that is settled


@dataclass(slots=True)
class Said:
    """Of one task: how often each answer was given that counts, and how many verdicts are set aside."""

    answers: Counter = field(default_factory=Counter)
    aside: int = 0

    def still(self, k: int) -> int:
        """How many verdicts more can settle it at least; 0 once no more can change it."""
        more = enough(k) - max(self.answers.values(), default=0)
        return more if 0 < more <= k - self.answers.total() else 0

    def needed(self, k: int) -> int:
        return self.aside + self.answers.total() + self.still(k)

    @property
    def begun(self) -> bool:
        return self.answers.total() > 0


def reorder(assignment: Assignment) -> None:
    """After a verdict, or one that was undone; in the same transaction, which holds the assignment's row."""
    task, project = assignment.task, assignment.task.project
    if not assignment.counts or project.settled:
        return
    if stops_early(project):
        said = what_was_said(task=task)[task.pk]
        ask_for({task.pk: said}, project)
        if not said.still(project.k) and worth_a_look(task, project):
            transaction.on_commit(lambda: look(project.pk))
    elif Rater.objects.filter(pk=assignment.rater_id, set_aside=True).exists():  # somebody else is asked as well
        ask_for(what_was_said(task=task), project)


def stops_early(project: Project) -> bool:
    return project.order == Order.ACTIVE and project.kind in WITH_MAJORITIES


def what_was_said(**of) -> dict[int, Said]:
    """By task, for those that `of` selects; a tie and two bad lists are one answer: neither is better."""
    found: dict[int, Said] = defaultdict(Said)
    standing = Assignment.objects.filter(counts=True, state=Assignment.State.DONE, **of)
    for task, choice, aside in standing.values_list("task_id", "current__choice", "rater__rater__set_aside"):
        if aside:
            found[task].aside += 1
        else:
            found[task].answers["neither" if WAYS.get(choice) == 1 else choice] += 1
    return found


def ask_for(said: Mapping[int, Said], project: Project) -> None:
    """As many verdicts of each of these tasks as what was said of it calls for."""
    early, k = stops_early(project), project.k
    needed = [each.needed(k) if early else each.aside + k for each in said.values()]
    first = [BEGUN + 1 / max(1, each.still(k)) if early and each.begun else random() for each in said.values()]
    set_needed(list(said), needed, first)


def set_needed(tasks: list[int], needed: list[int], priorities: list[float]) -> None:
    """Slots that are taken stay so: a task is never asked for fewer than that."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE labeling_task t SET needed = greatest(t.taken, x.needed), priority = x.priority"
            " FROM unnest(%s::bigint[], %s::int[], %s::float8[]) AS x(id, needed, priority) WHERE t.id = x.id",
            [tasks, needed, priorities],
        )


def worth_a_look(task: Task, project: Project) -> bool:
    """Every task of a small project; of a large one every n-th, drawn by its number."""
    return task.pk % max(1, Task.objects.filter(project=project).count() // LOOKS) == 0


def look(project_id: int) -> None:
    """Settle the pair of systems once the verdicts are enough: nobody is asked for more."""
    project = Project.objects.get(pk=project_id)
    if project.kind != Kind.SIDE_BY_SIDE or project.order != Order.ACTIVE or project.settled:
        return
    counted = tally(project)
    found = answer(counted, project.ship_p, project.ship_margin)
    if found and Project.objects.filter(pk=project_id, settled__isnull=True).update(settled=record(found, counted)):
        unjudged(project).update(needed=F("taken"))  # only one process gets here


def record(found: str, counted: Tally) -> dict:
    return {
        "answer": found,
        "at": timezone.now().isoformat(timespec="seconds"),
        "won": counted.won,
        "tied": counted.tied,
        "lost": counted.lost,
        "verdicts": counted.verdicts,
    }


def unjudged(project: Project):
    return Task.objects.filter(project=project, gold__isnull=True, needed__gt=F("taken"))


def choose_order(project: Project, order: str) -> None:
    """Also takes up again what was settled: the tasks that were left out are asked, and it may be settled anew."""
    Project.objects.filter(pk=project.pk).update(order=order)
    take_up(project)


@transaction.atomic
def take_up(project: Project) -> None:
    """What was settled is open again, and every task is asked for what it needs now."""
    Project.objects.filter(pk=project.pk).update(settled=None)
    project.refresh_from_db()
    replan(project)


@transaction.atomic
def look_again(project: Project) -> None:
    """Verdicts were taken out, or back in: is the pair still settled by those that count?"""
    take_up(project)
    transaction.on_commit(lambda: look(project.pk))


@transaction.atomic
def replan(project: Project) -> None:
    """What every task is asked for, anew: after the order has changed, or whose verdicts count."""
    if project.settled:
        return
    leave_leases()
    early = stops_early(project)
    tasks = Task.objects.filter(project=project, gold__isnull=True)
    asked = enough(project.k) if early else project.k
    tasks.update(needed=Greatest(F("taken"), asked), priority=Random())
    begun = what_was_said(task__project=project, task__gold__isnull=True)
    ask_for({task: said for task, said in begun.items() if early or said.aside}, project)
