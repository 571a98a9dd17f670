"""Pictures that raters see, in the private storage, each named by its content: a name tells nothing, and never changes.

A result's picture is a copy: what was judged stays to be seen when the catalog has moved on.
"""

import hashlib
from dataclasses import dataclass

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage, storages
from django.urls import reverse

from catalog.ingest.inspect import signed
from labeling.models import Query
from ml.errors import ImageRejected
from ml.images import open_image, phash, to_jpeg
from search.photos import upright_size

PHOTO_SIDE_PX = 1280  # as shoppers' photos are kept
RESULT_SIDE_PX = 640
PHOTOS, PICTURES = "labeling/photos", "labeling/pictures"


@dataclass(frozen=True, slots=True)
class KeptPhoto:
    """name: in the private storage. width, height: of the upright original. phash: signed 64-bit."""

    name: str
    width: int
    height: int
    sha256: str
    phash: int


def keep_photo(data: bytes) -> KeptPhoto:
    """A query's photo, upright and without metadata. Raises ImageRejected."""
    image = open_image(data, max_side_px=PHOTO_SIDE_PX)
    width, height = upright_size(data)
    name = store(PHOTOS, to_jpeg(image, max_side_px=PHOTO_SIDE_PX, quality=88))
    return KeptPhoto(name, width, height, hashlib.sha256(data).hexdigest(), signed(phash(image)))


def keep_picture(data: bytes) -> str:
    """A picture as raters see results and examples; returns its name. Raises ImageRejected."""
    image = open_image(data, max_side_px=RESULT_SIDE_PX)
    return store(PICTURES, to_jpeg(image, max_side_px=RESULT_SIDE_PX, quality=85))


def copy_from_catalog(file: str) -> str:
    """The copy's name; empty where the product has no picture that can be read."""
    try:
        with default_storage.open(file) as picture:
            return keep_picture(picture.read())
    except (OSError, ValueError, ImageRejected):
        return ""


def store(folder: str, jpeg: bytes) -> str:
    digest = hashlib.sha256(jpeg).hexdigest()
    name = f"{folder}/{digest[:2]}/{digest}.jpg"
    private = storages["private"]
    return name if private.exists(name) else private.save(name, ContentFile(jpeg))


def read(name: str) -> bytes:
    """Raises FileNotFoundError."""
    with storages["private"].open(name) as file:
        return file.read()


def photo_url(query: Query) -> str:
    return reverse("label_photo", args=[query.pk]) if query.photo else ""


def picture_url(name: str) -> str:
    """Of an Item's picture, or a guideline example's."""
    return reverse("label_picture", args=[name.rpartition("/")[2].removesuffix(".jpg")]) if name else ""


def picture_name(digest: str) -> str:
    """The other way round."""
    return f"{PICTURES}/{digest[:2]}/{digest}.jpg"
