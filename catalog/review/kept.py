"""Private copies of pictures that are held or rejected, and the row that says what was found."""

import secrets
from collections.abc import Iterable
from dataclasses import asdict
from datetime import timedelta

from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import transaction
from django.utils import timezone

from catalog.review.models import Inspection
from ml.inspect.flaws import Flaw
from ml.inspect.safety import Part

FOLDER = "held"
FORGOTTEN_H = 24


def keep(jpeg: bytes) -> str:
    """The name in the private storage, where no address leads."""
    return storages["private"].save(f"{FOLDER}/{secrets.token_hex(16)}.jpg", ContentFile(jpeg))


def read_kept(name: str) -> bytes:
    """Raises FileNotFoundError."""
    if not name:
        raise FileNotFoundError
    with storages["private"].open(name) as file:
        return file.read()


def note(
    image_id: int, cause: str = "", warnings: Iterable[Flaw] = (), parts: Iterable[Part] = (), kept: str = ""
) -> None:
    """Replace what an earlier inspection of the picture found. Call it in the transaction that writes the picture."""
    forget([image_id])
    warned = [[flaw.kind, flaw.says] for flaw in warnings]
    if cause or warned:
        told = [list(asdict(part).values()) for part in parts]
        Inspection.objects.create(
            image_id=image_id, cause=cause, warnings=warned, open=bool(warned and not cause), parts=told, kept=kept
        )


def forget(image_ids: Iterable[int]) -> None:
    """The rows now, their copies when the transaction commits."""
    rows = Inspection.objects.filter(image__in=list(image_ids))
    names = [name for name in rows.values_list("kept", flat=True) if name]
    rows.delete()
    transaction.on_commit(lambda: delete_copies(names))


def delete_copies(names: Iterable[str]) -> None:
    for name in names:
        storages["private"].delete(name)


def purge_copies() -> int:
    """Delete copies without a row: their picture was deleted in a cascade, or their worker was killed."""
    private = storages["private"]
    if not private.exists(FOLDER):
        return 0
    before = timezone.now() - timedelta(hours=FORGOTTEN_H)
    names = [f"{FOLDER}/{name}" for name in private.listdir(FOLDER)[1]]
    known = set(Inspection.objects.filter(kept__in=names).values_list("kept", flat=True))
    old = [name for name in names if name not in known and private.get_modified_time(name) < before]
    delete_copies(old)
    return len(old)
