"""What is not needed goes: the row says so, then the files go, then the row. A killed run is finished by the next."""

import shutil
from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from search.build import bundles
from search.build.job import folder_of
from search.build.lock import exclusive
from search.build.promote import find, live_of, note, previous_of
from search.build.register import drop_index, installed_folder, note_bundle
from search.errors import ChangedMeanwhile, StillNeeded
from search.models import Bundle, Generation, ImageVector, QuerySample

State = Generation.State
VECTORS_AT_ONCE = 2_000  # short transactions: the worker and the shop go on beside it
AT_WORK = timedelta(minutes=2)  # a build whose heartbeat is younger goes on
KEEP_FAILED = timedelta(days=7)  # for a look at what was wrong


def retire(generation_id: str, actor: str, *, reason: str = "") -> None:
    """Delete a generation that does not answer. The one to go back to needs a reason. Raises IndexRefused."""
    row = find(generation_id)
    with transaction.atomic():
        exclusive()
        row.refresh_from_db()
        check_idle(row, reason)
        mark(row)
        note("retire", actor, row, reason=reason)
    finish_removals()


def check_idle(row: Generation, reason: str) -> None:
    """Call with the lock held. Raises StillNeeded."""
    if row.state == State.LIVE:
        raise StillNeeded(f"Generation {row.pk} is live. Promote another one first.")
    if row == previous_of(row.bundle_id) and not reason:
        raise StillNeeded(f"Generation {row.pk} is kept for a rollback. Give a reason to delete it all the same.")
    if row.state == State.BUILDING and row.heartbeat_at and timezone.now() - row.heartbeat_at < AT_WORK:
        raise StillNeeded(f"Generation {row.pk} is being built at this moment.")


def mark(row: Generation) -> None:
    updated = Generation.objects.filter(pk=row.pk, state=row.state).update(state=State.REMOVING)
    if updated != 1:  # another process retired or promoted it first
        raise ChangedMeanwhile


def retire_old(bundle_id: str, actor: str) -> list[str]:
    """All but the live one, the one before it, those that may still be promoted, and what failed lately.

    Returns the ids of those that are removed now.
    """
    with transaction.atomic():
        exclusive()
        old = list(superseded(bundle_id))
        for row in old:
            mark(row)
            note("retire", actor, row, reason="superseded")
    return [row.pk for row in old]


def superseded(bundle_id: str):
    """Call with the lock held."""
    live, previous = live_of(bundle_id), previous_of(bundle_id)
    old = Q(state=State.FAILED, created_at__lt=timezone.now() - KEEP_FAILED)
    if previous is not None:
        old |= Q(state=State.RETIRED) & ~Q(pk=previous.pk)
    if live is not None:  # what was built before the live one would only lead backwards
        old |= Q(state=State.READY, created_at__lt=live.created_at)
    return Generation.objects.filter(old, bundle_id=bundle_id)


def finish_removals() -> int:
    """Files first, then the row. Returns how many are gone."""
    gone = 0
    for row in Generation.objects.filter(state=State.REMOVING):
        shutil.rmtree(folder_of(row.pk), ignore_errors=True)
        if not folder_of(row.pk).exists():
            gone += Generation.objects.filter(pk=row.pk, state=State.REMOVING).delete()[0]
    return gone


def retire_bundle(bundle_id: str, actor: str, *, reason: str = "") -> None:
    """Give up a bundle for good: the worker deletes its vectors, generations and files. Raises IndexRefused.

    The one to go back to needs a reason. Its row stays: a start does not take it for a new one.
    """
    row = bundles.find(bundle_id)
    with transaction.atomic():
        exclusive()
        row.refresh_from_db()
        if row.state == Bundle.State.LIVE:
            raise StillNeeded(f"Bundle {bundle_id} is live. Promote another one first.")
        if row == bundles.retired().first() and not reason:
            raise StillNeeded(f"Bundle {bundle_id} is kept for a rollback. Give a reason to remove it all the same.")
        if row.state != Bundle.State.REMOVED:
            Bundle.objects.filter(pk=bundle_id).update(state=Bundle.State.REMOVING, share=0)
            note_bundle("bundle retire", actor, bundle_id, reason=reason)


def retire_old_bundles(days: float, actor: str) -> list[str]:
    """Those that were retired longer ago than this. Returns their ids."""
    old = Bundle.objects.filter(
        state=Bundle.State.RETIRED, retired_at__lt=timezone.now() - timedelta(days=days)
    ).values_list("pk", flat=True)
    for bundle_id in (ids := list(old)):
        retire_bundle(bundle_id, actor, reason=f"retired {days:g} days ago")
    return ids


def finish_bundle_removals() -> int:
    """Everything that a removed bundle owned, in batches. Returns how many bundles are gone by now."""
    delete_stragglers()
    gone = 0
    for row in Bundle.objects.filter(state=Bundle.State.REMOVING):
        drop_index(row.pk)
        while delete_vectors(row.pk):
            pass
        QuerySample.objects.filter(bundle=row).delete()
        Generation.objects.filter(bundle=row).update(state=State.REMOVING)
        finish_removals()
        shutil.rmtree(installed_folder(row.pk), ignore_errors=True)
        gone += Bundle.objects.filter(pk=row.pk, state=Bundle.State.REMOVING).update(state=Bundle.State.REMOVED)
    return gone


def delete_stragglers() -> int:
    """Pictures that were just being encoded when their bundle went: nothing has settled them. Returns how many."""
    late = ImageVector.objects.filter(bundle__state=Bundle.State.REMOVED, hot=True).values("pk")
    return ImageVector.objects.filter(pk__in=late[:VECTORS_AT_ONCE]).delete()[0]


def delete_vectors(bundle_id: str) -> int:
    """One batch. Returns how many rows."""
    batch = ImageVector.objects.filter(bundle_id=bundle_id).order_by("image_id").values("pk")[:VECTORS_AT_ONCE]
    return ImageVector.objects.filter(pk__in=batch).delete()[0]
