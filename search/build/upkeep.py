"""What the worker does for the index by itself, once a minute: finish, repair, fold in, let go live, settle, clean up.

Each step looks at the rows first and may be repeated. Long work is handed to `long`, which runs `manage.py` in another
process; whatever was killed on the way is taken up here by the next run.
"""

from collections.abc import Callable

from django.conf import settings
from django.db import connection, transaction

from search.build import bundles, golden, retire
from search.build.job import somebody_builds
from search.build.merge import should_merge
from search.build.promote import live_of, promote
from search.build.settle import prune_changes, settle
from search.errors import IndexRefused
from search.models import Bundle, Generation, ServingEvent
from search.retrieve.manifest import cluster_id

State = Generation.State
WORKER = bundles.WORKER
RENEWED_AT_ONCE = 2_000

Long = Callable[..., None]  # ("index", "merge", ...): a command of manage.py, run to its end


def keep_index(long: Long) -> None:
    """Everything. Raises what a step raises; the next run tries again."""
    retire.finish_removals()
    retire.finish_bundle_removals()
    for row in Bundle.objects.filter(state__in=["live", "shadow", "building"]).order_by("registered_at"):
        keep_bundle(row, long)
    take_over()
    retire.retire_old_bundles(settings.SIGHTLINE_KEEP_BUNDLE_DAYS, WORKER)
    prune_changes()


def keep_bundle(row: Bundle, long: Long) -> None:
    if merge_is_due(row):
        long("index", "merge", "--bundle", row.pk, "--actor", WORKER)
    for generation_id in unverified(row.pk):
        long("index", "verify", generation_id, "--actor", WORKER)
    promote_merged(row)
    settle(row.pk)
    retire.retire_old(row.pk, WORKER)
    retire.finish_removals()


def merge_is_due(row: Bundle) -> bool:
    """Also where an interrupted build waits, and where what is live is damaged or from another cluster."""
    if row.state != Bundle.State.LIVE and bundles.count_missing(row.pk)[0]:
        return False  # it is still being filled
    if somebody_builds(row.pk):
        return False  # an operator at a command line, say; what they leave behind is looked at next time
    live = live_of(row.pk)
    foreign = live is not None and live.manifest.get("cluster") != cluster_id() and not one_waits(row, live)
    if not foreign and not should_merge(row.pk):
        return False
    if foreign or live is None:
        renew_foreign_rows(row.pk)
    return True


def one_waits(row: Bundle, live: Generation) -> bool:
    """For its verification, or for an operator."""
    return Generation.objects.filter(bundle=row, state=State.READY, created_at__gt=live.created_at).exists()


def check_live(long: Long) -> None:
    """Every byte of every live generation; for one that fails a merge is due."""
    for generation_id in Generation.objects.filter(state=State.LIVE).values_list("pk", flat=True):
        long("index", "verify", generation_id, "--actor", WORKER)


def unverified(bundle_id: str) -> list[str]:
    """Ready, and nobody has looked at them: whoever built them was killed before."""
    rows = Generation.objects.filter(bundle_id=bundle_id, state=State.READY).exclude(recall__has_key="ok")
    return list(rows.values_list("pk", flat=True))


def promote_merged(row: Bundle) -> Generation | None:
    """The latest verified one that the worker built goes live by itself, where the settings let it.

    A bundle that is not live yet may always have one: it answers for that bundle alone.
    """
    if row.state == Bundle.State.LIVE and not settings.SIGHTLINE_AUTO_PROMOTE_MERGES:
        return None
    latest = Generation.objects.filter(bundle=row, state=State.READY, recall__ok=True).order_by("-created_at").first()
    live = live_of(row.pk)
    if latest is None or (live is not None and latest.created_at < live.created_at) or not built_by_worker(latest):
        return None
    try:
        return promote(latest.pk, WORKER)
    except IndexRefused:  # a person was faster, or its files are gone
        return None


def built_by_worker(row: Generation) -> bool:
    return ServingEvent.objects.filter(generation_id=row.pk, verb="build", actor=WORKER).exists()


def take_over() -> bool:
    """A new bundle that is complete: measured on the golden set if there is one, then live if it may be."""
    complete = [row.pk for row in Bundle.objects.filter(state="building") if not bundles.count_missing(row.pk)[0]]
    if complete and settings.SIGHTLINE_AUTO_PROMOTE:
        golden.measure_missing([*complete, *filter(None, [bundles.live_id()])], WORKER)
    return bool(complete) and bundles.promote_when_complete()


def renew_foreign_rows(bundle_id: str) -> int:
    """After a dump was restored: rows and changes bear transaction numbers that this cluster has not reached yet.

    They would count as newer than every generation. Written again, in batches, they are as new as they look. Returns
    how many rows.
    """
    renewed = 0
    while batch := renew_batch(bundle_id):
        renewed += batch
    return renewed


def renew_batch(bundle_id: str) -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM search_change WHERE xid >= pg_snapshot_xmax(pg_current_snapshot())")
        cursor.execute(
            """UPDATE search_imagevector SET written = pg_current_xact_id() WHERE id IN (
                SELECT id FROM search_imagevector WHERE bundle_id = %s
                AND written >= pg_snapshot_xmax(pg_current_snapshot()) AND written <> pg_current_xact_id() LIMIT %s)""",
            [bundle_id, RENEWED_AT_ONCE],
        )
        return cursor.rowcount
