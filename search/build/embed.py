"""Catalog pictures to vectors in the hot tier. Every step may be repeated: the outcome is the same."""

import io
import logging
from collections.abc import Iterable, Iterator
from itertools import islice

from django.core.files.storage import default_storage
from django.db import transaction
from PIL import Image as Picture
from procrastinate.contrib.django import app

from catalog.models import Image, Product
from catalog.priority import Priority
from catalog.services import fetch_again, mark_indexed
from ml.encode import catalog_words
from ml.encode.patches import pack
from search.build.register import EMBEDDABLE, missing
from search.errors import BrokenPicture
from search.models import Bundle, ImageVector
from search.serving import find_folder, is_loaded, loaded_bundle

BATCH = 16
LOOKED_AT = BATCH * 20  # pictures read from the database at a time
DETAILS_TASK = "search.look_closely"  # once they can be searched
log = logging.getLogger(__name__)


def embed_image(image_id: int) -> int:
    """Encode this picture, and some others that wait beside it: sixteen at once cost less than sixteen times one.

    Returns how many are indexed by this call; 0 where another worker has done it, or the picture is gone, or no bundle
    is registered yet: the first one is filled with all that was inspected. Raises BrokenPicture for this one; what is
    wrong with another one is left to its own job.
    """
    with transaction.atomic():
        # This picture's lock is waited for: if the worker that holds it dies, the picture is still done here.
        waiting = Image.objects.select_for_update(of=("self",)).exclude(file="")
        own = waiting.filter(pk=image_id, status=Image.Status.INSPECTED).first()
        bundle_ids = bundles_to_fill()
        if own is None or not bundle_ids:
            return 0
        others = Image.objects.select_for_update(of=("self",), skip_locked=True).exclude(file="").exclude(pk=own.pk)
        beside = others.filter(status=Image.Status.INSPECTED, blocked=False).order_by("pk")[: BATCH - 1]
        batch = [(own, open_stored(own.file)), *readable(beside)]
        app.configure_task(DETAILS_TASK, priority=Priority.LATER).defer(image_ids=[image.pk for image, _ in batch])
        return store_vectors(batch, bundle_ids)


def fill_bundle(bundle_id: str) -> int:
    """One batch of pictures that have no vector of this bundle yet. Returns how many; 0 when it is complete.

    One that was indexed before and whose file is broken now is fetched again, and encoded when it has come.
    """
    broken: list[Image] = []
    with transaction.atomic():
        batch = list(islice(readable(without_vector(bundle_id), broken), BATCH))
        fetch_again([image.pk for image in broken])
        return store_vectors(batch, [bundle_id])


def without_vector(bundle_id: str) -> Iterator[Image]:
    """By id, locked as they are met: there may be millions. Call it in a transaction."""
    waiting = Image.objects.select_for_update(of=("self",), skip_locked=True).filter(status__in=EMBEDDABLE)
    last = 0
    while chunk := list(waiting.filter(pk__gt=last, pk__in=missing(bundle_id).values("pk")).order_by("pk")[:LOOKED_AT]):
        yield from chunk
        last = chunk[-1].pk


def store_vectors(batch: list[tuple[Image, Picture.Image]], bundle_ids: list[str]) -> int:
    """Call with the images locked: vectors and states are written in one transaction, so committed means searchable."""
    images, pictures = [image for image, _ in batch], [picture for _, picture in batch]
    words = words_of({image.product_id for image in images})
    for bundle_id in bundle_ids if images else ():
        said = [words[image.product_id] for image in images]
        encoded = loaded_bundle(bundle_id).encode_catalog_with_patches(pictures, said)
        patches = [None] * len(images) if encoded.patches is None else map(pack, encoded.patches)
        rows = [
            ImageVector(image=image, product_id=image.product_id, bundle_id=bundle_id, vector=vector, patches=packed)
            for image, vector, packed in zip(images, encoded.vectors, patches, strict=True)
        ]
        ImageVector.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["image", "bundle"],
            update_fields=["product", "vector", "patches"],
        )
    for image in images:
        mark_indexed(image.pk)
    return len(images)


def words_of(product_ids: Iterable[int]) -> dict[int, str]:
    """What the catalog says of these products. A change of it sends their pictures back here, by a trigger."""
    rows = Product.objects.filter(pk__in=product_ids).values_list("pk", "title", "attributes")
    return {pk: catalog_words(title, attributes) for pk, title, attributes in rows}


def bundles_to_fill() -> list[str]:
    """The live bundle, those being built or tried, and the one before, so that a rollback misses no picture."""
    states = [Bundle.State.LIVE, Bundle.State.BUILDING, Bundle.State.SHADOW]
    filled = list(Bundle.objects.filter(state__in=states).order_by("registered_at").values_list("pk", flat=True))
    retired = Bundle.objects.filter(state=Bundle.State.RETIRED, retired_at__isnull=False).order_by("-retired_at")
    return filled + [row.pk for row in retired[:1] if is_loaded(row.pk) or find_folder(row.pk) is not None]


def readable(images: Iterable[Image], broken: list[Image] | None = None) -> Iterator[tuple[Image, Picture.Image]]:
    """Those whose file is there and whole, with their pictures. `broken` gets the others, but not those whose file is
    lost or cannot be reached: a disk that is not mounted looks like that."""
    for image in images:
        try:
            if image.file and default_storage.exists(image.file):
                yield image, open_stored(image.file)
        except BrokenPicture as error:
            log.warning("image %s: %s", image.pk, error)
            if broken is not None:
                broken.append(image)
        except OSError as error:
            log.warning("image %s: its file %s cannot be read: %s", image.pk, image.file, error)


def open_stored(name: str) -> Picture.Image:
    """A cleaned catalog picture: already upright RGB without metadata. Raises BrokenPicture, and OSError."""
    with default_storage.open(name) as file:
        data = file.read()
    try:
        with Picture.open(io.BytesIO(data)) as picture:
            return picture.convert("RGB")
    except Exception as error:  # whatever a decoder finds wrong with bytes that are all here
        raise BrokenPicture(f"Its stored file {name} is no whole picture ({error}).") from error
