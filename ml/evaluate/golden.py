"""A golden set as a folder that never changes: queries with their photos, and what is right for each.

    <name>@<sha256>/
        golden.json      name, sha256, counts, when and by whom it was made; not part of what is hashed
        queries.jsonl    one query a line, canonical: its sha256 is the set's
        photos/          each named by the sha256 of its bytes

Two pools are kept apart in each line. `same`: {sku: 1 for the very product, 0 for another}; `similar`: {sku: grade 0 to
5}. A pool in which a query has no right answer does not score that query.
"""

import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

FORMAT = 1
ABOUT, QUERIES, PHOTOS = "golden.json", "queries.jsonl", "photos"
SAME, SIMILAR = "same", "similar"
POOLS = (SAME, SIMILAR)
TOP_GRADE = 5
PNG = b"\x89PNG"
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
TYPES = {(True, False): "photo", (False, True): "text", (True, True): "photo and text"}


class BadGoldenSet(ValueError):
    """This golden set cannot be used."""


@dataclass(frozen=True, slots=True)
class GoldenQuery:
    """`photo`: the path inside the folder; `bbox`: x1, y1, x2, y2 in pixels of the upright photo. Grades by sku."""

    id: str
    photo: str | None = None
    bbox: tuple[float, float, float, float] | None = None
    text: str | None = None
    type: str = ""
    category: str = ""
    same: Mapping[str, int] = field(default_factory=dict)
    similar: Mapping[str, int] = field(default_factory=dict)

    def grades(self, pool: str) -> Mapping[str, int]:
        return self.same if pool == SAME else self.similar


@dataclass(frozen=True, slots=True)
class GoldenSet:
    name: str
    sha256: str
    folder: Path
    queries: tuple[GoldenQuery, ...]
    about: dict

    @property
    def ref(self) -> str:
        return f"{self.name}@{self.sha256}"

    @property
    def judgments(self) -> int:
        return sum(len(query.same) + len(query.similar) for query in self.queries)

    def qrels(self, pool: str) -> dict[str, dict[str, int]]:
        """{query id: {sku: grade}} of the queries that have any judgement in this pool."""
        return {query.id: dict(query.grades(pool)) for query in self.queries if query.grades(pool)}


def write_golden(
    home: Path, name: str, queries: Iterable[GoldenQuery], photos: Mapping[str, bytes], about: dict
) -> GoldenSet:
    """A folder in `home` that appears when it is whole; the one that is there already where nothing differs.

    photos: {query id: the photo's bytes}. Raises BadGoldenSet.
    """
    check_name(name)
    lines, files = [], {}
    for query in sorted(queries, key=lambda each: each.id):
        photo = stored_name(photos[query.id]) if query.id in photos else None
        if photo:
            files[photo] = photos[query.id]
        lines.append(canonical(query, photo))
    if not lines:
        raise BadGoldenSet(f"{name} would be empty: there is no query with a judgement.")
    if len({json.loads(line)["id"] for line in lines}) < len(lines):
        raise BadGoldenSet(f"{name}: two queries have the same id.")
    data = "".join(lines).encode()
    sha256 = hashlib.sha256(data).hexdigest()
    folder = home / f"{name}@{sha256}"
    if not folder.exists():
        store(folder, data, files, {"format": FORMAT, "name": name, "sha256": sha256} | about)
    return read_golden(folder)


def store(folder: Path, queries: bytes, photos: Mapping[str, bytes], about: dict) -> None:
    draft = folder.parent / f".draft-{os.getpid()}-{folder.name}"
    shutil.rmtree(draft, ignore_errors=True)
    (draft / PHOTOS).mkdir(parents=True)
    (draft / QUERIES).write_bytes(queries)
    for photo, data in photos.items():
        (draft / photo).write_bytes(data)
    (draft / ABOUT).write_text(json.dumps(about, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    for path in draft.rglob("*"):
        if path.is_file():
            path.chmod(0o444)  # never edited
    try:
        draft.rename(folder)
    except OSError:  # another process was first with the same content
        shutil.rmtree(draft)
        if not folder.is_dir():
            raise


def canonical(query: GoldenQuery, photo: str | None) -> str:
    """One line that is the same for the same content. Raises BadGoldenSet."""
    if not photo and not query.text:
        raise BadGoldenSet(f"Query {query.id} has neither photo nor text.")
    if not query.same and not query.similar:
        raise BadGoldenSet(f"Query {query.id} has no judgement.")
    for pool, top in ((query.same, 1), (query.similar, TOP_GRADE)):
        if wrong := [sku for sku, grade in pool.items() if grade != int(grade) or not 0 <= grade <= top]:
            raise BadGoldenSet(f"Query {query.id}: the grade of {wrong[0]} is no whole number from 0 to {top}.")
    fields = asdict(query) | {"photo": photo, "type": query.type or TYPES[bool(photo), bool(query.text)]}
    fields["bbox"] = [round(float(edge), 2) for edge in query.bbox] if query.bbox else None
    for pool in POOLS:
        fields[pool] = {sku: int(grade) for sku, grade in query.grades(pool).items()}
    return json.dumps(fields, sort_keys=True, ensure_ascii=False, separators=(",", ":")) + "\n"


def stored_name(data: bytes) -> str:
    ending = ".png" if data.startswith(PNG) else ".jpg"
    return f"{PHOTOS}/{hashlib.sha256(data).hexdigest()}{ending}"


def read_golden(folder: Path) -> GoldenSet:
    """Checks the content against the name, photos excepted. Raises BadGoldenSet."""
    try:
        about = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
        data = (folder / QUERIES).read_bytes()
        name, sha256 = about["name"], about["sha256"]
        if hashlib.sha256(data).hexdigest() != sha256:
            raise BadGoldenSet(f"{folder.name}: {QUERIES} was changed. A golden set is never edited; make another one.")
        queries = tuple(query_of(json.loads(line)) for line in data.decode().splitlines())
    except BadGoldenSet:
        raise
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadGoldenSet(f"{folder}: {type(error).__name__} {error}") from error
    return GoldenSet(name, sha256, folder, queries, about)


def query_of(row: dict) -> GoldenQuery:
    return GoldenQuery(**row | {"bbox": tuple(row["bbox"]) if row["bbox"] else None})


def read_photo(golden: GoldenSet, query: GoldenQuery) -> bytes:
    """Raises BadGoldenSet where it is missing or another one."""
    path = golden.folder / query.photo
    try:
        data = path.read_bytes()
    except OSError as error:
        raise BadGoldenSet(f"{golden.ref}: {query.photo} cannot be read: {error.strerror}") from error
    if stored_name(data) != query.photo:
        raise BadGoldenSet(f"{golden.ref}: {query.photo} was changed.")
    return data


def listed(home: Path) -> list[GoldenSet]:
    """Every set that can be read, the newest first."""
    found = []
    for folder in home.glob(f"[!.]*@*/{ABOUT}"):
        try:
            found.append(read_golden(folder.parent))
        except BadGoldenSet:
            continue
    return sorted(found, key=lambda golden: (golden.about.get("made_at", ""), golden.sha256), reverse=True)


def all_sets(home: Path) -> list[GoldenSet]:
    """Every set, by name; whoever keeps apart from them has to know them all.

    Raises BadGoldenSet for one that cannot be read.
    """
    return [read_golden(folder) for folder in sorted(home.glob("[!.]*@*/"))]


def find_golden(home: Path, ref: str) -> GoldenSet:
    """By <name>, the newest of it, or by <name>@<start of its sha256>. Raises BadGoldenSet."""
    name, _, start = ref.partition("@")
    check_name(name)
    folders = [path.parent for path in home.glob(f"{name}@{start}*/{ABOUT}")]
    if not folders:
        raise BadGoldenSet(f"There is no golden set {ref}. `manage.py golden list` names them.")
    found = sorted((read_golden(folder) for folder in folders), key=lambda golden: golden.about.get("made_at", ""))
    if start and len(found) > 1:
        raise BadGoldenSet(f"{ref} may be any of {', '.join(golden.ref for golden in found)}.")
    return found[-1]


def check_name(name: str) -> None:
    if not NAME.fullmatch(name):
        raise BadGoldenSet(f"{name!r} is no name for a set: small letters, digits, dots and dashes, at most 64.")
