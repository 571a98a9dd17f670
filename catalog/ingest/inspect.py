"""One picture: its bytes -> a cleaned JPEG in storage, and what is known of it. pending -> inspected | rejected."""

import hashlib
from dataclasses import asdict

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django import app

from catalog.ingest.sources import UPLOAD, read_bytes
from catalog.models import Image
from catalog.services import EMBED_TASK, mark_rejected
from ml.images import open_image, to_jpeg
from ml.inspect import Inspection, inspect

MAX_SIDE_PX = 1024
QUALITY = 90


def inspect_pending(image_id: int) -> None:
    """Take a pending picture one step on. Anything else is left alone: another worker was here first."""
    image = Image.objects.filter(pk=image_id, status=Image.Status.PENDING).first()
    if image is None:
        return
    data = read_bytes(image.source, image.folder)
    picture = open_image(data, max_side_px=MAX_SIDE_PX)
    found = inspect(picture, data)
    if found.reason:
        mark_rejected(image_id, found.reason)
        return
    if image.source.startswith(UPLOAD):  # cleaned when it came
        file = image.source.removeprefix(UPLOAD)
    else:
        file = store(to_jpeg(picture, max_side_px=MAX_SIDE_PX, quality=QUALITY))
    finish(image, file, found)


def store(jpeg: bytes) -> str:
    """Write under the content's own name, which is returned. A whole file is left alone, a broken one replaced."""
    digest = hashlib.sha256(jpeg).hexdigest()
    name = f"products/{digest[:2]}/{digest}.jpg"
    if default_storage.exists(name):
        if holds(name, jpeg):
            return name
        default_storage.delete(name)
    return default_storage.save(name, ContentFile(jpeg))


def holds(name: str, jpeg: bytes) -> bool:
    """Whether the stored file is this picture: a disk that was full or lost its power may have left part of it."""
    try:
        with default_storage.open(name) as file:
            return file.read(len(jpeg) + 1) == jpeg
    except FileNotFoundError:  # deleted meanwhile
        return False


@transaction.atomic
def finish(image: Image, file: str, found: Inspection) -> None:
    """Compare and swap, and defer the embedding in the same transaction."""
    updated = Image.objects.filter(pk=image.pk, status=Image.Status.PENDING, fingerprint=image.fingerprint).update(
        status=Image.Status.INSPECTED,
        inspected_at=timezone.now(),
        file=file,
        reason="",
        sha256=found.sha256,
        phash=signed(found.phash),
        width=found.width,
        height=found.height,
        colours=[asdict(colour) for colour in found.colours],
    )
    if updated != 1:  # another worker finished first, or the picture left the feed
        return
    app.configure_task(EMBED_TASK).defer(image_id=image.pk)


def signed(unsigned: int) -> int:
    """A 64-bit hash as PostgreSQL's bigint holds it. The bits are the same."""
    return unsigned - (1 << 64) if unsigned >> 63 else unsigned
