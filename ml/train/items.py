"""What the encoders learn from: things with studio shots, photos of them in the world, and words."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from zlib import crc32

from ml.train.photos import HOLDOUT_EVERY, NOT_PRODUCTS, read_feed, read_jsonl

NO_LABELS = frozenset({"Not sure", "Skip", "Other", ""})
VAL_EVERY = 8
# One of how many items of a source is kept from training, by its key (caltech101: by its family, whole classes).
HELD_EVERY = {"grocery": 4, "fashion": 8, "clothing": 8, "caltech101": 5}
MIN_CROP_PX = 56


@dataclass(frozen=True, slots=True)
class Crop:
    """A box of a photo, [x1, y1, x2, y2] in upright pixels; None is the whole photo."""

    path: Path
    box: tuple[float, float, float, float] | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """One product. Items of one `family` differ in little only: they are each other's hard negatives.

    `rivals`: keys of products that were taken for it; `weight`: how often it is drawn among those.
    """

    key: str
    family: str
    studio: tuple[Path, ...] = ()
    crops: tuple[Crop, ...] = ()
    attributes: dict[str, str] = field(default_factory=dict)
    rivals: tuple[str, ...] = ()
    weight: float = 1.0


def demo_items(demo: Path, extra: Iterable[Path] = ()) -> list[Item]:
    """The demo world's training SKUs; several sellers' listings of one product are one item.

    `extra`: folders of more rooms of these SKUs, and whole worlds with a feed of their own, made from another seed: all
    of their products are learned from. Raises ValueError for a world that holds the demo's products.
    """
    split, extra = demo / "splits.json", list(extra)
    if not (demo / "feed.csv").exists() or not split.exists():
        return []
    worlds = [folder for folder in extra if is_world(folder)]
    wanted, crops = set(json.loads(split.read_text())["train"]), room_crops(demo, "train")
    for folder in extra:
        if folder not in worlds:
            add_crops(crops, room_crops(folder, "train"))
    items = world_items(demo, [row for row in read_feed(demo / "feed.csv") if row["id"] in wanted], crops)
    return items + [item for folder in worlds for item in other_world_items(folder, demo)]


def refuse_own_products(world: Path, demo: Path) -> None:
    """Raises ValueError for a world of the demo's own products: its golden ones would be learned from."""
    own = {row["title"] for row in read_feed(demo / "feed.csv")}
    if same := next((row["title"] for row in read_feed(world / "feed.csv") if row["title"] in own), None):
        raise ValueError(f'{world}: "{same}" is a product of the demo. Only worlds of other products are learned from.')


def is_world(folder: Path) -> bool:
    """Whether an `extra` folder is a whole world, not only more rooms of the demo world's products."""
    return (folder / "feed.csv").exists()


def room_sets(folder: Path) -> list[tuple[Path, str]]:
    """(folder, split) of all the rooms of an `extra` folder. No queries are asked of another world's golden rooms."""
    if is_world(folder):
        return [(folder, "train"), (folder, "golden"), (folder / "extra", "train")]
    return [(folder, "train")]


def other_world_items(folder: Path, demo: Path) -> list[Item]:
    """All products of a world, under names that no other world has."""
    refuse_own_products(folder, demo)
    crops: dict[str, list[Crop]] = {}
    for rooms, split in room_sets(folder):
        add_crops(crops, room_crops(rooms, split))
    items = world_items(folder, read_feed(folder / "feed.csv"), crops)
    return [replace(item, key=f"{folder.name}/{item.key}", family=f"{folder.name}/{item.family}") for item in items]


def world_items(folder: Path, rows: Iterable[dict], crops: dict[str, list[Crop]]) -> list[Item]:
    by_product: dict[str, list[dict]] = {}
    for row in rows:
        by_product.setdefault(row["gtin"] or row["id"], []).append(row)
    items = [demo_item(folder, same, crops) for same in by_product.values()]
    return [item for item in items if item.studio]


def add_crops(crops: dict[str, list[Crop]], more: dict[str, list[Crop]]) -> None:
    for sku, found in more.items():
        crops.setdefault(sku, []).extend(found)


def demo_item(demo: Path, rows: list[dict], crops: dict[str, list[Crop]]) -> Item:
    links = [link for row in rows for link in (row["image_link"], *row["additional_image_link"].split(",")) if link]
    row = rows[0]
    return Item(
        key=row["id"],
        family=row["item_group_id"] or row["id"],
        studio=tuple(demo / link.strip() for link in links if (demo / link.strip()).exists()),
        crops=tuple(crop for row in rows for crop in crops.get(row["id"], ())),
        attributes=read_attributes(row),
    )


def read_attributes(row: dict) -> dict[str, str]:
    """A feed row's attributes in words that shoppers use: one thing, not many, and what its title says of its legs."""
    attributes = {name: row[name].lower() for name in ("style", "pattern", "color", "material") if row[name]}
    leaf, title = row["product_type"].split(">")[-1].strip().lower(), row["title"]
    singular = (leaf[:-1], leaf[:-2], leaf[:-3] + "f")
    attributes["type"] = next((word for word in singular if word and word in title.lower()), leaf)
    if legs := re.search(r"([\w ]+ legs)$", title):
        attributes["legs"] = legs.group(1).strip().lower()
    return attributes | {"title": title}


def room_crops(folder: Path, split: str, *, min_visible: float = 0.4) -> dict[str, list[Crop]]:
    """{sku: crops of it in the rooms of `split`}."""
    crops: dict[str, list[Crop]] = {}
    for row in read_jsonl(folder / "rooms.jsonl"):
        if row.get("split", split) == split and (folder / row["photo"]).exists():
            for item in row["objects"]:
                if item["visible"] >= min_visible:
                    crops.setdefault(item["product_id"], []).append(Crop(folder / row["photo"], tuple(item["bbox"])))
    return crops


def grocery_items(folder: Path) -> list[Item]:
    """81 groceries: one catalog picture, about 30 phone photos each."""
    photos: dict[str, list[Crop]] = {}
    for row in read_jsonl(folder / "train.jsonl"):
        photos.setdefault(row["product_id"], []).append(Crop(folder / row["photo"]))
    return [
        Item(
            key=row["id"],
            family=row["product_type"],
            studio=(folder / row["image_link"],),
            crops=tuple(photos.get(row["id"], ())),
            attributes={"title": row["title"], "type": row["product_type"].split(">")[-1].strip().lower()},
        )
        for row in read_feed(folder / "feed.csv")
    ]


def fashion_items(folder: Path) -> list[Item]:
    """Studio shots of fashion; the article is the family, so that a batch is full of look-alikes."""
    return [
        Item(
            key=f"fashion-{row['product_id']}",
            family=row["article"],
            studio=(folder / row["photo"],),
            attributes={"color": row["colour"].lower(), "type": row["article"].lower(), "title": row["title"]},
        )
        for row in read_jsonl(folder / "photos.jsonl")
    ]


def labelled_items(folder: Path) -> list[Item]:
    """Single photos with a label for a name: clothing at home, everyday objects."""
    return [
        Item(
            key=f"{folder.name}-{number}",
            family=row["label"],
            crops=(Crop(folder / row["photo"]),),
            attributes={"type": row["label"].lower()},
        )
        for number, row in enumerate(read_jsonl(folder / "photos.jsonl"))
        if row["label"] not in NO_LABELS and not row["label"].startswith("BACKGROUND")
    ]


def boxed_items(index: Path, *, held: bool = False) -> list[Item]:
    """Each labelled box of a jsonl index of photos that is large enough, as an item that is seen once."""
    return [
        Item(
            key=f"{index.parent.name}-{row['photo']}-{number}",
            family=thing["label"],
            crops=(Crop(index.parent / row["photo"], tuple(thing["bbox"])),),
            attributes={"type": thing["label"].lower()},
        )
        for line, row in enumerate(read_jsonl(index))
        if held == (line % HOLDOUT_EVERY == 0)
        for number, thing in enumerate(row["objects"])
        if thing["label"] not in NOT_PRODUCTS and min(sides(thing["bbox"])) >= MIN_CROP_PX
    ]


def sides(box: Iterable[float]) -> tuple[float, float]:
    x1, y1, x2, y2 = box
    return x2 - x1, y2 - y1


def held_out(item: Item) -> bool:
    """Whether the item is kept from training for the protocol: by its name alone, so that it stays so."""
    source = item.key.split("-")[0]
    name = item.family if source == "caltech101" else item.key
    return source in HELD_EVERY and crc32(name.encode()) % HELD_EVERY[source] == 0


def split_families(items: Iterable[Item]) -> tuple[list[Item], list[Item]]:
    """Training and validation items, whole families apart: what counts is how unseen products are told apart."""
    train: list[Item] = []
    held: list[Item] = []
    for item in items:
        # By the name alone, so that the split stays as it is when more products come.
        (held if crc32(item.family.encode()) % VAL_EVERY == 0 else train).append(item)
    return train, held
