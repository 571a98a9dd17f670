"""What the workers do with pictures right now, and what waits its turn."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from catalog.services import EMBED_TASK, INSPECT_TASK
from search.overview.work import WORKERS

SILENT_S = 15.0  # a worker sends a heartbeat every 2 seconds; after 10 its jobs go to others
TASKS = [INSPECT_TASK, EMBED_TASK]
# Jobs in the order in which workers take them (procrastinate_fetch_job). One that waits for its next attempt has no
# place yet.
PLACES = """
    WITH due AS MATERIALIZED (
        SELECT id, row_number() OVER (ORDER BY priority DESC, id) AS place FROM procrastinate_jobs
        WHERE status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= now())),
    own AS MATERIALIZED (
        SELECT id, (args ->> 'image_id')::bigint AS image_id, status::text, scheduled_at FROM procrastinate_jobs
        WHERE status IN ('todo', 'doing') AND task_name = ANY(%s) AND (args ->> 'image_id')::bigint = ANY(%s))
    SELECT own.image_id, own.status = 'doing', due.place, own.scheduled_at FROM own LEFT JOIN due USING (id)
    ORDER BY own.image_id, own.status = 'doing', due.place DESC NULLS FIRST"""


@dataclass(frozen=True, slots=True)
class Turn:
    """place: 1 is next. again_at: when it is tried again after an attempt that did not work."""

    at_work: bool = False
    place: int | None = None
    again_at: datetime | None = None


def turns(image_ids: Iterable[int]) -> dict[int, Turn]:
    """Of those of these pictures that have a job. One query, none for no pictures."""
    wanted = list(image_ids)
    if not wanted:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(PLACES, [TASKS, wanted])
        rows = cursor.fetchall()  # of several jobs of one picture the last counts: at work, or the nearest
    return {row[0]: Turn(row[1], row[2], row[3] if row[2] is None and not row[1] else None) for row in rows}


def is_worked() -> bool:
    """Whether any worker runs. One query."""
    with connection.cursor() as cursor:
        cursor.execute(WORKERS, [SILENT_S])
        return cursor.fetchone()[0] > 0
