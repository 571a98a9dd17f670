"""Shoppers' photos: decoded once, kept without metadata under a secret token, gone when they expire."""

import io
import secrets
import threading
from collections import OrderedDict
from datetime import timedelta

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import connection, transaction
from django.utils import timezone
from PIL import Image

from ml.errors import ImageRejected
from ml.images import open_header, open_image, read_orientation
from search.errors import BadImage, PhotoExpired
from search.models import QueryPhoto
from search.types import FoundObject, FoundObjects, Photo

MAX_SIDE_PX = 1280
JPEG_QUALITY = 85
DECODED_MAX_BYTES = 64 * 1024 * 1024
TOKEN_BYTES = 32
SIDEWAYS = (5, 6, 7, 8)  # EXIF orientations that swap width and height

# One at a time: several large pictures decoded at once would hold hundreds of megabytes each.
_decoding = threading.Lock()


def decode(data: bytes) -> Photo:
    """The upright photo, its longer side at most MAX_SIDE_PX. Raises BadImage."""
    try:
        with _decoding:
            image = open_image(data, max_side_px=MAX_SIDE_PX)
            return Photo(image, *upright_size(data))
    except ImageRejected as rejected:
        raise BadImage(rejected.detail, rejected.code.replace("_", "-")) from None


def upright_size(data: bytes) -> tuple[int, int]:
    """Width and height of the original as a person sees it. Call it for a picture that could be opened."""
    header = open_header(data)
    width, height = header.size
    return (height, width) if read_orientation(header) in SIDEWAYS else (width, height)


class DecodedPhotos:
    """The photos of the last minutes, so that a second tap decodes nothing. Bounded by their bytes."""

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self.held_bytes = 0
        self.photos: OrderedDict[str, Photo] = OrderedDict()
        self.lock = threading.Lock()

    def get(self, token: str) -> Photo | None:
        with self.lock:
            if token in self.photos:
                self.photos.move_to_end(token)
            return self.photos.get(token)

    def put(self, token: str, photo: Photo) -> None:
        with self.lock:
            self.drop(token)
            self.photos[token] = photo
            self.held_bytes += size_bytes(photo)
            while self.held_bytes > self.max_bytes:
                self.drop(next(iter(self.photos)))

    def drop(self, token: str) -> None:
        """Call with the lock held."""
        if (photo := self.photos.pop(token, None)) is not None:
            self.held_bytes -= size_bytes(photo)


def size_bytes(photo: Photo) -> int:
    return photo.image.width * photo.image.height * 3


_decoded = DecodedPhotos(DECODED_MAX_BYTES)


def keep(photo: Photo, objects: tuple[FoundObject, ...], fallback: bool) -> str:
    """Store the cleaned photo and what was found in it; returns the token that opens it."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    out = io.BytesIO()
    photo.image.save(out, "JPEG", quality=JPEG_QUALITY)
    name = storages["private"].save(f"photos/{token[:2]}/{secrets.token_hex(16)}.jpg", ContentFile(out.getvalue()))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = off")  # a power cut may cost a photo that expires anyway
        QueryPhoto.objects.create(
            token=token,
            file=name,
            width=photo.width,
            height=photo.height,
            objects_found=[{"bbox": found.bbox, "score": found.score, "label": found.label} for found in objects],
            fallback=fallback,
            expires_at=timezone.now() + timedelta(hours=getattr(settings, "SIGHTLINE_PHOTO_HOURS", 24)),
        )
    _decoded.put(token, photo)
    return token


def row_of(token: str) -> QueryPhoto:
    """The photo's row. Raises PhotoExpired when it is unknown or its time is over, purged or not."""
    row = None if "\0" in token else QueryPhoto.objects.filter(token=token, expires_at__gt=timezone.now()).first()
    if row is None:
        raise PhotoExpired
    return row


def open_kept(token: str) -> Photo:
    """The decoded photo behind a token. Raises PhotoExpired."""
    row = row_of(token)
    if (photo := _decoded.get(token)) is None:
        image = Image.open(io.BytesIO(read_file(row)))
        image.load()
        photo = Photo(image, row.width, row.height)
        _decoded.put(token, photo)
    return photo


def read_jpeg(token: str) -> bytes:
    """The cleaned JPEG behind a token. Raises PhotoExpired."""
    return read_file(row_of(token))


def read_file(row: QueryPhoto) -> bytes:
    try:
        with storages["private"].open(row.file) as file:
            return file.read()
    except FileNotFoundError:  # purged between the look at the row and the read
        raise PhotoExpired from None


def photo_objects(token: str) -> FoundObjects:
    """What was found in a kept photo, without running a model again. Raises PhotoExpired."""
    row = row_of(token)
    objects = tuple(FoundObject(tuple(o["bbox"]), o["score"], o["label"]) for o in row.objects_found)
    return FoundObjects(token, row.width, row.height, objects, row.fallback, {})


def purge_expired() -> int:
    """Delete expired photos, file first, so that a kill in between leaves a row to try again. Returns how many."""
    gone = 0
    for row in QueryPhoto.objects.filter(expires_at__lte=timezone.now()).iterator():
        storages["private"].delete(row.file)
        row.delete()
        gone += 1
    return gone
