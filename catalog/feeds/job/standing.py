"""Where an import stands: written with what was done, and found again before anything is.

Two workers on one import cannot both go on: the second finds that the first has moved it.
"""

import time

from django.db import connection, transaction
from django.utils import timezone

from catalog.feeds.models import Import
from catalog.feeds.moves import tell

SAY_EVERY_S = 0.5
RATE_KEEPS = 0.8  # of what was known; the rest is the chunk's own rate


class Stopped(Exception):
    """Somebody paused or cancelled it, another worker goes on with it, or this worker has to end."""


def step(found: Import, stage: str, /, **values) -> None:
    """To a stage of the same state. Raises Stopped when the import has been moved meanwhile."""
    fresh = {"stage": stage, "beat_at": timezone.now(), "rate": 0.0, **values}
    with transaction.atomic():
        if not Import.objects.filter(pk=found.pk, state=found.state, stage=found.stage).update(**fresh):
            raise Stopped
        tell(found.pk)
    for name, value in fresh.items():
        setattr(found, name, value)


def moved_on(found: Import, done: int, counts: dict[str, int], field: str) -> None:
    """In the transaction of a chunk: where the import stands now, with what was counted added."""
    now, before = time.monotonic(), getattr(found, "_at", None)
    values = {"rows_done": found.rows_done + done, "beat_at": timezone.now()}
    values[field] = {name: getattr(found, field).get(name, 0) + count for name, count in counts.items()} | {
        name: count for name, count in getattr(found, field).items() if name not in counts
    }
    if before is not None and now > before:
        mine = done / (now - before)
        values["rate"] = mine if not found.rate else RATE_KEEPS * found.rate + (1 - RATE_KEEPS) * mine
        if found.state == Import.State.RUNNING:
            values["busy_s"] = found.busy_s + now - before
    stands = Import.objects.filter(pk=found.pk, stage=found.stage, rows_done=found.rows_done)
    if not stands.update(**values):  # another worker was faster, or somebody cancelled it
        raise Stopped
    tell(found.pk)
    for name, value in values.items():
        setattr(found, name, value)
    found._at = now


def hold(found: Import, start: int) -> None:
    """Raises Stopped unless the import stands where this worker thinks it does, and no other worker is at it.

    Its row is not locked before the chunk is done (moved_on): whoever pauses it need not wait for that.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [f"catalog.import:{found.pk}"])
        alone = cursor.fetchone()[0]
    stands = {"state": found.state, "stage": found.stage, "rows_done": start}
    if not alone or not Import.objects.filter(pk=found.pk, **stands).exists():
        raise Stopped


class Saying:
    """Shows how far a stage is that changes nothing."""

    def __init__(self, found: Import):
        self.found, self.began, self.said = found, time.monotonic(), time.monotonic()

    def __call__(self, rows: int) -> None:
        now = time.monotonic()
        if now - self.said < SAY_EVERY_S:
            return
        self.said = now
        rate = rows / (now - self.began)
        updated = Import.objects.filter(pk=self.found.pk, state=self.found.state, stage=self.found.stage)
        if not updated.update(rows_done=rows, rate=rate, beat_at=timezone.now()):
            raise Stopped
        tell(self.found.pk)
