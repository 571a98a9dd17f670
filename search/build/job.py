"""A build's order, kept beside its files, and whose turn it is: one builder for each bundle at a time."""

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.db import connection

from search.build.manifest import read_json, write_json
from search.build.split import By
from search.errors import AlreadyBuilding
from search.models import Bundle, Generation

State = Generation.State
MAX_ATTEMPTS = 25  # a build that takes its process down each time must end some time
ORDER = "order.json"
HELD = """
    SELECT EXISTS (SELECT FROM pg_locks, pg_database WHERE locktype = 'advisory' AND objsubid = 1 AND granted
        AND pg_database.oid = pg_locks.database AND datname = current_database()
        AND ((classid::bigint << 32) | objid::bigint) = hashtextextended(%s, 0))
"""


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be built. `base`: the generation whose rows and cells are taken over where they still fit."""

    id: str
    bundle_id: str
    dim: int
    base: str | None = None
    shards: int | None = None  # as many as the rows ask for
    by: By = "hash"
    attempts: int = 0

    @property
    def folder(self) -> Path:
        return folder_of(self.id)

    @property
    def work(self) -> Path:
        return self.folder / "work"

    def save(self) -> None:
        self.work.mkdir(parents=True, exist_ok=True)
        write_json(self.work / ORDER, asdict(self))


def folder_of(generation_id: str) -> Path:
    return Path(settings.SIGHTLINE_INDEX_DIR) / generation_id


def lock_of(bundle_id: str) -> str:
    return f"sightline.build:{bundle_id}"


@contextmanager
def only_builder(bundle_id: str) -> Iterator[None]:
    """Held by the database session, so a killed builder holds nothing. Raises AlreadyBuilding."""
    key = lock_of(bundle_id)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [key])
        if not cursor.fetchone()[0]:
            raise AlreadyBuilding
    try:
        yield
    finally:
        if connection.connection is not None and not connection.connection.closed:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [key])


def somebody_builds(bundle_id: str) -> bool:
    """Whether a builder is at work on this bundle at this moment, in this process or another. Takes no lock."""
    with connection.cursor() as cursor:
        cursor.execute(HELD, [lock_of(bundle_id)])
        return cursor.fetchone()[0]


def new_order(bundle_id: str, base: str | None, shards: int | None, by: By) -> Order:
    """A row in state building, then its folder: a folder without a row would be nobody's."""
    bundle = Bundle.objects.get(pk=bundle_id)
    order = Order(f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(3)}", bundle_id, bundle.dim, base, shards, by)
    Generation.objects.create(pk=order.id, bundle=bundle)
    return order


def unfinished(bundle_id: str, wanted_base: str | None) -> Order | None:
    """The build to go on with; others that can lead to nothing are given up. Call it as the only builder."""
    for row in Generation.objects.filter(bundle_id=bundle_id, state=State.BUILDING).order_by("-created_at"):
        order = read_order(row.pk)
        if order is None:  # killed before it could say what it was to become
            shutil.rmtree(folder_of(row.pk), ignore_errors=True)
            row.delete()
        elif why := reason_against(row, order, wanted_base):
            give_up(row.pk, why)
        else:
            return replace(order, attempts=order.attempts + 1)
    return None


def read_order(generation_id: str) -> Order | None:
    kept = read_json(folder_of(generation_id) / "work" / ORDER)
    return Order(**kept) if kept else None


def reason_against(row: Generation, order: Order, wanted_base: str | None) -> str | None:
    """Why it makes no sense to go on with a build that was interrupted."""
    if order.attempts >= MAX_ATTEMPTS:
        return f"It was interrupted {order.attempts + 1} times. The log of the worker may say by what."
    later = Generation.objects.filter(bundle_id=row.bundle_id, promoted_at__gt=row.created_at)
    if later.exists():  # rows may have left the hot tier that this one does not hold
        return "It was interrupted, and another generation went live meanwhile."
    if order.base is not None and wanted_base is None:
        return "It was interrupted, and a full build was asked for."
    return None


def give_up(generation_id: str, why: str) -> bool:
    """Building -> failed, and its files go. False where somebody else did something with it first."""
    updated = Generation.objects.filter(pk=generation_id, state=State.BUILDING).update(state=State.FAILED, error=why)
    shutil.rmtree(folder_of(generation_id), ignore_errors=True)
    return updated == 1


def sweep(bundle_id: str) -> None:
    """Work files of a builder that was killed when all was done, and files of what has failed."""
    for pk, state in Generation.objects.filter(bundle_id=bundle_id).values_list("pk", "state"):
        if state in (State.READY, State.LIVE, State.RETIRED):
            shutil.rmtree(folder_of(pk) / "work", ignore_errors=True)
        elif state == State.FAILED and (folder_of(pk) / "work").exists():
            shutil.rmtree(folder_of(pk), ignore_errors=True)
