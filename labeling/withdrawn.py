"""Copies of a shopper's photo go with it."""

import hashlib

from django.core.files.storage import storages
from django.db import transaction
from django.dispatch import receiver

from labeling.models import Assignment, Query, QueryBatch, Task
from search.photos import photo_gone


def photo_name(token: str) -> str:
    """The name of its query: found again by who has the token, and says nothing to anybody else."""
    return f"photo-{hashlib.sha256(token.encode()).hexdigest()[:24]}"


@receiver(photo_gone, dispatch_uid="labeling.forget_photo")
def forget_photo(token: str, **_) -> None:
    """Its shopper took it back, or its time is over. Nobody is asked about it any more; what was said of it is kept,
    and counts for nothing."""
    rows = Query.objects.filter(batch__origin=QueryBatch.Origin.TRAFFIC, name=photo_name(token))
    withdraw(Task.objects.filter(query__in=rows))
    for name in set(rows.values_list("photo", flat=True)):
        storages["private"].delete(name)


@transaction.atomic
def withdraw(tasks) -> None:
    """Whoever has one before them gets another one instead; what they say of it comes too late."""
    tasks.update(state=Task.State.WITHDRAWN)
    held = Assignment.objects.filter(task__in=tasks, state=Assignment.State.LEASED)
    held.update(state=Assignment.State.EXPIRED)
