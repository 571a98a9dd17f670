"""Imports from one state to the next (docs/states.md): who finds another state than expected was second."""

from typing import Any

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from catalog.errors import ImportStateConflict, UnknownImport
from catalog.feeds.models import FeedSource, Import
from catalog.feeds.signals import import_ended
from catalog.webhooks.models import Event
from catalog.webhooks.outbox import announce

State, Stage = Import.State, Import.Stage
CHANNEL = "sightline_imports"
JOB = "catalog.run_import"
OPEN = (State.UPLOADING, State.UPLOADED, State.CHECKED, State.RUNNING, State.PAUSED)


def locked(import_id: int) -> Import:
    """The row, for the rest of the transaction. Raises UnknownImport."""
    found = Import.objects.select_for_update(of=["self"]).filter(pk=import_id).first()
    if found is None:
        raise UnknownImport
    return found


def move(import_id: int, expected: tuple[str, ...], state: str, **values: Any) -> Import:
    """Raises ImportStateConflict when it is in none of the expected states."""
    with transaction.atomic():
        found = locked(import_id)
        if found.state not in expected:
            raise ImportStateConflict(f"This import is {found.state}.")
        for name, value in {"state": state, **values}.items():
            setattr(found, name, value)
        found.save(update_fields=["state", *values])
        tell(import_id)
    return found


def enqueue(import_id: int) -> None:
    """A job for the worker, unless one waits already."""
    try:
        with transaction.atomic():
            app.configure_task(JOB, queueing_lock=f"{JOB}:{import_id}").defer(import_id=import_id)
    except AlreadyEnqueued:
        pass


def tell(import_id: int) -> None:
    """Pages that look at it are woken when the transaction commits."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, str(import_id)])


@transaction.atomic
def end(import_id: int, state: str, reason: str = "") -> None:
    """Finished, cancelled or failed; its source remembers how it went. An import that has ended stays as it is."""
    found = locked(import_id)
    if found.state not in OPEN:
        return
    now = timezone.now()
    Import.objects.filter(pk=import_id).update(state=state, stage="", reason=reason[:500], ended_at=now, rate=0)
    source = FeedSource.objects.filter(pk=found.source_id)
    if state == State.FINISHED:
        source.update(failures=0, last_error="", succeeded_at=now, **found.validators)
    if state == State.FAILED:
        source.update(failures=F("failures") + 1, last_error=reason[:500])
    said = {"import_id": import_id, "name": found.name, "state": state, "counts": found.counts, "reason": reason[:500]}
    announce(Event.IMPORT_FINISHED, said)
    tell(import_id)
    transaction.on_commit(lambda: import_ended.send(Import, import_id=import_id))
