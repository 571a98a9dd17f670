"""A query set as it comes: a ZIP of photos with queries.jsonl (docs/evaluate.md), photos alone, or the demo's rooms.

Everything that can be checked without decoding a photo is checked here, line by line; what is wrong is said and left
out.
"""

import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from labeling.errors import BadQuerySet
from search.evaluate.ask import inside
from search.evaluate.folder import MIN_VISIBLE, box
from search.types import Box

LINES_NAME = "queries.jsonl"
SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".heic", ".heif", ".avif", ".gif", ".bmp", ".tif", ".tiff"}
MAX_LINES = 5000
MAX_LINES_BYTES = 20_000_000
MAX_PHOTO_BYTES = 25_000_000
MAX_TEXT = 500


@dataclass(frozen=True, slots=True)
class Line:
    """One query. known: {sku: grade 0 to 5}; photo: its name in the set, empty for words alone."""

    name: str
    photo: str
    text: str
    bbox: Box | None
    category: str
    known: dict[str, float]


@dataclass(frozen=True, slots=True)
class QuerySetFile:
    """lines, what was wrong with others in words, and read(photo name) -> bytes, which raises BadQuerySet."""

    lines: tuple[Line, ...]
    wrong: tuple[str, ...]
    read: Callable[[str], bytes]


def from_zip(file: IO[bytes]) -> QuerySetFile:
    """Raises BadQuerySet for what is no query set at all."""
    try:
        archive = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise BadQuerySet("This is no ZIP file that can be read. Send a ZIP of photos, with queries.jsonl.") from error
    members = {info.filename: info for info in archive.infolist() if not info.is_dir() and shown(info.filename)}
    photos = [name for name in members if PurePosixPath(name).suffix.lower() in SUFFIXES]
    lines_at = sorted((name for name in members if PurePosixPath(name).name == LINES_NAME), key=len)

    def read(photo: str, most: int = MAX_PHOTO_BYTES) -> bytes:
        info = members.get(photo)
        if info is None:
            raise BadQuerySet(f"{photo}: there is no such file in the ZIP.")
        if info.file_size > most:
            raise BadQuerySet(f"{photo}: it is larger than {most // 1_000_000} MB.")
        try:
            return archive.read(info)[: most + 1]
        except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError, EOFError, ValueError) as error:
            raise BadQuerySet(f"{photo}: it cannot be unpacked.") from error

    if not lines_at:
        return checked([Line(photo[:200], photo, "", None, "", {}) for photo in sorted(photos)], [], read)
    folder = PurePosixPath(lines_at[0]).parent
    text = read(lines_at[0], MAX_LINES_BYTES).decode("utf-8-sig", errors="replace")
    lines, wrong = parse(text, found_in(members, folder))
    return checked(lines, wrong, read)


def from_folder(root: Path) -> QuerySetFile:
    """An evaluation folder on this machine, as the demo's."""
    path = next((each for each in (root / "golden" / LINES_NAME, root / LINES_NAME) if each.is_file()), None)
    if path is None:
        raise BadQuerySet(f"{root} holds no {LINES_NAME}.")

    def read(photo: str) -> bytes:
        try:
            return inside(root, photo).read_bytes()
        except OSError as error:
            raise BadQuerySet(f"{photo}: {error.strerror or error}.") from error

    lines, wrong = parse(path.read_text("utf-8-sig", errors="replace"), lambda photo: photo)
    return checked(lines, wrong, read)


def shown(name: str) -> bool:
    """Not what a Mac adds, and nothing hidden."""
    return not any(part.startswith((".", "__MACOSX")) for part in PurePosixPath(name).parts)


def found_in(members: dict, folder: PurePosixPath) -> Callable[[str], str]:
    """A photo's name in the ZIP: beside queries.jsonl, one folder above it, or from the top."""
    places = (folder, folder.parent, PurePosixPath())

    def find(photo: str) -> str:
        return next((str(place / photo) for place in places if str(place / photo) in members), photo)

    return find


def checked(lines: list[Line], wrong: list[str], read: Callable[[str], bytes]) -> QuerySetFile:
    if not lines:
        why = f" {wrong[0]}" if wrong else " It holds no photos and no queries.jsonl."
        raise BadQuerySet(f"There is no query in it.{why}")
    if len(lines) > MAX_LINES:
        raise BadQuerySet(f"It holds {len(lines)} queries; {MAX_LINES} are the most at once.")
    return QuerySetFile(tuple(lines), tuple(wrong), read)


def parse(text: str, find: Callable[[str], str]) -> tuple[list[Line], list[str]]:
    """The lines that can be used, and what is wrong with the others. find: a photo's name in the set."""
    lines, wrong, names = [], [], set()
    for number, row in enumerate(text.splitlines(), 1):
        if not row.strip():
            continue
        try:
            line = parse_line(number, json.loads(row), find)
            if line is None:
                continue
            if line.name in names:
                raise ValueError(f"a second query is called {line.name}")
        except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
            wrong.append(f"{LINES_NAME} line {number}: {error}")
            continue
        names.add(line.name)
        lines.append(line)
    return lines, wrong


def parse_line(number: int, row: dict, find: Callable[[str], str]) -> Line | None:
    """None for what nobody could judge: less than half of it is to be seen."""
    if float(row.get("visible", 1)) < MIN_VISIBLE:
        return None
    known = {str(sku)[:100]: min(max(float(grade), 0.0), 5.0) for sku, grade in (row.get("grades") or {}).items()}
    for sku in [row.get("product_id"), *(row.get("product_ids") or [])]:
        if sku is not None:
            known.setdefault(str(sku)[:100], 5.0)
    photo, text = str(row.get("photo") or ""), str(row.get("text") or "").strip()
    if not photo and not text:
        raise ValueError("neither photo nor text")
    if len(text) > MAX_TEXT:
        raise ValueError(f"the text is longer than {MAX_TEXT} characters")
    return Line(
        name=str(row.get("id") or number)[:200],
        photo=find(photo) if photo else "",
        text=text,
        bbox=box(row["bbox"]) if photo and row.get("bbox") is not None else None,
        category=str(row.get("category") or "")[:500],
        known=known,
    )
