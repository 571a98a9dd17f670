"""Copies of a shopper's photo go with it."""

import hashlib

from django.core.files.storage import storages
from django.dispatch import receiver

from labeling.models import Query, QueryBatch
from search.photos import photo_gone


def photo_name(token: str) -> str:
    """The name of its query: found again by who has the token, and says nothing to anybody else."""
    return f"photo-{hashlib.sha256(token.encode()).hexdigest()[:24]}"


@receiver(photo_gone, dispatch_uid="labeling.forget_photo")
def forget_photo(token: str, **_) -> None:
    """Its shopper took it back, or its time is over. Verdicts on what was found with it stay."""
    rows = Query.objects.filter(batch__origin=QueryBatch.Origin.TRAFFIC, name=photo_name(token))
    for name in set(rows.values_list("photo", flat=True)):
        storages["private"].delete(name)
