"""Raters over several projects: what each did in all of them, and what leads decided about them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from django.contrib.auth import get_user_model

from labeling.measure.flags import Flag, flags
from labeling.measure.raters import RaterFigures, rater_figures
from labeling.measure.votes import read_votes
from labeling.models import Assignment, Project, Rater, RaterDecision
from ml.evaluate.exact import Share

LATEST = 10  # projects whose verdicts are looked at, where nobody asks for one


@dataclass(frozen=True, slots=True)
class Person:
    """flags: by project, what is odd. figures: None for somebody who has not judged in these projects."""

    id: int
    name: str
    paused: bool
    aside: bool
    figures: RaterFigures | None
    flags: tuple[tuple[str, Flag], ...]


def judged_projects(rater_id: int | None = None) -> list[Project]:
    """With verdicts, of this rater if given; newest first."""
    done = Assignment.objects.filter(state=Assignment.State.DONE)
    if rater_id is not None:
        done = done.filter(rater=rater_id)
    return list(Project.objects.filter(pk__in=done.values("task__project")).order_by("-pk"))


def people(projects: Sequence[Project]) -> tuple[Person, ...]:
    """All with a verdict in them, and all whom a lead paused or set aside; those with flags first."""
    ones, said = defaultdict(list), defaultdict(list)
    for project in projects:
        figures = rater_figures(project, read_votes(project))
        found = flags(figures)
        for one in figures:
            ones[one.rater].append(one)
            said[one.rater] += [(project.name, flag) for flag in found.get(one.rater, ())]
    decided = {row.pk: row for row in Rater.objects.all()}
    names = dict(get_user_model().objects.filter(pk__in={*ones, *decided}).values_list("pk", "username"))
    rows = [person(pk, name, decided.get(pk), ones[pk], said[pk]) for pk, name in names.items()]
    return tuple(sorted(rows, key=lambda one: (not one.flags, -(one.figures.verdicts if one.figures else 0), one.name)))


def person(pk: int, name: str, row: Rater | None, ones: list[RaterFigures], said: list) -> Person:
    return Person(pk, name, bool(row and row.paused), bool(row and row.set_aside), pooled(ones), tuple(said))


def pooled(ones: Sequence[RaterFigures]) -> RaterFigures | None:
    """Of one rater over several projects; the time is the mean of the medians, by verdicts."""
    if not ones:
        return None
    verdicts = sum(one.verdicts for one in ones)
    return replace(
        ones[0],
        verdicts=verdicts,
        gold=together(one.gold for one in ones),
        repeats=together(one.repeats for one in ones),
        others=together(one.others for one in ones),
        left=together(one.left for one in ones),
        seconds=sum(one.seconds * one.verdicts for one in ones) / verdicts,
    )


def together(shares: Iterable[Share]) -> Share:
    shares = list(shares)
    return Share(sum(share.yes for share in shares), sum(share.n for share in shares))


def decisions(limit: int = 30) -> list[RaterDecision]:
    return list(RaterDecision.objects.select_related("rater", "by")[:limit])
