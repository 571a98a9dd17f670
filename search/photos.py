"""Shoppers' photos: decoded once, kept without metadata under a secret token, gone when they expire."""

import io
import secrets
import threading
from datetime import timedelta

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.dispatch import Signal
from django.utils import timezone
from PIL import Image

from catalog import outage
from ml.errors import ImageRejected
from ml.images import open_header, open_image, read_orientation
from search.demand.models import DemandQuery
from search.errors import BadImage, PhotoExpired, Unavailable
from search.models import QueryPhoto
from search.photo_memory import DecodedPhotos, KnownRows
from search.respond.keep import keep as keep_row
from search.types import FoundObject, FoundObjects, Photo

MAX_SIDE_PX = 1280
# Full colour: what tells a carton from its sister is often a colour in a few pixels (docs/image-tower.md).
JPEG = {"quality": 92, "subsampling": "4:4:4"}
DECODED_MAX_BYTES = 64 * 1024 * 1024
KNOWN_ROWS = 2000  # photos of this process whose next tap needs no database
TOKEN_BYTES = 32
BLURRED = "kept"  # folder of the copies without faces
SIDEWAYS = (5, 6, 7, 8)  # EXIF orientations that swap width and height

photo_gone = Signal()  # a photo that was left to the shop is deleted; `token`. Copies of it have to go, too

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


_decoded = DecodedPhotos(DECODED_MAX_BYTES)
_known = KnownRows(KNOWN_ROWS)


def keep(photo: Photo, objects: tuple[FoundObject, ...], fallback: bool, consented: bool = False) -> str:
    """Store the cleaned photo and what was found in it; returns the token that opens it."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    row = QueryPhoto(
        token=token,
        file=store(photo, token),
        width=photo.width,
        height=photo.height,
        objects_found=[{"bbox": found.bbox, "score": found.score, "label": found.label} for found in objects],
        fallback=fallback,
        consented=consented,
        blurred="",  # said here: a row that waits in the spool has no default of the database
        expires_at=timezone.now() + lifetime(consented),
    )
    keep_row(row)
    _known.add(row)
    _decoded.put(token, photo)
    return token


def lifetime(consented: bool) -> timedelta:
    """How long a photo is kept: longer where the shopper lets the shop have it."""
    if consented:
        return timedelta(days=settings.SIGHTLINE_CONSENT_DAYS)
    return timedelta(hours=settings.SIGHTLINE_PHOTO_HOURS)


def store(photo: Photo, token: str) -> str:
    """The name under which the cleaned picture lies in the private storage. Raises Unavailable on a full disk."""
    out = io.BytesIO()
    photo.image.save(out, "JPEG", **JPEG)
    name = f"photos/{token[:2]}/{secrets.token_hex(16)}.jpg"
    try:
        return storages["private"].save(name, ContentFile(out.getvalue()))
    except OSError as error:
        raise Unavailable("There is no room to keep this photo right now. Try again in a moment.") from error


def row_of(token: str) -> QueryPhoto:
    """The photo's row. Raises PhotoExpired when it is unknown or its time is over, purged or not.

    While the database is away: as this process knows it. Raises Unavailable for one that another process may know.
    """
    row = None if "\0" in token else find_row(token)
    if row is None or row.expires_at <= timezone.now():
        raise PhotoExpired
    return row


def find_row(token: str) -> QueryPhoto | None:
    return outage.unless_away(lambda: read_row(token), lambda: known_row(token))


def read_row(token: str) -> QueryPhoto | None:
    if (row := QueryPhoto.objects.filter(pk=token).first()) is not None:
        _known.add(row)
    return row or _known.get_unwritten(token)


def known_row(token: str) -> QueryPhoto:
    if row := _known.get(token):
        return row
    raise Unavailable("This photo cannot be opened while the catalog database is away. Try again, or send it anew.")


def open_kept(token: str) -> Photo:
    """The decoded photo behind a token. Raises PhotoExpired."""
    row = row_of(token)
    if (photo := _decoded.get(token)) is None:
        photo = Photo(decode_kept(read_file(row)), row.width, row.height)
        _decoded.put(token, photo)
    return photo


def decode_kept(data: bytes) -> Image.Image:
    try:
        image = Image.open(io.BytesIO(data))
        image.load()
        return image
    except (OSError, SyntaxError, ValueError) as error:  # a power cut left part of it: photos are not synced
        raise PhotoExpired("This photo can no longer be read. Upload it again.") from error


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


def discard(token: str) -> None:
    """A photo that nobody will ask for again, or that its shopper takes back: gone now, with the vectors that were kept
    of it. Raises PhotoExpired."""
    row = row_of(token)
    delete_files(row)
    QueryPhoto.objects.filter(pk=token).delete()
    DemandQuery.objects.filter(photo_token=token).delete()
    _known.forget(token)
    _decoded.forget(token)


def delete_files(row: QueryPhoto) -> None:
    """The photo, and what was made of it, here and elsewhere."""
    private = storages["private"]
    private.delete(row.file)
    if row.blurred:
        private.delete(row.blurred)
    if row.consented:
        photo_gone.send(QueryPhoto, token=row.token)


def purge_expired() -> int:
    """Delete expired photos, file first, so that a kill in between leaves a row to try again. Returns how many."""
    gone = 0
    for row in QueryPhoto.objects.filter(expires_at__lte=timezone.now()).iterator():
        delete_files(row)
        row.delete()
        gone += 1
    return gone


def purge_forgotten() -> int:
    """Delete files older than any photo may be that no row names: whoever wrote them was killed. Returns how many."""
    return sum(purge_unnamed(top, field) for top, field in (("photos", "file"), (BLURRED, "blurred")))


def purge_unnamed(top: str, field: str) -> int:
    private = storages["private"]
    before = timezone.now() - timedelta(hours=settings.SIGHTLINE_PHOTO_HOURS)
    gone = 0
    for folder in private.listdir(top)[0] if private.exists(top) else ():
        names = [f"{top}/{folder}/{name}" for name in private.listdir(f"{top}/{folder}")[1]]
        named = set(QueryPhoto.objects.filter(**{f"{field}__in": names}).values_list(field, flat=True))
        for name in names:
            if name not in named and private.get_modified_time(name) < before:
                private.delete(name)
                gone += 1
    return gone
