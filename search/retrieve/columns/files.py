"""The files of one shard's columns, mapped copy-on-write: a live change costs this process a page, and no file.

columns.json names types and codebooks; every other file is one array as it lies in memory.
"""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from search.retrieve.columns.coded import Codebook, Coded
from search.retrieve.columns.offers import FirstOffers, FurtherOffers

NAMES = "columns.json"
FORMAT = 2
PLAIN = {
    "alive": (np.dtype(bool), "rows"),  # neither blocked, deleted, rejected nor superseded by a row of the hot tier
    "price": (np.dtype(np.float32), "rows"),
    "in_stock": (np.dtype(bool), "rows"),
    "by_product": (np.dtype(np.int32), "rows"),  # the rows in the order of their products' ids
    "further_row": (np.dtype(np.int32), "further"),
    "further_price": (np.dtype(np.float32), "further"),
    "further_in_stock": (np.dtype(bool), "further"),
    "further_seller": (np.dtype(np.uint32), "further"),
}


class BrokenColumns(ValueError):
    """A file of the filter columns is missing, truncated or of another format. Rebuild the generation."""


@dataclass(frozen=True, slots=True)
class CodedEntry:
    """How one coded column is kept: `values` by code, from 1 on."""

    dtype: str
    values: list


@dataclass(frozen=True, slots=True)
class Entry:
    rows: int
    further: int
    category: CodedEntry
    seller: CodedEntry
    attributes: dict[str, CodedEntry] = field(default_factory=dict)

    def coded(self) -> dict[str, CodedEntry]:
        """Coded columns by file name; attribute names are no file names."""
        numbered = {f"attribute_{number:02}": entry for number, entry in enumerate(self.attributes.values())}
        return {"category": self.category, "seller": self.seller, **numbered}


@dataclass(slots=True)
class Arrays:
    """Everything mapped. alive bool (n,); by_product int32 (n,)."""

    alive: np.ndarray
    category: Coded
    first: FirstOffers
    further: FurtherOffers
    attributes: dict[str, Coded]
    by_product: np.ndarray

    def all(self) -> list[np.ndarray]:
        coded = [self.category, self.first.seller, *self.attributes.values()]
        further = self.further.row, self.further.price, self.further.in_stock, self.further.seller
        plain = self.alive, self.first.price, self.first.in_stock, self.by_product
        return [*plain, *further, *(column.codes for column in coded)]


def read_entry(folder: Path) -> Entry:
    try:
        told = json.loads((folder / NAMES).read_bytes())
        if told.pop("format") != FORMAT:
            raise BrokenColumns(f"{folder / NAMES} has another format.")
        attributes = {name: CodedEntry(**entry) for name, entry in told.pop("attributes").items()}
        category, seller = (CodedEntry(**told.pop(name)) for name in ("category", "seller"))
        return Entry(category=category, seller=seller, attributes=attributes, **told)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BrokenColumns(f"{folder / NAMES}: {error}") from error


def write_entry(folder: Path, entry: Entry) -> None:
    (folder / NAMES).write_text(json.dumps({"format": FORMAT, **asdict(entry)}, ensure_ascii=False))


def open_arrays(folder: Path) -> Arrays:
    """Raises BrokenColumns."""
    entry = read_entry(folder)
    plain = {name: mapped(folder, name, dtype, getattr(entry, size)) for name, (dtype, size) in PLAIN.items()}
    coded = {
        name: Coded(mapped(folder, name, np.dtype(column.dtype), entry.rows), Codebook(column.values))
        for name, column in entry.coded().items()
    }
    further = {name: plain.pop(f"further_{name}") for name in ("row", "price", "in_stock", "seller")}
    names = [name for name in coded if name.startswith("attribute_")]
    return Arrays(
        alive=plain["alive"],
        category=coded["category"],
        first=FirstOffers(plain["price"], plain["in_stock"], coded["seller"]),
        further=FurtherOffers(**further),
        attributes={name: coded[file] for name, file in zip(entry.attributes, names, strict=True)},
        by_product=plain["by_product"],
    )


def mapped(folder: Path, name: str, dtype: np.dtype, size: int) -> np.ndarray:
    path = folder / file_name(name, dtype)
    try:
        if path.stat().st_size != size * dtype.itemsize:
            raise BrokenColumns(f"{path} has {path.stat().st_size} bytes instead of {size * dtype.itemsize}.")
        if size == 0:  # nothing cannot be mapped
            return np.empty(0, dtype)
        return np.memmap(path, dtype, mode="c", shape=(size,)).view(np.ndarray)
    except OSError as error:
        raise BrokenColumns(f"{path}: {error}") from error


def file_name(name: str, dtype: np.dtype) -> str:
    return f"{name}.{dtype.name}"
