"""Writes of whoever leads: projects are made, paused, opened again and closed."""

import uuid
from dataclasses import dataclass
from typing import IO

from django.core.files.base import File
from django.core.files.storage import storages
from django.db import IntegrityError, transaction
from django.utils import timezone
from procrastinate.contrib.django import app

from labeling.build import DEMO
from labeling.errors import BadProject, ProjectNotOpen
from labeling.models import Guideline, Project, QueryBatch, System
from labeling.read_set import from_zip

BUILD_TASK = "labeling.build_project"
State = Project.State
BUILT = (State.OPEN, State.PAUSED)


@dataclass(frozen=True, slots=True)
class Search:
    """A system as a lead sets it up. Empty ids stand for what serves the shop."""

    bundle_id: str = ""
    generation_id: str = ""
    mode: str = "similar"
    image_weight: float = 0.6  # where a query has a photo and words

    def settings(self) -> dict:
        return {"mode": self.mode, "weights": [self.image_weight, round(1 - self.image_weight, 4)]}

    def name(self) -> str:
        where = self.generation_id or f"as on {timezone.now():%Y-%m-%d}"
        how = {"similar": "", "same_product": ", by likeness alone"}[self.mode]
        weight = "" if self.image_weight == 0.6 else f", photo {self.image_weight:.0%}"
        return f"{self.bundle_id}, {where}{how}{weight}"[:120]


@dataclass(frozen=True, slots=True)
class Plan:
    """What a lead asks for. queries: a set that is there, DEMO, or the open file of a ZIP. sample: at most so many."""

    name: str
    kind: str
    guideline: Guideline
    queries: QueryBatch | str | IO[bytes]
    search_a: Search
    search_b: Search | None
    k: int = 2
    sample: int | None = None
    results_shown: int = 6
    gold_share: float = 0.1
    repeat_share: float = 0.05
    order: str = Project.Order.RANDOM
    lease_s: int = 900
    ship_win_rate: float = 0.55
    ship_p: float = 0.05
    ship_margin: float = 0.05


def create_project(plan: Plan, user_id: int) -> Project:
    """A project that the worker builds. Raises BadProject, and BadQuerySet for a file that is no query set."""
    if Project.objects.filter(name=plan.name).exists():
        raise BadProject("There is a project of this name already.")
    a, b = system_for(plan.search_a), plan.search_b and system_for(plan.search_b)
    if plan.kind == Project.Kind.SIDE_BY_SIDE and (b is None or a == b):
        raise BadProject("Choose two different systems to compare.")
    source = source_of(plan.queries)
    ship = ("ship_win_rate", "ship_p", "ship_margin")
    settings = ("k", "results_shown", "order", "gold_share", "repeat_share", "lease_s", *ship)
    try:
        with transaction.atomic():
            project = Project.objects.create(
                name=plan.name,
                kind=plan.kind,
                guideline=plan.guideline,
                batch=batch_for(plan, source),
                system_a=a,
                system_b=b if b != a else None,
                progress={"stage": "Waiting for the worker", "source": source, "sample": plan.sample},
                created_by_id=user_id,
                **{name: getattr(plan, name) for name in settings},
            )
            app.configure_task(BUILD_TASK).defer(project_id=project.pk)
    except IntegrityError as error:  # somebody took the name in the same moment
        raise BadProject("There is a project or a query set of this name already.") from error
    return project


def source_of(queries: QueryBatch | str | IO[bytes]) -> str:
    """Where the worker reads the queries; empty where they are there. An upload is looked through before it is kept."""
    if isinstance(queries, QueryBatch):
        return ""
    if queries == DEMO:
        return DEMO
    from_zip(queries)
    queries.seek(0)
    return storages["private"].save(f"labeling/uploads/{uuid.uuid4().hex}.zip", File(queries))


def batch_for(plan: Plan, source: str) -> QueryBatch:
    if not source:
        return plan.queries
    origin = QueryBatch.Origin.DEMO if source == DEMO else QueryBatch.Origin.UPLOAD
    return QueryBatch.objects.create(name=plan.name, origin=origin)


def system_for(search: Search) -> System:
    """Each way to search is one system, whichever projects compare it."""
    system, _ = System.objects.get_or_create(
        name=search.name(),
        defaults={
            "bundle_id": search.bundle_id,
            "generation_id": search.generation_id,
            "settings": search.settings(),
        },
    )
    return system


def move(project_id: int, before: tuple[str, ...], after: str, **also) -> None:
    if not Project.objects.filter(pk=project_id, state__in=before).update(state=after, **also):
        raise ProjectNotOpen("This cannot be done with the project as it stands. Look at it again.")


def pause(project_id: int) -> None:
    """No more tasks are given; what raters have before them is still taken."""
    move(project_id, (State.OPEN,), State.PAUSED)


def resume(project_id: int) -> None:
    move(project_id, (State.PAUSED,), State.OPEN)


def close(project_id: int) -> None:
    """For good: what comes afterwards is kept and does not count."""
    move(project_id, BUILT, State.CLOSED, closed_at=timezone.now())


def build_again(project_id: int) -> None:
    with transaction.atomic():
        move(project_id, (State.FAILED,), State.BUILDING, problems=[])
        app.configure_task(BUILD_TASK).defer(project_id=project_id)


def use_guideline(project: Project, guideline: Guideline) -> None:
    Project.objects.filter(pk=project.pk).update(guideline=guideline)
