"""An undo of many rows is the worker's: nobody waits minutes for a page."""

from django.db import transaction
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

UNDO_TASK = "catalog.undo_edit"
AT_ONCE_ROWS = 20_000


def undo_later(edit_id: int, user_id: int) -> bool:
    """False when it waits for the worker already."""
    job = app.configure_task(UNDO_TASK, queueing_lock=f"{UNDO_TASK} {edit_id}")
    try:
        with transaction.atomic():
            job.defer(edit_id=edit_id, user_id=user_id)
    except AlreadyEnqueued:
        return False
    return True
