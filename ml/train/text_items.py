"""All items of all sources with their words: what is said of a product beside its attributes."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from ml.train.guard import Guarded, pictures_of, refuse_golden
from ml.train.items import (
    Item,
    boxed_items,
    demo_items,
    fashion_items,
    grocery_items,
    held_out,
    labelled_items,
    split_families,
)
from ml.train.photos import read_feed, read_jsonl

FOR_WHOM = ("men", "women", "boys", "girls", "kids", "unisex")
PATTERNS = {"solid": "plain", "striped": "striped", "stripes": "striped", "check": "checked", "checked": "checked"}
PATTERNS |= {"checks": "checked", "printed": "printed", "print": "printed", "graphic": "printed", "floral": "floral"}


@dataclass(frozen=True, slots=True)
class Stock:
    """The items of one source. `held`: places of those that neither words nor heads may learn from."""

    items: tuple[Item, ...]
    held: frozenset[int]

    @property
    def taught(self) -> list[int]:
        return [place for place in range(len(self.items)) if place not in self.held]


class Reads(Guarded, Protocol):
    """The part of a recipe that says what is read."""

    data: Path
    demo: Path
    extra: tuple[Path, ...]
    hold_out: bool


def every_item(data: Path, demo: Path, extra: Iterable[Path] = (), *, hold_out: bool = True) -> dict[str, Stock]:
    """{source: its items}; a source that is not there is left out. Without `hold_out` nothing of the demo is held."""
    folders = {name: data / name for name in ("grocery", "fashion", "clothing", "caltech101", "garments")}
    listings, street = demo_items(demo, extra), folders["garments"] / "photos.jsonl"
    kept = {item.key for item in split_families(listings)[1]} if hold_out else set()
    street_held = boxed_items(street, held=True)
    street_kept = {item.key for item in street_held}
    stocks = {
        "demo": stock(listings, lambda item: item.key in kept),
        "grocery": stock(grocery(folders["grocery"]), held_out),
        "fashion": stock(worn(fashion_items(folders["fashion"]), folders["fashion"]), held_out),
        "clothing": stock(labelled_items(folders["clothing"]), held_out),
        "caltech101": stock(labelled_items(folders["caltech101"]), held_out),
        "garments": stock(street_held + boxed_items(street), lambda item: item.key in street_kept),
    }
    return {name: each for name, each in stocks.items() if each.items}


def lawful_items(recipe: Reads, wanted: Callable[[str], bool]) -> dict[str, Stock]:
    """Of the sources that are wanted. Raises LeakedGoldenSet where a picture shows what a golden set measures with."""
    stocks = every_item(recipe.data, recipe.demo, recipe.extra, hold_out=recipe.hold_out)
    stocks = {name: each for name, each in stocks.items() if wanted(name)}
    refuse_golden(recipe, pictures_of(item for each in stocks.values() for item in each.items))
    return stocks


def stock(items: list[Item], is_held: Callable[[Item], bool]) -> Stock:
    return Stock(tuple(items), frozenset(place for place, item in enumerate(items) if is_held(item)))


def grocery(folder: Path) -> list[Item]:
    """Groceries with the feed's description."""
    if not (folder / "feed.csv").exists():
        return []
    texts = {row["id"]: row["description"] for row in read_feed(folder / "feed.csv")}
    return [with_words(item, description=texts[item.key]) for item in grocery_items(folder)]


def worn(items: list[Item], folder: Path) -> list[Item]:
    """Fashion with what it is worn for and, where the title says so, by whom and with which pattern."""
    usage = {f"fashion-{row['product_id']}": row["usage"].lower() for row in read_jsonl(folder / "photos.jsonl")}
    return [with_words(item, style=usage.get(item.key, ""), **said_by(item.attributes["title"])) for item in items]


def said_by(title: str) -> dict[str, str]:
    """{"whom": "women", "pattern": "striped"} of "Puma Women Striped Tee"; what is not said is left out."""
    words = re.findall(r"[a-z]+", title.lower())
    whom = next((word for word in words if word in FOR_WHOM), "")
    return {"whom": whom, "pattern": next((PATTERNS[word] for word in words if word in PATTERNS), "")}


def with_words(item: Item, **words: str) -> Item:
    return replace(item, attributes=item.attributes | {name: value for name, value in words.items() if value})
