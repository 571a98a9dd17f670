"""Writes that bring the index and the catalog together again. Each is recorded with who asked for it."""

from collections.abc import Iterable

import numpy as np
from django.db import connection, transaction

from catalog.services import encode_again, fetch_again
from search.models import Change, ServingEvent
from search.status import tally
from search.status.compare import Kind
from search.status.held import held

AT_ONCE = 1_000
VERB = "repair"


def repair(image_ids: Iterable[int] | None, actor: str, thorough: bool = False) -> int:
    """Of the differences that there are now: those of these pictures, or the first thousand. How many were taken on.

    For what is found and should not be, every process is told to look at its product again: that takes it out within
    a second. Everything else is encoded again, or fetched again where its file is lost.
    """
    found = tally.tally(thorough)
    chosen = {kind: choose(found.differences[kind], image_ids) for kind in Kind}
    encode = [image_id for kind in Kind if kind != Kind.EXTRA for image_id in chosen[kind]]
    with transaction.atomic():
        written = encode_again(encode)
        fetch_again(set(encode) - set(written))
        look_again(chosen[Kind.EXTRA])
        done = sum(map(len, chosen.values()))
        if done:
            detail = {kind.value: ids[:20] for kind, ids in chosen.items() if ids} | {"pictures": done}
            ServingEvent.objects.create(
                verb=VERB, actor=actor, generation_id=found.generation_id or "", bundle_id=found.bundle_id or "",
                detail=detail,
            )  # fmt: skip
    tally.forget()
    return done


def choose(differing: np.ndarray, image_ids: Iterable[int] | None) -> list[int]:
    if image_ids is None:
        return differing[:AT_ONCE].tolist()
    return np.intersect1d(differing, np.array(list(image_ids), np.int64)).tolist()


def look_again(image_ids: list[int]) -> None:
    """Logs their products as changed, as a write to them would; the index says which ones they are."""
    if not image_ids:
        return
    index = held().all()
    products = np.unique(index.product_ids[np.isin(index.image_ids, image_ids)]).tolist()
    Change.objects.bulk_create(Change(product_id=product_id) for product_id in products)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify('sightline_changed', '')")
