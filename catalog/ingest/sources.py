"""Where a picture comes from: an address, a path beside the feed, or an upload that is already in storage."""

import hashlib
from contextlib import suppress
from pathlib import Path

from django.core.files.storage import default_storage, storages

from catalog.errors import FetchRefused, SourceMissing
from catalog.fetch import fetch_image
from catalog.ingest.validate import is_address
from ml.images import MAX_BYTES

UPLOAD = "upload:"  # followed by a name in the storage "uploads"


def read_bytes(source: str, folder: str) -> bytes:
    """The encoded picture. Raises SourceMissing, FetchRefused, or FetchFailed, which may work later."""
    if is_address(source):
        return fetch_image(source)
    if source.startswith(UPLOAD):
        return read_upload(source.removeprefix(UPLOAD))
    return read_beside(source, folder)


def read_upload(name: str) -> bytes:
    """A picture that was cleaned when it came. Older ones lie in the public storage alone. Raises SourceMissing."""
    for storage in (storages["uploads"], default_storage):
        with suppress(FileNotFoundError), storage.open(name) as file:
            return file.read(MAX_BYTES + 1)
    raise SourceMissing("The uploaded picture is no longer there. Upload it again.")


def read_beside(source: str, folder: str) -> bytes:
    path = inside(folder, source)
    try:
        with open(path, "rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise SourceMissing from error


def inside(folder: str, source: str) -> Path:
    """The file that a path means. Raises FetchRefused when it, or a link on its way, leads out of the folder."""
    root = Path(folder).resolve()
    path = (root / source).resolve()
    if not path.is_relative_to(root):
        raise FetchRefused("This path leads out of the feed's folder.")
    return path


def fingerprint(source: str, folder: str) -> str:
    """Changes when the file changed; "" for an address, whose picture counts as the same, and for a missing file."""
    if is_address(source) or source.startswith(UPLOAD):
        return ""
    try:
        status = inside(folder, source).stat()
    except (OSError, ValueError, FetchRefused):
        return ""
    return f"{status.st_size}-{status.st_mtime_ns}"


def same_content(source: str, folder: str, sha256: str) -> bool:
    """Whether a touched file still holds the picture that was inspected."""
    if not sha256:
        return False
    try:
        return hashlib.sha256(read_beside(source, folder)).hexdigest() == sha256
    except (SourceMissing, FetchRefused):
        return False
