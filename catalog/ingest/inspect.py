"""One picture: its bytes -> a cleaned JPEG in storage, and what is known of it. pending -> inspected, held or rejected.

Nothing that is held or rejected gets into the public storage: a person looks at a private copy.
"""

import hashlib
from dataclasses import asdict

from django.core.files.base import ContentFile
from django.core.files.storage import Storage, default_storage
from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django import app

from catalog.ingest.judge import ON_BLOCKLIST, Judgement, judge
from catalog.ingest.sources import UPLOAD, read_bytes
from catalog.models import Image
from catalog.priority import Priority
from catalog.review.kept import keep, note
from catalog.review.models import Inspection as Noted
from catalog.review.models import PictureRule
from catalog.review.near import note_near_duplicates
from catalog.review.rules import Look, standing_verdict, take_turn
from catalog.services import EMBED_TASK, announce_image, delete_unused_files
from catalog.webhooks.models import Event
from ml.images import open_image, to_jpeg
from ml.inspect import Inspection, inspect

MAX_SIDE_PX = 1024
QUALITY = 90


def inspect_pending(image_id: int) -> None:
    """Take a pending picture one step on. Anything else is left alone: another worker was here first."""
    pending = Image.objects.filter(pk=image_id, status=Image.Status.PENDING)
    image = pending.select_related("product__category").defer("product__words").first()
    if image is None:
        return
    data = read_bytes(image.source, image.folder)
    picture = open_image(data, max_side_px=MAX_SIDE_PX)
    found = inspect(picture, data)
    judgement = judge(image, picture, look_of(found))
    jpeg = to_jpeg(picture, max_side_px=MAX_SIDE_PX, quality=QUALITY)
    if judgement.status != Image.Status.INSPECTED:
        set_aside(image, found, judgement, jpeg)
    else:
        cleaned_when_it_came = image.source.startswith(UPLOAD)
        finish(image, store(data if cleaned_when_it_came else jpeg), found, judgement, jpeg)


def look_of(found: Inspection) -> Look:
    return Look(found.sha256, signed(found.phash), found.thumbnail)


def store(jpeg: bytes, storage: Storage = default_storage) -> str:
    """Write under the content's own name, which is returned. A whole file is left alone, a broken one replaced."""
    digest = hashlib.sha256(jpeg).hexdigest()
    name = f"products/{digest[:2]}/{digest}.jpg"
    if storage.exists(name):
        if holds(storage, name, jpeg):
            return name
        storage.delete(name)
    return storage.save(name, ContentFile(jpeg))


def holds(storage: Storage, name: str, jpeg: bytes) -> bool:
    """Whether the stored file is this picture: a disk that was full or lost its power may have left part of it."""
    try:
        with storage.open(name) as file:
            return file.read(len(jpeg) + 1) == jpeg
    except FileNotFoundError:  # deleted meanwhile
        return False


@transaction.atomic
def finish(image: Image, file: str, found: Inspection, judgement: Judgement, jpeg: bytes) -> None:
    """Compare and swap, and defer the embedding in the same transaction."""
    take_turn()
    if standing_verdict(look_of(found), image.product.sku) == PictureRule.Verdict.BLOCK:  # while this one was looked at
        set_aside(image, found, Judgement(Image.Status.REJECTED, Noted.Cause.BLOCKLIST, ON_BLOCKLIST), jpeg)
        transaction.on_commit(lambda: delete_unused_files({file}))
        return
    if not write(image, found, judgement, file=file, inspected_at=timezone.now()):
        return
    note(image.pk, judgement.cause, judgement.warnings, judgement.parts)
    note_near_duplicates(image)
    by_hand = image.source.startswith(UPLOAD)
    priority = Priority.BY_HAND if by_hand else Priority.ENCODE
    app.configure_task(EMBED_TASK, priority=priority).defer(image_id=image.pk)


def set_aside(image: Image, found: Inspection, judgement: Judgement, jpeg: bytes) -> None:
    """Hold or reject it, with a copy for those who may look at it."""
    kept = keep(jpeg)
    with transaction.atomic():
        if write(image, found, judgement):
            note(image.pk, judgement.cause, judgement.warnings, judgement.parts, kept)
            if judgement.status == Image.Status.REJECTED:
                announce_image(Event.IMAGE_REJECTED, image.pk)


def write(image: Image, found: Inspection, judgement: Judgement, **more) -> bool:
    """False where another worker finished first, or the picture left the feed."""
    image.phash, image.sha256, image.thumbnail = signed(found.phash), found.sha256, found.thumbnail
    updated = Image.objects.filter(pk=image.pk, status=Image.Status.PENDING, fingerprint=image.fingerprint).update(
        status=judgement.status,
        reason=judgement.reason,
        sha256=image.sha256,
        phash=image.phash,
        thumbnail=image.thumbnail,
        width=found.width,
        height=found.height,
        colours=[asdict(colour) for colour in found.colours],
        **more,
    )
    return updated == 1


def signed(unsigned: int) -> int:
    """A 64-bit hash as PostgreSQL's bigint holds it. The bits are the same."""
    return unsigned - (1 << 64) if unsigned >> 63 else unsigned
