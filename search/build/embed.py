"""Catalog pictures to vectors in the hot tier. Every step may be repeated: the outcome is the same."""

from collections.abc import Iterable

from django.core.files.storage import default_storage
from django.db import transaction
from PIL import Image as Picture

from catalog.models import Image
from catalog.services import mark_indexed
from search.build.register import EMBEDDABLE, missing
from search.models import Bundle, ImageVector
from search.serving import find_folder, is_loaded, loaded_bundle

BATCH = 16


def embed_image(image_id: int) -> int:
    """Encode this picture, and some others that wait beside it: sixteen at once cost less than sixteen times one.

    Returns how many are indexed by this call; 0 where another worker has done it, or the picture is gone.
    """
    with transaction.atomic():
        # This picture's lock is waited for: if the worker that holds it dies, the picture is still done here.
        waiting = Image.objects.select_for_update(of=("self",)).exclude(file="")
        own = waiting.filter(pk=image_id, status=Image.Status.INSPECTED).first()
        if own is None:
            return 0
        others = Image.objects.select_for_update(of=("self",), skip_locked=True).exclude(file="").exclude(pk=own.pk)
        beside = others.filter(status=Image.Status.INSPECTED, blocked=False).order_by("pk")[: BATCH - 1]
        return store_vectors([own, *openable(beside)], bundles_to_fill())


def fill_bundle(bundle_id: str) -> int:
    """One batch of pictures that have no vector of this bundle yet. Returns how many; 0 when it is complete."""
    with transaction.atomic():
        waiting = Image.objects.select_for_update(of=("self",), skip_locked=True).filter(status__in=EMBEDDABLE)
        pending = waiting.filter(pk__in=missing(bundle_id).values("pk")).order_by("pk")
        return store_vectors(openable(pending[: BATCH * 20])[:BATCH], [bundle_id])


def store_vectors(images: list[Image], bundle_ids: list[str]) -> int:
    """Call with the images locked: vectors and states are written in one transaction, so committed means searchable."""
    pictures = [open_stored(image.file) for image in images]
    for bundle_id in bundle_ids if images else ():
        vectors = loaded_bundle(bundle_id).encode_images(pictures)
        rows = [
            ImageVector(image=image, product_id=image.product_id, bundle_id=bundle_id, vector=vector)
            for image, vector in zip(images, vectors, strict=True)
        ]
        ImageVector.objects.bulk_create(
            rows, update_conflicts=True, unique_fields=["image", "bundle"], update_fields=["product", "vector"]
        )
    for image in images:
        mark_indexed(image.pk)
    return len(images)


def bundles_to_fill() -> list[str]:
    """The live bundle, those being built or tried, and the one before, so that a rollback misses no picture."""
    states = [Bundle.State.LIVE, Bundle.State.BUILDING, Bundle.State.SHADOW]
    filled = list(Bundle.objects.filter(state__in=states).order_by("registered_at").values_list("pk", flat=True))
    retired = Bundle.objects.filter(state=Bundle.State.RETIRED, retired_at__isnull=False).order_by("-retired_at")
    return filled + [row.pk for row in retired[:1] if is_loaded(row.pk) or find_folder(row.pk) is not None]


def openable(images: Iterable[Image]) -> list[Image]:
    """Those whose file is there: a lost file fails in its own job, and does not hold up the others."""
    return [image for image in images if image.file and default_storage.exists(image.file)]


def open_stored(name: str) -> Picture.Image:
    """A cleaned catalog picture: already upright RGB without metadata."""
    with default_storage.open(name) as file, Picture.open(file) as picture:
        return picture.convert("RGB")
