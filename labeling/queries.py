"""Reads: projects as raters and leads see them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import Count, F, Q, Sum

from labeling.models import Assignment, Project, Task

ASKED = Q(gold__isnull=True, state=Task.State.OPEN)


@dataclass(frozen=True, slots=True)
class ProjectLine:
    """tasks: that count; done: with all their verdicts; verdicts, wanted: of all of them; left: for this rater."""

    id: int
    name: str
    kind: str
    label: str
    state: str
    k: int
    created_at: datetime
    tasks: int
    done: int
    verdicts: int
    wanted: int
    left: int
    mine: int

    @property
    def percent(self) -> int:
        return 100 * self.verdicts // self.wanted if self.wanted else 0


def project_lines(rater_id: int, states: Sequence[str] = Project.State.values) -> list[ProjectLine]:
    """Newest first, in four queries."""
    projects = list(Project.objects.filter(state__in=states).order_by("-pk"))
    return lines(projects, rater_id)


def project_line(project: Project, rater_id: int) -> ProjectLine:
    return lines([project], rater_id)[0]


def lines(projects: Sequence[Project], rater_id: int) -> list[ProjectLine]:
    counts = counts_of(projects)
    left, mine = left_for(projects, rater_id), judged_by(projects, rater_id)
    return [
        ProjectLine(
            id=project.pk,
            name=project.name,
            kind=project.kind,
            label=project.get_kind_display(),
            state=project.state,
            k=project.k,
            created_at=project.created_at,
            **counts.get(project.pk, {"tasks": 0, "done": 0, "verdicts": 0, "wanted": 0}),
            left=left.get(project.pk, 0),
            mine=mine.get(project.pk, 0),
        )
        for project in projects
    ]


def counts_of(projects: Sequence[Project]) -> dict[int, dict[str, int]]:
    rows = Task.objects.filter(ASKED, project__in=projects).order_by().values("project")
    rows = rows.annotate(
        tasks=Count("pk"),
        complete=Count("pk", filter=Q(done=F("needed"))),
        verdicts=Sum("done"),
        wanted=Sum("needed"),
    )
    return {
        row["project"]: {
            "tasks": row["tasks"],
            "done": row["complete"],
            "verdicts": row["verdicts"],
            "wanted": row["wanted"],
        }
        for row in rows
    }


def left_for(projects: Sequence[Project], rater_id: int) -> dict[int, int]:
    """Tasks with a free slot that this rater has not judged or skipped, and those that they hold."""
    mine = Assignment.objects.filter(task__project__in=projects, rater=rater_id, repeat_of__isnull=True)
    judged = mine.exclude(state__in=[Assignment.State.EXPIRED, Assignment.State.LEASED]).values("task")
    held = mine.filter(state=Assignment.State.LEASED).values("task")
    free = Task.objects.filter(ASKED, project__in=projects).filter(Q(taken__lt=F("needed")) | Q(pk__in=held))
    rows = free.exclude(pk__in=judged).order_by().values("project").annotate(number=Count("pk"))
    return {row["project"]: row["number"] for row in rows}


def judged_by(projects: Sequence[Project], rater_id: int) -> dict[int, int]:
    done = Assignment.objects.filter(task__project__in=projects, rater=rater_id, state=Assignment.State.DONE)
    rows = done.order_by().values("task__project").annotate(number=Count("pk"))
    return {row["task__project"]: row["number"] for row in rows}


def skipped_by(project: Project, rater_id: int) -> int:
    """Tasks that this rater skipped and that still wait for somebody."""
    mine = Assignment.objects.filter(rater=rater_id, state=Assignment.State.SKIPPED).values("task")
    return Task.objects.filter(ASKED, project=project, pk__in=mine, taken__lt=F("needed")).count()


@dataclass(frozen=True, slots=True)
class RaterLine:
    """One rater in one project. judged: verdicts that hold, of any task; skipped, expired: tasks they gave up."""

    name: str
    judged: int
    skipped: int
    expired: int
    median_ms: int | None
    latest_at: datetime | None


def rater_lines(project: Project) -> list[RaterLine]:
    """Who has judged in this project, the busiest first, in one query."""
    with connection.cursor() as cursor:
        cursor.execute(RATERS, [project.pk])
        return [RaterLine(*row) for row in cursor.fetchall()]


RATERS = """
    SELECT u.username, count(v.id) FILTER (WHERE v.value <> 'skip'), count(*) FILTER (WHERE a.state = 'skipped'),
        count(*) FILTER (WHERE a.state = 'expired'),
        (percentile_cont(0.5) WITHIN GROUP (ORDER BY v.ms_taken) FILTER (WHERE v.value <> 'skip'))::int,
        max(v.decided_at)
    FROM labeling_assignment a JOIN labeling_task t ON t.id = a.task_id JOIN auth_user u ON u.id = a.rater_id
        LEFT JOIN labeling_verdict v ON v.id = a.current_id
    WHERE t.project_id = %s GROUP BY u.id, u.username ORDER BY 2 DESC, 1
"""
