"""A feed's file comes to lie in the import's own folder, where nobody changes it while it is read."""

import hashlib
import shutil
from pathlib import Path

from django.conf import settings

from catalog.errors import ArchiveRefused
from catalog.feeds.files import allowed_folder, find_feed, folder_of, prepare
from catalog.feeds.models import FeedSource, Import
from catalog.feeds.waiting import older
from catalog.fetch import fetch_file
from catalog.ingest.columns import ERROR_COLUMNS
from catalog.ingest.delimited import find_dialect, read_records

UPLOAD, PICTURES = "upload", "pictures"


class NothingNew(Exception):
    """A scheduled feed is the one that was taken over last."""


class StillWaiting(NothingNew):
    """A scheduled feed is the one that waits for a person already. `reason`: for what."""

    def __init__(self, reason: str):
        super().__init__(reason)
        self.reason = reason


def bring(found: Import) -> None:
    """Sets `path` and `folder`. Raises FetchRefused, FetchFailed, ArchiveRefused, FolderRefused, NothingNew."""
    own = folder_of(found.pk)
    own.mkdir(parents=True, exist_ok=True)
    upload = own / UPLOAD
    source = found.source if found.scheduled else None  # who asks for one wants to see it, also when nothing is new
    if found.url:
        found.validators = fetch(found.url, upload, source)
    elif found.folder:
        place = allowed_folder(found.folder)
        feed = find_feed(place) if place.is_dir() else place
        copy(feed, upload)
        found.folder = str(feed.parent)
    found.validators = {**found.validators, "digest": digest_of(upload)}
    if source and source.digest == found.validators["digest"]:
        raise NothingNew
    if source and (same := older(found).filter(validators__digest=found.validators["digest"]).first()):
        raise StillWaiting(same.reason)
    brought = prepare(upload, own / PICTURES)
    found.path, found.folder = str(brought.feed), brought.pictures or found.folder
    take_after_the_import_it_mends(found)


def fetch(url: str, target: Path, source: FeedSource | None) -> dict[str, str]:
    """What the server says the file can be known by. It counts when the import has ended well, not before."""
    since = {"etag": source.etag, "last_modified": source.last_modified} if source else {}
    fetched = fetch_file(url, target, max_bytes=settings.SIGHTLINE_FEED_MAX_BYTES, **since)
    if fetched is None:
        raise NothingNew
    return {"etag": fetched.etag, "last_modified": fetched.last_modified}


def digest_of(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def copy(feed: Path, target: Path) -> None:
    if feed.is_symlink() or not feed.is_file():
        raise ArchiveRefused("The feed in this folder is a link. Put the file itself there.")
    if feed.stat().st_size > settings.SIGHTLINE_FEED_MAX_BYTES:
        raise ArchiveRefused("The feed in this folder is too large.")
    shutil.copyfile(feed, target)


def take_after_the_import_it_mends(found: Import) -> None:
    """The error file of an import names it: mended rows find its pictures, its mapping, its currency and its source."""
    mended = import_it_mends(Path(found.path))
    if mended is None:
        return
    found.folder = found.folder or mended.folder
    values = {"mapping": found.mapping or mended.mapping, "currency": mended.currency, "part": mended.part}
    values["source_id"] = found.source_id or mended.source_id
    Import.objects.filter(pk=found.pk).update(**values)
    for name, value in values.items():
        setattr(found, name, value)


def import_it_mends(feed: Path) -> Import | None:
    with feed.open("rb") as file:
        if ERROR_COLUMNS[0].encode() not in file.read(200):
            return None
    dialect = find_dialect(feed)
    if dialect.columns[:3] != ERROR_COLUMNS[:3]:
        return None
    for _, raw, _ in read_records(feed, dialect):
        if len(raw) > 2 and raw[2].isdecimal() and len(raw[2]) < 15:
            return Import.objects.filter(pk=int(raw[2])).first()
    return None
