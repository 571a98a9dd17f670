"""Which items a recipe trains on, which it keeps back, and which photos lie behind pasted products."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from ml.train.datasets import FORBIDDEN, dataset_folder
from ml.train.guard import pictures_of, refuse_golden
from ml.train.items import (
    Crop,
    Item,
    boxed_items,
    demo_items,
    fashion_items,
    grocery_items,
    held_out,
    labelled_items,
    split_families,
)
from ml.train.mine import missed_items
from ml.train.photos import read_jsonl

# How many views of an item a batch holds, and how often the source is drawn where the recipe does not say.
VIEWS = dict.fromkeys(("demo", "grocery", "misses"), 3)
VIEWS |= dict.fromkeys(("fashion", "clothing", "caltech101", "garments", "coco256"), 2)
SHARES = {"demo": 3.0, "grocery": 1.5, "fashion": 1.0, "clothing": 0.5, "caltech101": 0.5, "misses": 1.0}


class Reads(Protocol):
    """The part of a recipe that says what is read."""

    data: Path
    demo: Path
    extra: tuple[Path, ...]
    hold_out: bool
    negatives: tuple[Path, ...]
    datasets: Path
    forbidden: tuple[Path, ...]
    runs: Path
    shares: dict[str, float]


@dataclass(frozen=True, slots=True)
class Source:
    """Items to draw from. `views`: pictures of each item in a batch; `share`: how often this source is drawn."""

    name: str
    items: Sequence[Item]
    views: int
    share: float


def read_sources(recipe: Reads) -> tuple[list[Source], dict[str, list[Item]]]:
    """The training sources, and items to check on: the demo's held-out families, and groceries on other photos.

    `hold_out = false` takes the held-out part of demo and grocery in; of the other sources it is never trained on.
    Raises LeakedGoldenSet where a picture shows what a golden set measures with.
    """
    marked = [dataset_folder(each, recipe.datasets) for each in recipe.negatives]
    data = recipe.data
    demo = demo_items(recipe.demo, recipe.extra)
    train, held = split_families(demo) if recipe.hold_out else (demo, [])
    groceries = grocery_items(data / "grocery") if data.exists() else []
    items = {
        "demo": train,
        "grocery": [item for item in groceries if not (recipe.hold_out and held_out(item))],
        "fashion": fashion_items(data / "fashion"),
        "clothing": labelled_items(data / "clothing"),
        "caltech101": labelled_items(data / "caltech101"),
        "garments": boxed_items(data / "garments" / "photos.jsonl"),
        "coco256": boxed_items(data / "coco256" / "train2017.jsonl"),
        "misses": [item for folder in marked for item in missed_items(folder)],
    }
    for name in ("fashion", "clothing", "caltech101"):
        items[name] = [item for item in items[name] if not held_out(item)]
    sources = [
        Source(name, found, VIEWS[name], share)
        for name, found in items.items()
        if found and (share := recipe.shares.get(name, SHARES.get(name, 0.0)))
    ]
    learned = (item for source in sources for item in source.items)
    refuse_golden(recipe, pictures_of(learned), [folder / FORBIDDEN for folder in marked])
    checks = {"demo": held, "grocery": held_grocery(data / "grocery")}
    return sources, {name: kept for name, kept in checks.items() if kept}


def held_grocery(folder: Path) -> list[Item]:
    """The 81 products, on photos that are not trained on."""
    photos = {}
    for row in read_jsonl(folder / "queries.jsonl"):
        photos.setdefault(row["product_id"], []).append(Crop(folder / row["photo"]))
    items = grocery_items(folder) if photos else []
    return [replace(item, crops=tuple(photos.get(item.key, ()))) for item in items]


def filler_photos(data: Path, demo: Path) -> list[Path]:
    """Photos whose pieces stand behind and before pasted products."""
    coco = [data / "coco256" / row["photo"] for row in read_jsonl(data / "coco256" / "train2017.jsonl")]
    rooms = [demo / row["photo"] for row in read_jsonl(demo / "rooms.jsonl") if row["split"] == "train"]
    return [path for path in coco + rooms if path.exists()]
