"""Who judges what next: exactly k raters per task, nobody twice, and no two at once in one slot.

A screen is what a rater sees at once: one task, or several results of one query to grade. Screens are leased ahead, so
that the next ones are there before they are needed; a lease that runs out gives its slot to somebody else. Gold
questions and repeats of what the rater judged before come in between and look like everything else.
"""

import random
import uuid
from collections.abc import Iterable, Sequence
from datetime import timedelta

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from labeling.errors import ProjectNotOpen, RaterPaused
from labeling.models import Assignment, Project, Rater, Task

AHEAD = 4  # screens: the one on the page and three that wait for it
REPEAT_AFTER = 8  # screens later: nobody remembers the pixels
EXPIRING = 5_120_861
Screen = list[Assignment]


def next_screens(project: Project, rater_id: int, want: int = AHEAD) -> list[Screen]:
    """What this rater has to judge now, oldest first: what they hold already, and new ones up to `want`.

    Fewer, or none, where there is nothing left for them at the moment. Raises ProjectNotOpen, RaterPaused.
    """
    if Rater.objects.filter(pk=rater_id, paused=True).exists():
        raise RaterPaused
    expire(project)
    with transaction.atomic():
        one_at_a_time(project, rater_id)
        if Project.objects.filter(pk=project.pk, state=Project.State.OPEN).count() != 1:
            raise ProjectNotOpen
        screens = held(project, rater_id)
        renew(project, rater_id)
        while len(screens) < want and (screen := another(project, rater_id, wait=not screens)):
            screens.append(screen)
    return screens


def expire(project: Project) -> None:
    """Leases that ran out give their slots back."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [EXPIRING])  # two at once could block each other
        if cursor.fetchone()[0]:
            over = Assignment.objects.filter(
                task__project=project, state=Assignment.State.LEASED, leased_until__lt=timezone.now()
            )
            ids = list(over.select_for_update(skip_locked=True, of=("self",)).values_list("pk", flat=True))
            Assignment.objects.filter(pk__in=ids).update(state=Assignment.State.EXPIRED)


def leave_leases() -> None:
    """No lease expires until the transaction ends: that changes many tasks, and whoever changes them all would wait for
    it, and it for them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [EXPIRING])


def one_at_a_time(project: Project, rater_id: int) -> None:
    """Two tabs of one rater wait for each other until the transaction ends; two raters never do."""
    with connection.cursor() as cursor:
        name = f"labeling.rater.{project.pk}.{rater_id}"
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])


def held(project: Project, rater_id: int) -> list[Screen]:
    leased = Assignment.objects.filter(task__project=project, rater=rater_id, state=Assignment.State.LEASED)
    screens: dict[uuid.UUID, Screen] = {}
    for assignment in leased.order_by("leased_at", "pk"):
        screens.setdefault(assignment.screen, []).append(assignment)
    return list(screens.values())


def renew(project: Project, rater_id: int) -> None:
    leased = Assignment.objects.filter(task__project=project, rater=rater_id, state=Assignment.State.LEASED)
    leased.update(leased_until=lease_end(project))


def lease_end(project: Project):
    return timezone.now() + timedelta(seconds=project.lease_s)


def another(project: Project, rater_id: int, wait: bool) -> Screen:
    """One more screen, or an empty one. Gold and repeats only come while there is work left for this rater."""
    tasks = take(project, rater_id, wait)
    if not tasks:
        return []
    lot = random.random()
    if lot < project.repeat_share and (before := to_repeat(project, rater_id)):
        return lease_again(project, before)
    golds = untouched(project, rater_id).filter(gold__isnull=False)
    if project.kind == Project.Kind.GRADE:
        of_query = golds.filter(query=tasks[0].query_id).order_by("pk")[: len(tasks)]
        tasks += [gold for gold in of_query if random.random() < project.gold_share]
    elif lot < project.repeat_share + project.gold_share and (gold := golds.order_by("?").first()):
        tasks = [gold]
    return lease(project, rater_id, tasks)


def untouched(project: Project, rater_id: int):
    """Open tasks that this rater did not get yet, or lost again without a verdict."""
    mine = Assignment.objects.filter(task__project=project, rater=rater_id, repeat_of__isnull=True)
    seen = mine.exclude(state=Assignment.State.EXPIRED).values("task")
    return Task.objects.filter(project=project, state=Task.State.OPEN).exclude(pk__in=seen)


def take(project: Project, rater_id: int, wait: bool) -> list[Task]:
    """The task of the highest priority, locked; to grade, with others of its query.

    Tasks that are being given to somebody else at this moment are passed over. wait: where there are no others, wait
    for one; never while holding a task, which whoever holds that one may wait for.
    """
    free = untouched(project, rater_id).filter(gold__isnull=True, taken__lt=F("needed")).order_by("-priority", "pk")
    first = free.select_for_update(skip_locked=True, no_key=True).first()
    if first is None and wait:
        first = free.select_for_update(no_key=True).first()
    if first is None or project.kind != Project.Kind.GRADE:
        return [first] if first else []
    others = free.filter(query=first.query_id).exclude(pk=first.pk)[: project.results_shown - 1]
    return [first, *others.select_for_update(skip_locked=True, no_key=True)]


def lease(project: Project, rater_id: int, tasks: Sequence[Task]) -> Screen:
    """In random order, each with a random side. A lease that this rater lost before is the same one again."""
    lost = {each.task_id: each for each in Assignment.objects.filter(task__in=tasks, rater=rater_id, repeat_of=None)}
    screen, until, now = uuid.uuid4(), lease_end(project), timezone.now()
    leased = []
    for task in random.sample(tasks, len(tasks)):
        assignment = lost.get(task.pk) or Assignment(task=task, rater_id=rater_id, swapped=side(project))
        assignment.counts, assignment.state = task.gold is None, Assignment.State.LEASED
        assignment.screen, assignment.leased_at, assignment.leased_until = screen, now, until
        assignment.save()
        leased.append(assignment)
    return leased


def side(project: Project) -> bool:
    return project.kind != Project.Kind.GRADE and random.random() < 0.5


def to_repeat(project: Project, rater_id: int) -> list[Assignment]:
    """A screen that this rater judged whole, some time ago, and was not asked again."""
    mine = Assignment.objects.filter(task__project=project, rater=rater_id)
    recent = mine.order_by("-leased_at").values_list("screen", flat=True).distinct()
    latest = list(dict.fromkeys(recent[: REPEAT_AFTER * project.results_shown]))[:REPEAT_AFTER]
    whole = mine.filter(counts=True, state=Assignment.State.DONE, repeat__isnull=True, repeat_of__isnull=True)
    chosen = whole.exclude(screen__in=latest).order_by("?").first()
    if chosen is None:
        return []
    return list(whole.filter(screen=chosen.screen))


def lease_again(project: Project, before: Iterable[Assignment]) -> Screen:
    """The same questions with their sides exchanged: what was pressed out of habit shows."""
    screen, until = uuid.uuid4(), lease_end(project)
    again = [
        Assignment(
            task_id=first.task_id,
            rater_id=first.rater_id,
            counts=False,
            screen=screen,
            swapped=first.swapped if project.kind == Project.Kind.GRADE else not first.swapped,
            repeat_of=first,
            leased_until=until,
        )
        for first in before
    ]
    random.shuffle(again)
    for assignment in again:
        assignment.save()
    return again
