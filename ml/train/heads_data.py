"""What attribute heads learn from: vectors and colours of pictures whose attributes are known."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from ml.encode.heads import NOTHING_KNOWN
from ml.train.items import Item
from ml.train.text_items import Stock
from ml.train.text_pictures import Gallery

LABELS = Path(__file__).parent / "recipes" / "labels.toml"
FEED_NAMES = {"colour": "color", "pattern": "pattern", "material": "material"}  # ours to those of a feed
FROM_TITLES = ("pattern", "material")
OBJECTS_OF_ANY_KIND = "caltech101"

Words = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Examples:
    """Pictures with a label of one head: vectors float32 (n, dim), and for each the picture, its label, its source, its
    product's key, whether it is a catalog's studio shot, and whether nothing may be learned from it."""

    vectors: np.ndarray
    crops: np.ndarray
    labels: np.ndarray
    sources: np.ndarray
    keys: np.ndarray
    studio: np.ndarray
    held: np.ndarray

    def only(self, wanted: np.ndarray) -> "Examples":
        rows = (self.vectors, self.crops, self.labels, self.sources, self.keys, self.studio, self.held)
        return Examples(*(values[wanted] for values in rows))


def read_words(path: Path = LABELS) -> Words:
    """{head: {word of a data set: label}}."""
    groups = tomllib.loads(path.read_text())
    return {head: {word: label for label, words in of.items() for word in words} for head, of in groups.items()}


def label_of(head: str, item: Item, source: str, words: Mapping[str, str]) -> str | None:
    """The item's label; None where nobody says."""
    if head == "category":
        said = [item.attributes.get("type", ""), *(each.strip() for each in item.family.lower().split(">"))]
        found = next((words[each] for each in said if each in words), None)
        return NOTHING_KNOWN if found is None and source == OBJECTS_OF_ANY_KIND else found
    if (value := item.attributes.get(FEED_NAMES[head])) is not None:
        return words.get(value)
    title = re.findall(r"[a-z]+", item.attributes.get("title", "").lower()) if head in FROM_TITLES else []
    return next((words[each] for each in title if each in words), None)


def examples(head: str, shown: Mapping[str, tuple[Gallery, Stock]], words: Mapping[str, str]) -> Examples:
    """Every picture of every source that has a label of this head."""
    return join([of_source(head, gallery, stock, words) for gallery, stock in shown.values()])


def of_source(head: str, gallery: Gallery, stock: Stock, words: Mapping[str, str]) -> Examples:
    known = np.array([label_of(head, item, gallery.name, words) for item in stock.items], dtype=object)
    rows = np.flatnonzero(np.not_equal(known[gallery.owner], None))
    owner = gallery.owner[rows]
    return Examples(
        vectors=gallery.vectors[rows],
        crops=objects([gallery.crops[row] for row in rows]),
        labels=known[owner].astype(str),
        sources=np.where(gallery.studio[rows], gallery.name, f"{gallery.name} photos"),
        studio=gallery.studio[rows],
        keys=np.array([stock.items[place].key for place in owner], dtype=str),
        held=np.isin(owner, list(stock.held)),
    )


def objects(values: Sequence[object]) -> np.ndarray:
    found = np.empty(len(values), dtype=object)
    found[:] = values
    return found


def join(parts: Sequence[Examples]) -> Examples:
    names = [field.name for field in fields(Examples)]
    return Examples(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})
