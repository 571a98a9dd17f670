"""What the workers do for the index right now, and what waits for them."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone

from search.models import Generation

TASKS = {
    "search.build_index": "Build",
    "search.merge_index": "Merge",
    "search.verify_index": "Verify",
}
HEARTBEAT_MAX_AGE_S = 30

WORKERS = "SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > now() - make_interval(secs => %s)"
JOBS = """
    SELECT task_name, status::text, coalesce(args ->> 'generation_id', args ->> 'bundle_id', '') FROM procrastinate_jobs
    WHERE status IN ('todo', 'doing') AND task_name = ANY(%s) ORDER BY status, id
"""
ALL_JOBS = "SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing')"


@dataclass(frozen=True, slots=True)
class Running:
    """A generation that is being built. `done` of `total` counts whatever its stage counts."""

    generation_id: str
    bundle_id: str
    stage: str
    done: int
    total: int
    started_at: datetime
    stalled: bool

    @property
    def percent(self) -> int | None:
        return min(100, self.done * 100 // self.total) if self.total else None


@dataclass(frozen=True, slots=True)
class Job:
    """A job for the index in the queue."""

    label: str
    subject: str
    running: bool


def running() -> tuple[Running, ...]:
    """Builds and merges under way, the newest first. One whose builder sends no heartbeat has stalled."""
    rows = Generation.objects.filter(state=Generation.State.BUILDING).order_by("-created_at")
    return tuple(make_running(row) for row in rows.only("bundle_id", "progress", "created_at", "heartbeat_at"))


def make_running(row: Generation) -> Running:
    progress = row.progress or {}
    silent = timezone.now() - (row.heartbeat_at or row.created_at)
    return Running(
        generation_id=row.pk,
        bundle_id=row.bundle_id,
        stage=progress.get("stage") or "starting",
        done=int(progress.get("done") or 0),
        total=int(progress.get("total") or 0),
        started_at=row.created_at,
        stalled=silent > timedelta(seconds=HEARTBEAT_MAX_AGE_S),
    )


def jobs() -> tuple[Job, ...]:
    """Jobs for the index that run or wait, those that run first."""
    with connection.cursor() as cursor:
        cursor.execute(JOBS, [list(TASKS)])
        rows = cursor.fetchall()
    return tuple(Job(TASKS[name], subject, status == "doing") for name, status, subject in rows)


def workers() -> int:
    """Workers with a fresh heartbeat."""
    with connection.cursor() as cursor:
        cursor.execute(WORKERS, [HEARTBEAT_MAX_AGE_S])
        return cursor.fetchone()[0]


def waiting_jobs() -> int:
    """Jobs of every kind that wait or run."""
    with connection.cursor() as cursor:
        cursor.execute(ALL_JOBS)
        return cursor.fetchone()[0]
