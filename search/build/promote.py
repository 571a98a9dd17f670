"""Which generation answers for a bundle: forward, back, and what is no longer needed.

Each change is one transaction of conditional updates under the life cycle's lock: whoever decided by the sight of
another live generation is refused, and a process killed on the way leaves either the old state or the new one.
"""

from django.db import connection, transaction
from django.utils import timezone

from search.build.job import folder_of
from search.build.lock import exclusive
from search.errors import (
    ChangedMeanwhile,
    FailedVerification,
    NothingToGoBackTo,
    NotReady,
    RowsWouldBeLost,
    UnknownGeneration,
)
from search.models import Generation, ServingEvent
from search.retrieve import generation as cold
from search.retrieve.manifest import BrokenGeneration, cluster_id

State = Generation.State

# A later snapshot sees whatever an earlier one saw, so this only refuses what was built before the one compared with.
COVERS = """SELECT pg_snapshot_xmax(newer) >= pg_snapshot_xmax(older) AND NOT EXISTS (
        SELECT FROM pg_snapshot_xip(newer) AS running WHERE pg_visible_in_snapshot(running, older))
    FROM (SELECT %s::pg_snapshot AS newer, %s::pg_snapshot AS older) AS both_of_them"""


def promote(generation_id: str, actor: str) -> Generation:
    """Let a ready and verified generation answer for its bundle; the one before stays warm. Raises IndexRefused."""
    row = find(generation_id)
    before = live_of(row.bundle_id)
    if row.state != State.READY:
        raise NotReady(f"Generation {row.pk} is {row.state}. {NotReady.__doc__}")
    check_files(row)
    check_verified(row)
    with transaction.atomic():
        exclusive()
        expect(before, row.bundle_id)
        check_covers(row)
        switch(row, State.READY)
        note("promote", actor, row, before=before and before.pk)
    row.refresh_from_db()
    return row


def rollback(bundle_id: str, actor: str) -> Generation:
    """Back to the generation that answered before. Twice is back again. Raises IndexRefused."""
    before = live_of(bundle_id)
    for row in retired_of(bundle_id):
        if opens(row):
            break
    else:
        raise NothingToGoBackTo
    with transaction.atomic():
        exclusive()
        expect(before, row.bundle_id)
        check_covers(row)
        switch(row, State.RETIRED)
        note("rollback", actor, row, before=before and before.pk)
    row.refresh_from_db()
    return row


def expect(before: Generation | None, bundle_id: str) -> None:
    """Whoever decided did so by the sight of this live one. Call with the lock held. Raises ChangedMeanwhile."""
    if live_of(bundle_id) != before:  # another process promoted first
        raise ChangedMeanwhile


def switch(row: Generation, state: str) -> None:
    """The live one is retired, and this one, in the state that is expected, is live. Raises ChangedMeanwhile."""
    now = timezone.now()
    live = Generation.objects.filter(bundle_id=row.bundle_id, state=State.LIVE)
    live.update(state=State.RETIRED, retired_at=now)
    updated = Generation.objects.filter(pk=row.pk, state=state).update(state=State.LIVE, promoted_at=now)
    if updated != 1:  # it was promoted or removed meanwhile
        raise ChangedMeanwhile


def check_verified(row: Generation) -> None:
    """By the report that is kept with it. Raises NotReady where there is none yet, or FailedVerification."""
    if "ok" not in row.recall:
        raise NotReady(f"Generation {row.pk} was not verified yet. Run manage.py index verify {row.pk}.")
    if not row.recall["ok"]:
        raise FailedVerification(f"Generation {row.pk}: {FailedVerification.__doc__}")


def check_files(row: Generation) -> None:
    """Raises NotReady where its files cannot be opened, or not all of them."""
    try:
        opened = cold.Generation.open(folder_of(row.pk), bundle_id=row.bundle_id, cluster=cluster_id())
    except BrokenGeneration as error:
        raise NotReady(str(error)) from error
    try:
        if opened.missing:
            raise NotReady(f"Generation {row.pk} is not whole: {', '.join(opened.missing)}. Build it again.")
    finally:
        opened.close()


def opens(row: Generation) -> bool:
    """Its files are here, and were whole when they were last looked at."""
    if row.recall.get("ok") is False:
        return False
    try:
        check_files(row)
    except NotReady:
        return False
    return True


def check_covers(row: Generation) -> None:
    """Settled rows lie in the live generation and in the one before: it must hold all of one of them.

    Watermarks of the cluster that a restored dump came from mean nothing here. Call with the lock held. Raises
    RowsWouldBeLost.
    """
    kept = [each for each in (live_of(row.bundle_id), previous_of(row.bundle_id)) if each is not None]
    watermarks = [each.watermark for each in kept if each.manifest.get("cluster") == row.manifest.get("cluster")]
    if watermarks and not any(covers(row.watermark, watermark) for watermark in watermarks):
        raise RowsWouldBeLost


def covers(newer: str, older: str) -> bool:
    """Whether the first pg_snapshot sees whatever the second one does."""
    with connection.cursor() as cursor:
        cursor.execute(COVERS, [newer, older])
        return cursor.fetchone()[0]


def find(generation_id: str) -> Generation:
    """Raises UnknownGeneration."""
    row = Generation.objects.select_related("bundle").filter(pk=generation_id).first()
    if row is None:
        raise UnknownGeneration
    return row


def live_of(bundle_id: str) -> Generation | None:
    return Generation.objects.filter(bundle_id=bundle_id, state=State.LIVE).first()


def retired_of(bundle_id: str):
    """Those that answered before, the latest first."""
    return Generation.objects.filter(bundle_id=bundle_id, state=State.RETIRED).order_by("-retired_at", "-pk")


def previous_of(bundle_id: str) -> Generation | None:
    return retired_of(bundle_id).first()


def note(verb: str, actor: str, row: Generation, **detail) -> None:
    ServingEvent.objects.create(verb=verb, actor=actor, generation_id=row.pk, bundle_id=row.bundle_id, detail=detail)
