"""What the worker does for the catalog. Every job may run twice, or be killed anywhere: the rows say what is left."""

import logging
from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.files.storage import default_storage
from django.db import OperationalError, connection
from django.utils import timezone
from procrastinate import JobContext, RetryStrategy
from procrastinate.contrib.django import app

from catalog.edits.forget import forget_before
from catalog.edits.later import UNDO_TASK
from catalog.errors import CatalogError, FetchFailed, FetchRefused, SourceMissing
from catalog.history import by
from catalog.ingest.inspect import inspect_pending
from catalog.models import Edit, Image
from catalog.priority import Priority
from catalog.review.kept import purge_copies
from catalog.services import EMBED_TASK, mark_failed, mark_rejected
from catalog.storage import WholeFileStorage
from catalog.webhooks import tasks as webhook_tasks  # noqa: F401 - the worker looks for tasks here
from ml.errors import ImageRejected

MAX_ATTEMPTS = 5
RETRY = RetryStrategy(max_attempts=MAX_ATTEMPTS, exponential_wait=3)  # after 3, 9, 27 and 81 seconds
log = logging.getLogger(__name__)


@app.task(name="catalog.inspect_image", pass_context=True, retry=RETRY, priority=Priority.INSPECT)
def inspect_image(context: JobContext, image_id: int) -> None:
    attempt(context, image_id, inspect_pending)


def attempt(context: JobContext, image_id: int, step: Callable[[int], None]) -> None:
    """Run one step. What will never work rejects the picture; what may work later is tried again, then failed."""
    number = context.job.attempts + 1
    if number > MAX_ATTEMPTS:  # no exception ended the attempts before: each took its worker with it
        mark_failed(image_id, "The worker died each time it took this picture.")
        return
    Image.objects.filter(pk=image_id).update(attempts=number)
    try:
        step(image_id)
    except FetchFailed as error:
        retry_or_fail(image_id, number, error.detail, error)
    except (ImageRejected, FetchRefused, SourceMissing) as error:
        mark_rejected(image_id, error.detail)
    except Exception as error:
        retry_or_fail(image_id, number, f"{type(error).__name__}: {error}", error)


def retry_or_fail(image_id: int, number: int, reason: str, error: Exception) -> None:
    if number < MAX_ATTEMPTS:
        raise error
    log.error("image %s failed %s times", image_id, number, exc_info=error)
    mark_failed(image_id, reason)


FORGOTTEN = """
    SELECT image.id, image.status FROM catalog_image image
    WHERE image.status IN ('pending', 'inspected') AND NOT EXISTS (
        SELECT FROM procrastinate_jobs job
        WHERE job.status IN ('todo', 'doing') AND (job.args ->> 'image_id')::bigint = image.id
          AND job.task_name IN ('catalog.inspect_image', 'search.embed_image'))
    ORDER BY image.id LIMIT %s
"""


@app.periodic(cron="* * * * *")
@app.task(name="catalog.requeue_forgotten", queueing_lock="catalog.requeue_forgotten")
def requeue_forgotten(timestamp: int | None = None, limit: int = 1000) -> int:
    """Give every waiting picture a job that has none: its job was deleted by hand, or written by an older version."""
    with connection.cursor() as cursor:
        cursor.execute(FORGOTTEN, [limit])
        waiting = cursor.fetchall()
    pending = [{"image_id": pk} for pk, status in waiting if status == Image.Status.PENDING]
    inspected = [{"image_id": pk} for pk, status in waiting if status == Image.Status.INSPECTED]
    if pending:
        inspect_image.batch_defer(*pending)
    if inspected:
        app.configure_task(EMBED_TASK).batch_defer(*inspected)
    return len(waiting)


@app.periodic(cron="29 3 * * *")
@app.task(name="catalog.remove_drafts", queueing_lock="catalog.remove_drafts")
def remove_drafts(timestamp: int | None = None) -> None:
    """Deletes the drafts of pictures that workers left when they were killed."""
    if isinstance(default_storage, WholeFileStorage):
        default_storage.remove_drafts(older_than_s=3600)


@app.periodic(cron="41 3 * * *")
@app.task(name="catalog.forget_history", queueing_lock="catalog.forget_history")
def forget_history(timestamp: int | None = None) -> int:
    """Deletes what was recorded longer ago than changes can be undone (settings.SIGHTLINE_HISTORY_DAYS)."""
    return forget_before(timezone.now() - timedelta(days=settings.SIGHTLINE_HISTORY_DAYS))


@app.periodic(cron="37 3 * * *")
@app.task(name="catalog.purge_copies", queueing_lock="catalog.purge_copies")
def purge_forgotten_copies(timestamp: int | None = None) -> None:
    """Deletes private copies of held and rejected pictures that no row names any more."""
    purge_copies()


@app.task(name=UNDO_TASK, retry=RetryStrategy(max_attempts=5, linear_wait=10, retry_exceptions={OperationalError}))
def undo_edit(edit_id: int, user_id: int) -> None:
    """For an Edit that changed more rows than a page can wait for. All of it or nothing, so it may be tried again: an
    import that writes the same rows, or a database that restarts, ends an attempt."""
    from catalog.edits.undo import undo  # which imports what defers this module's tasks

    edit, user = Edit.objects.filter(pk=edit_id).first(), get_user_model().objects.filter(pk=user_id).first()
    if edit is None or user is None:
        return
    try:
        undo(edit, by(user), user)
    except CatalogError as error:  # somebody was first, or it clashes: History shows that nothing was undone
        log.warning("edit %s was not undone: %s", edit_id, error.detail)
