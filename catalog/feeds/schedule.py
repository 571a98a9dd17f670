"""Feeds that come by themselves: what is due, and what is left over."""

import logging
import shutil
import time
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, Q
from django.utils import timezone

from catalog.errors import CatalogError
from catalog.feeds.files import folder_of
from catalog.feeds.models import SCHEDULE, FeedSource, Import, ImportProblem, ImportRow
from catalog.feeds.moves import JOB, end, enqueue
from catalog.feeds.services import start_import
from catalog.models import Image

State = Import.State
BUSY = Q(state__in=(State.RUNNING, State.PAUSED)) | Q(state=State.UPLOADED, reason="")  # not: waits for a person
FORGOTTEN = """
    SELECT import.id FROM catalog_import import
    WHERE (import.state = 'running' OR import.state = 'uploaded' AND import.reason = '') AND NOT EXISTS (
        SELECT FROM procrastinate_jobs job WHERE job.status IN ('todo', 'doing') AND job.task_name = %s
            AND (job.args ->> 'import_id')::bigint = import.id)
"""
UPLOAD_LIVES = timedelta(hours=24)
WAITS_FOR_A_YES = timedelta(days=14)
ROWS_LIVE, IMPORT_LIVES = timedelta(days=7), timedelta(days=90)
log = logging.getLogger(__name__)


def fetch_due() -> int:
    """Start an import for every source whose time has come. One that is busy is asked again at its next time.

    One whose start breaks holds up no other.
    """
    started = 0
    due = FeedSource.objects.filter(next_at__lte=timezone.now(), every_minutes__isnull=False).order_by("next_at")
    for source_id in due.values_list("pk", flat=True):
        try:
            started += start_due(source_id)
        except (OSError, ValueError, RuntimeError) as error:
            log.exception("feed %s could not be started", source_id)
            said = f"{type(error).__name__}: {error}"[:500]
            FeedSource.objects.filter(pk=source_id).update(failures=F("failures") + 1, last_error=said)
    return started


def start_due(source_id: int) -> bool:
    with transaction.atomic():
        source = FeedSource.objects.select_for_update().filter(pk=source_id, next_at__lte=timezone.now()).first()
        if source is None or not source.every_minutes:  # another worker was here first
            return False
        now = timezone.now()
        source.next_at, source.tried_at = now + timedelta(minutes=source.every_minutes), now
        source.save(update_fields=["next_at", "tried_at"])
        if source.imports.filter(BUSY).exists():
            return False
        return fetch_now(source, actor=SCHEDULE, run_when_checked=True) is not None


def fetch_now(source: FeedSource, actor: str, run_when_checked: bool) -> Import | None:
    """None, and the source says why, where its folder is not there."""
    where = {"url": source.location} if source.kind == FeedSource.Kind.URL else {"folder": source.location}
    try:
        return start_import(actor=actor, name=source.name, source=source, run_when_checked=run_when_checked, **where)
    except CatalogError as error:
        FeedSource.objects.filter(pk=source.pk).update(failures=source.failures + 1, last_error=error.detail[:500])
        return None


def requeue_forgotten() -> int:
    """Imports that should go on and have no job: it was deleted, or its worker was told to stop."""
    with connection.cursor() as cursor:
        cursor.execute(FORGOTTEN, [JOB])
        forgotten = [pk for (pk,) in cursor.fetchall()]
    for pk in forgotten:
        enqueue(pk)
    return len(forgotten)


def tidy() -> None:
    """Old imports keep their counts for a while; what the dry run wrote and the files go sooner."""
    now = timezone.now()
    for found in Import.objects.filter(state=State.UPLOADING, created_at__lt=now - UPLOAD_LIVES):
        end(found.pk, State.CANCELLED, "The upload was never finished.")
    for found in Import.objects.filter(state__in=(State.UPLOADED, State.CHECKED), created_at__lt=now - WAITS_FOR_A_YES):
        end(found.pk, State.CANCELLED, "Nobody has run it for two weeks.")
    ended = Import.objects.filter(ended_at__isnull=False)
    old = ended.filter(ended_at__lt=now - ROWS_LIVE)
    ImportRow.objects.filter(of__in=old).delete()
    ImportProblem.objects.filter(of__in=ended.filter(ended_at__lt=now - IMPORT_LIVES)).delete()
    ended.filter(ended_at__lt=now - IMPORT_LIVES).delete()
    remove_files(set(ended.filter(ended_at__gte=now - ROWS_LIVE).values_list("pk", flat=True)))


def remove_files(keep: set[int]) -> None:
    """Folders of imports, unless pictures in the catalog come from there.

    A young one may be of an upload that is being written, whose row nobody else sees before it is committed.
    """
    young = time.time() - UPLOAD_LIVES.total_seconds()
    keep |= set(Import.objects.filter(ended_at__isnull=True).values_list("pk", flat=True))
    root = Path(settings.SIGHTLINE_FEEDS_DIR)
    for folder in root.iterdir() if root.is_dir() else ():
        if not folder.name.isdecimal() or int(folder.name) in keep or folder.stat().st_mtime > young:
            continue
        if not is_used(folder):
            shutil.rmtree(folder_of(int(folder.name)), ignore_errors=True)


def is_used(folder: Path) -> bool:
    """As it is named, and where a link leads: pictures keep the name that their import had."""
    named = Q(folder__startswith=f"{folder}/") | Q(folder__startswith=f"{folder.resolve()}/")
    return Image.objects.filter(named).exists()
