"""Verdicts row by row: what raters said, without asking who gets which task."""

from datetime import datetime, timedelta

from django.utils import timezone

from labeling.models import Assignment, Project, Task, Verdict

State = Assignment.State
CLOCK = [timezone.now()]


def later() -> datetime:
    CLOCK[0] += timedelta(seconds=1)
    return CLOCK[0]


def give(
    task: Task, rater, value: str, *, swapped: bool = False, repeat_of: Assignment | None = None, **more
) -> Assignment:
    """One standing verdict; `value` as pressed."""
    at = later()
    assignment = Assignment.objects.create(
        task=task,
        rater=rater,
        state=State.DONE,
        counts=task.gold is None and repeat_of is None,
        swapped=swapped,
        repeat_of=repeat_of,
        leased_until=at,
    )
    Verdict.objects.create(
        assignment=assignment,
        value=value,
        swapped=swapped,
        guideline=task.project.guideline,
        shown_at=at,
        decided_at=at,
        **{"ms_taken": 5000, **more},
    )
    assignment.refresh_from_db()
    return assignment


def give_all(project: Project, raters, values: str) -> None:
    """A letter for each rater and task, tasks apart by spaces: "aab abt" is two tasks with three raters. a and b stand
    for the systems, t for a tie, x for both bad, and digits for grades."""
    tasks = project.tasks.filter(gold__isnull=True).order_by("pk")
    for place, (task, said) in enumerate(zip(tasks, values.split(), strict=False)):
        for number, (rater, letter) in enumerate(zip(raters, said, strict=False)):
            swapped = (place + number) % 2 == 1
            sides = {"a": ("left", "right"), "b": ("right", "left")}
            value = sides[letter][swapped] if letter in sides else {"t": "tie", "x": "both_bad"}.get(letter, letter)
            give(task, rater, value, swapped=swapped)
