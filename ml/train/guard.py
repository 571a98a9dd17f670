"""Nothing of a golden set is learned from: whoever trains asks here first, whatever was asked before."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from ml.errors import ImageRejected
from ml.evaluate.golden import ABOUT, GoldenSet, listed, read_golden, read_photo
from ml.inspect.local import VERSION
from ml.leaks import Forbidden, forbid, join, read_forbidden
from ml.manifest import write_json
from ml.train.photos import read_jsonl

SHOWN = 10
CLEAN = "no-leaks.json"


class LeakedGoldenSet(ValueError):
    """Training pictures show photos of a golden set: what is trained with them cannot be measured by it."""


def forbidden_photos(places: Iterable[Path]) -> Forbidden:
    """From files that came with data sets, from golden sets, from folders full of those, from evaluation folders."""
    return join([of_place(place) for place in places if place.exists()])


def of_place(place: Path) -> Forbidden:
    if place.suffix == ".npz":
        return read_forbidden(place)
    if (place / ABOUT).exists():
        return of_set(read_golden(place))
    if sets := listed(place):
        return join([of_set(golden) for golden in sets])
    queries = place / "golden" / "queries.jsonl"
    rows = read_jsonl(queries if queries.exists() else place / "queries.jsonl")
    photos = dict.fromkeys(row["photo"] for row in rows if row.get("photo"))
    return forbid((f"{place.name}: {photo}", (place / photo).read_bytes()) for photo in photos)


def of_set(golden: GoldenSet) -> Forbidden:
    photos = {query.photo: query for query in golden.queries if query.photo}
    return forbid(
        (f"{golden.name}@{golden.sha256[:12]}: {photo}", read_photo(golden, q)) for photo, q in photos.items()
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
