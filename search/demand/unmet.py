"""The searches that found nothing good, read for the worker.

A photo search went unmet when nobody clicked a result, and either nothing close was found, as the bundle judged it, or
a shopper marked a result as no match. A search by words went unmet when no product holds any of them, and nobody
clicked what was shown instead. No click alone says little: who has found what they looked for may just look.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from search.demand.models import DemandQuery
from search.models import Click, Flag

MOST = 8000  # newest of each kind: what groups are made of
UNDECIDED = timedelta(minutes=10)  # so long may a shopper look before they click
NOTHING_CLOSE = "nothing_close"


@dataclass(frozen=True, slots=True)
class Unmet:
    """One search. asked: what counts as one, the photo or the search itself. vector: float32 (dim,) or None."""

    id: object
    asked: str
    words: str
    bundle_id: str
    vector: np.ndarray | None
    sees: str
    products: tuple[int, ...]
    photo_token: str
    at: datetime


def unmet(kind: DemandQuery.Kind, since: datetime) -> list[Unmet]:
    """Newest first, at most MOST."""
    return list(read(unmet_rows(since).filter(kind=kind).order_by("-created_at")[:MOST]))


def unmet_rows(since: datetime) -> QuerySet[DemandQuery]:
    taken_back = Flag.objects.filter(query=OuterRef("query"), product=OuterRef("product"), pk__gt=OuterRef("pk"))
    flags = Flag.objects.filter(query=OuterRef("pk"), withdrawn=False).exclude(Exists(taken_back))
    nothing = Q(kind=DemandQuery.Kind.TEXT) | Q(closeness=NOTHING_CLOSE) | Exists(flags)
    return DemandQuery.objects.filter(
        nothing,
        ~Exists(Click.objects.filter(query=OuterRef("pk"))),
        created_at__gte=since,
        created_at__lt=timezone.now() - UNDECIDED,
    )


def read(rows: QuerySet[DemandQuery]) -> Iterator[Unmet]:
    for row in rows:
        yield Unmet(
            row.pk,
            row.photo_token or str(row.pk),
            row.words,
            row.bundle_id,
            None if row.vector is None else np.asarray(row.vector, np.float32),
            row.sees,
            tuple(row.products),
            row.photo_token,
            row.created_at,
        )
