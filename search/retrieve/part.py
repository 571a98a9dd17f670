"""One shard of a generation with its filter columns, and whether its files are still what was built."""

import hashlib
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from search.retrieve.cold import DEAD_SHARE, BrokenShard, Found, Shard
from search.retrieve.columns import Columns, Wanted

# faiss raises RuntimeError, numpy ValueError; a byte changed in what names types and columns raises anything else
BROKEN = (BrokenShard, OSError, ValueError, RuntimeError, LookupError, TypeError, AttributeError, ArithmeticError)
COLUMNS, IMAGE_IDS, PRODUCT_IDS = "columns", "image_ids.i64", "product_ids.i64"
NOTHING = Found(np.empty(0, np.int64), np.empty(0, np.float32), np.empty((0, 0), np.float32), {"plan": "skipped"})


@dataclass(slots=True)
class Late:
    """How many calls of this shard are still running although nobody waits for them any more."""

    calls: int = 0


@dataclass(frozen=True, slots=True)
class Part:
    """`shard` is None where it cannot be searched; `why` then says so in words."""

    name: str
    entry: dict
    folder: Path
    shard: Shard | None = None
    image_ids: np.ndarray | None = None  # int64 (n,), mapped; product_ids too
    product_ids: np.ndarray | None = None
    columns: Columns | None = None
    why: str = ""
    late: Late = field(default_factory=Late)

    @property
    def label(self) -> str:
        return self.name.replace("-", " ")

    def search(self, query: np.ndarray, k: int, recall: float, wanted: Wanted | None) -> Found:
        """The shard's best rows that may be shown. No database here: it runs in a thread of the pool."""
        if self.columns is None:
            return NOTHING if self.routed_past(wanted) else self.shard.search(query, k, recall)
        if wanted is not None:
            return self.shard.search(query, k, recall, self.columns.match(wanted))
        dead = self.columns.dead_count
        if dead > DEAD_SHARE * self.shard.rows:
            return self.shard.search(query, k, recall, self.columns.alive)
        return self.shard.search(query, k, recall, None, dead, self.columns.alive.rows if dead else None)

    def routed_past(self, wanted: Wanted | None) -> bool:
        """By the manifest alone. Columns know better: a product may have moved to another category since."""
        categories = (self.entry.get("routing") or {}).get("categories")
        asked = wanted.category_ids if wanted else None
        return categories is not None and asked is not None and not set(categories) & set(asked)

    def without(self, why: str) -> "Part":
        return replace(self, shard=None, columns=None, why=why)

    def shrunk(self) -> str | None:
        """A file that has another size now; one that was deleted stays readable through its mapping."""
        for name, kept in self.entry["files"].items():
            path = self.folder / name
            if path.exists() and path.stat().st_size != kept["bytes"]:
                return f"{self.label} is damaged: {name} has another size"
        return None

    def damage(self) -> str | None:
        """The first file whose bytes are not what was built."""
        for name, kept in self.entry["files"].items():
            if why := differs(self.folder / name, kept):
                return f"{self.label} is damaged: {name} {why}"
        return None


def open_part(generation: Path, entry: dict, dim: int) -> Part:
    """Opened where that is possible; else a part that says why not."""
    part = Part(entry["name"], entry, generation / entry["name"])
    try:
        if lost := [name for name in entry["files"] if not (part.folder / name).exists()]:
            return part.without(f"{part.label} is missing" + (f" {lost[0]}" if part.folder.exists() else ""))
        if why := part.shrunk():
            return part.without(why)
        shard = Shard.open(part.folder, entry)
        if shard.dim != dim:
            return part.without(f"{part.label} has another dimension")
        image_ids, product_ids = (map_ids(part.folder / name, shard.rows) for name in (IMAGE_IDS, PRODUCT_IDS))
        columns = None
        if (part.folder / COLUMNS).exists():
            columns = Columns.open(part.folder / COLUMNS, image_ids, product_ids)
        return replace(part, shard=shard, image_ids=image_ids, product_ids=product_ids, columns=columns)
    except BROKEN as error:
        return part.without(f"{part.label} cannot be opened: {error}")


def map_ids(path: Path, rows: int) -> np.ndarray:
    """Without numpy's subclass, whose every look-up costs a microsecond more."""
    return np.asarray(np.memmap(path, dtype=np.int64, mode="r", shape=(rows,)))


def differs(path: Path, kept: dict) -> str | None:
    """In words, how a file differs from {bytes, sha256}; None where it does not."""
    try:
        if path.stat().st_size != kept["bytes"]:
            return "has another size"
        with path.open("rb") as file:
            return None if hashlib.file_digest(file, "sha256").hexdigest() == kept["sha256"] else "has other bytes"
    except FileNotFoundError:
        return "is missing"
    except OSError as error:
        return f"cannot be read: {error.strerror}"
