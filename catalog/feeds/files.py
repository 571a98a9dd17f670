"""Where the files of imports lie, and how what was brought becomes one feed and a folder of pictures.

Archives come from strangers: nothing of them is written outside of the import's own folder, no link is followed, and
what they unpack to is limited.
"""

import gzip
import shutil
import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from django.conf import settings

from catalog.errors import ArchiveRefused, FeedUnreadable, FolderRefused, NotMapped
from catalog.ingest.read import recognise
from ml.images import MAX_BYTES as MAX_PICTURE_BYTES

MAX_ENTRIES = 200_000
MAX_NAME_BYTES = 200  # of one folder or file
KEEP_FREE_BYTES = 1024**3
BLOCK_BYTES = 1024 * 1024
PICTURES = {".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".heic", ".heif", ".avif"}
FEEDS = {".csv", ".tsv", ".txt", ".tab", ".xml", ".rss", ".atom"}
MAX_DEPTH = 12
UTF8_NAME = 0x800


@dataclass(frozen=True, slots=True)
class Brought:
    """A feed, and the folder that paths of pictures start from; "" where only the feed came."""

    feed: Path
    pictures: str


def folder_of(import_id: int) -> Path:
    return Path(settings.SIGHTLINE_FEEDS_DIR) / str(import_id)


def prepare(file: Path, folder: Path) -> Brought:
    """What was uploaded or fetched, unpacked where it is packed. Raises ArchiveRefused and FeedUnreadable."""
    with file.open("rb") as opened:
        start = opened.read(4)
    if start.startswith(b"\x1f\x8b"):
        unpacked = file.with_name(file.name + ".unpacked")
        unzip_one(file, unpacked)
        return prepare(unpacked, folder) if not unpacked_again(unpacked) else refuse_nested()
    if start.startswith(b"PK"):
        return unzip(file, folder)
    return Brought(file, "")


def unpacked_again(file: Path) -> bool:
    with file.open("rb") as opened:
        return opened.read(2) in (b"\x1f\x8b", b"PK")


def refuse_nested() -> Brought:
    raise ArchiveRefused("This archive holds another one. Unpack it first.")


def unzip_one(file: Path, target: Path) -> None:
    """gzip, as servers send feeds."""
    written = 0
    try:
        with gzip.open(file) as packed, target.open("wb") as out:
            while block := packed.read(BLOCK_BYTES):
                written += len(block)
                check_size(written)
                out.write(block)
    except (OSError, EOFError, zlib.error) as error:
        raise ArchiveRefused(f"This file cannot be unpacked: {error}") from error


def check_size(size: int) -> None:
    if size > settings.SIGHTLINE_FEED_MAX_BYTES:
        limit = settings.SIGHTLINE_FEED_MAX_BYTES // 1024**2
        raise ArchiveRefused(f"This archive unpacks to more than {limit} MB.")


def unzip(file: Path, folder: Path) -> Brought:
    """Feeds and pictures of a ZIP into `folder`, which is empty or made."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        with zipfile.ZipFile(file) as archive:
            check_room(sum(entry.file_size for entry, _ in wanted_entries(archive)), folder)
            for entry, path in wanted_entries(archive):
                extract(archive, entry, folder / path)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError) as error:
        raise ArchiveRefused(f"This ZIP cannot be read: {error}") from error
    feed = find_feed(folder)
    return Brought(feed, str(pictures_folder(feed, folder)))


def wanted_entries(archive: zipfile.ZipFile) -> Iterator[tuple[zipfile.ZipInfo, PurePosixPath]]:
    entries = archive.infolist()
    if len(entries) > MAX_ENTRIES:
        raise ArchiveRefused(f"This ZIP holds more than {MAX_ENTRIES} files.")
    if any(entry.filename in ("xl/workbook.xml", "content.xml") for entry in entries):  # Excel's, LibreOffice's
        raise FeedUnreadable("This is a workbook. Save it as CSV.")
    check_size(sum(entry.file_size for entry in entries))
    for entry in entries:
        path = safe_path(entry)
        suffix = path.suffix.lower()
        if entry.is_dir() or path.name.startswith(".") or "__MACOSX" in path.parts or suffix not in PICTURES | FEEDS:
            continue
        if entry.flag_bits & 1:
            raise ArchiveRefused("This ZIP is locked with a password.")
        if suffix in FEEDS or entry.file_size <= MAX_PICTURE_BYTES:  # a larger picture is missed, and said to be
            yield entry, path


def safe_path(entry: zipfile.ZipInfo) -> PurePosixPath:
    """Raises ArchiveRefused for what leads out of the folder, and for links."""
    name = entry.filename
    if not entry.flag_bits & UTF8_NAME:
        with suppress(UnicodeError):  # many programs write UTF-8 without saying so
            name = name.encode("cp437").decode("utf-8")
    path = PurePosixPath(name.replace("\\", "/"))
    long = any(len(part.encode(errors="replace")) > MAX_NAME_BYTES for part in path.parts)
    if path.is_absolute() or ".." in path.parts or len(path.parts) > MAX_DEPTH or long:
        raise ArchiveRefused(f'This ZIP holds a file whose name leads elsewhere: "{name[:80]}".')
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise ArchiveRefused(f'This ZIP holds a link: "{name[:80]}".')
    return path


def check_room(size: int, folder: Path) -> None:
    if shutil.disk_usage(folder).free < size + KEEP_FREE_BYTES:
        raise ArchiveRefused("There is not enough room on the disk to unpack this.")


def extract(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path) -> None:
    """No more bytes than the entry declares, whatever it holds."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with archive.open(entry) as packed, target.open("wb") as out:
        left = entry.file_size
        while left > 0 and (block := packed.read(min(left, BLOCK_BYTES))):
            left -= len(block)
            out.write(block)


def find_feed(folder: Path) -> Path:
    """The one file in a folder that is a feed: nearest to the top, then the largest. Raises ArchiveRefused."""
    files = [path for path in sorted(folder.rglob("*")) if path.suffix.lower() in FEEDS]
    files = [path for path in files if path.is_file() and not path.is_symlink()]
    files.sort(key=lambda path: (len(path.relative_to(folder).parts), -path.stat().st_size))
    for path in files[:50]:
        try:
            recognise(path)
        except NotMapped:
            if len(files) == 1:  # an admin will say what its columns mean
                return path
        except FeedUnreadable:
            continue
        else:
            return path
    raise ArchiveRefused("There is no feed in it: no CSV, TSV or XML with the id of a product.")


def pictures_folder(feed: Path, root: Path) -> Path:
    """Where paths of pictures start: beside the feed, unless they are only found from the top."""
    if feed.parent == root:
        return root
    for number, row in enumerate(recognise_quietly(feed)):
        first = row.cells.get("image_link", "")
        if first and "://" not in first and (root / first).is_file() and not (feed.parent / first).is_file():
            return root
        if number > 50:
            break
    return feed.parent


def recognise_quietly(feed: Path):
    try:
        return recognise(feed).rows()
    except FeedUnreadable:
        return iter(())


def allowed_folder(location: str) -> Path:
    """A folder or file of the server that feeds may be read from. Raises FolderRefused, also for links out of it."""
    roots = [Path(root).resolve() for root in settings.SIGHTLINE_FEED_FOLDERS]
    asked = Path(location)
    choices = [asked] if asked.is_absolute() else [root / asked for root in roots]
    for choice in choices:
        resolved = choice.resolve()
        if any(resolved.is_relative_to(root) for root in roots) and resolved.exists():
            return resolved
    names = ", ".join(map(str, roots)) or "none"
    raise FolderRefused(f'"{location[:200]}" is not in a folder that feeds may be read from ({names}).')
