"""Nothing of a golden set is learned from: whoever trains asks here first, whatever was asked before."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Protocol

from ml.errors import ImageRejected
from ml.evaluate.golden import ABOUT, QUERIES, GoldenSet, all_sets, read_golden, read_photo
from ml.inspect.local import VERSION
from ml.leaks import Forbidden, forbid, join, read_forbidden
from ml.manifest import write_json
from ml.train.items import Item
from ml.train.photos import read_jsonl
from ml.train.recipe import FORBIDDEN

SHOWN = 10
CLEAN = "no-leaks.json"


class LeakedGoldenSet(ValueError):
    """Training pictures show photos of a golden set: what is trained with them cannot be measured by it."""


class NothingToForbid(ValueError):
    """What is to be kept apart from is not there. Name golden sets, folders of them, or evaluation folders."""


class Guarded(Protocol):
    """The part of a recipe that says what may not be learned from, and where to remember what was found clean."""

    runs: Path
    forbidden: tuple[Path, ...]


def refuse_golden(recipe: Guarded, pictures: Iterable[Path], lists: Iterable[Path] = ()) -> None:
    """Before anything is learned from these pictures. lists: files of fingerprints that came with data sets.

    Raises LeakedGoldenSet, NothingToForbid, BadGoldenSet.
    """
    if gone := [place for place in recipe.forbidden if not place.exists() and place not in FORBIDDEN]:
        raise NothingToForbid(f"{gone[0]}: {NothingToForbid.__doc__}")
    refuse_leaks(pictures, forbidden_photos([*recipe.forbidden, *lists]), recipe.runs)


def pictures_of(items: Iterable[Item]) -> Iterator[Path]:
    """Every file that may be learned from."""
    for item in items:
        yield from item.studio
        yield from (crop.path for crop in item.crops)


def forbidden_photos(places: Iterable[Path]) -> Forbidden:
    """From files that came with data sets, from golden sets, from folders full of those, from evaluation folders.

    Raises NothingToForbid, and BadGoldenSet for a set that cannot be read: it might hold any photo.
    """
    return join([of_place(place) for place in places if place.exists()])


def of_place(place: Path) -> Forbidden:
    if place.suffix == ".npz":
        return read_forbidden(place)
    if (place / ABOUT).exists():
        return of_sets([read_golden(place)])
    if sets := all_sets(place):
        return of_sets(sets)
    queries = next((path for path in (place / "golden" / QUERIES, place / QUERIES) if path.exists()), None)
    if queries is None and (place.is_file() or any(place.glob("[!.]*"))):
        raise NothingToForbid(f"{place}: {NothingToForbid.__doc__}")
    photos = dict.fromkeys(row["photo"] for row in read_jsonl(queries) if row.get("photo")) if queries else ()
    return forbid((f"{place.name}: {photo}", (place / photo).read_bytes()) for photo in photos)


def of_sets(sets: Iterable[GoldenSet]) -> Forbidden:
    """Each photo once: versions of a set share most of theirs."""
    photos = {query.photo: (golden, query) for golden in sets for query in golden.queries if query.photo}
    return forbid(
        (f"{golden.name}@{golden.sha256[:12]}: {photo}", read_photo(golden, query))
        for photo, (golden, query) in photos.items()
    )


def refuse_leaks(pictures: Iterable[Path], forbidden: Forbidden, runs: Path) -> int:
    """How many pictures were looked at. What was found clean is remembered in `runs`, by content.

    Raises LeakedGoldenSet, which names them.
    """
    if not len(forbidden):
        return 0
    memory = Memory(runs / CLEAN, forbidden)
    leaks, count = [], 0
    for path, data in contents(pictures):
        count += 1
        digest = hashlib.sha256(data).hexdigest()
        if digest in memory.clean:
            continue
        leak = None
        try:
            leak = forbidden.find(data)
        except ImageRejected:  # nobody can learn from it
            continue
        if leak is None:
            memory.clean.add(digest)
        else:
            leaks.append(f"{path}: {leak.how} as {leak.photo}")
    memory.save()
    if leaks:
        more = f" and {len(leaks) - SHOWN} more" if len(leaks) > SHOWN else ""
        raise LeakedGoldenSet(f"{LeakedGoldenSet.__doc__}\n  " + "\n  ".join(leaks[:SHOWN]) + more)
    return count


def contents(pictures: Iterable[Path]) -> Iterator[tuple[Path, bytes]]:
    for path in dict.fromkeys(pictures):
        if path.is_file():
            yield path, path.read_bytes()


class Memory:
    """Hashes of pictures that were compared with these very photos and are none of them."""

    def __init__(self, path: Path, forbidden: Forbidden) -> None:
        self.path = path
        names = "".join(sorted(each.sha256 for each in forbidden.prints))
        self.of = hashlib.sha256(f"{VERSION} {names}".encode()).hexdigest()
        kept = json.loads(path.read_text()) if path.exists() else {}
        self.clean: set[str] = set(kept["clean"]) if kept.get("of") == self.of else set()

    def save(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        write_json(self.path, {"of": self.of, "clean": sorted(self.clean)})
