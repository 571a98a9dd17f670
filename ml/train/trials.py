"""Retrieval trials for an image tower, cut and rendered once: pictures of products it has not learned from."""

import io
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from PIL import Image

from ml.crop import centre_box, crop
from ml.images import open_image
from ml.train.items import Crop, Item
from ml.train.photos import read_feed, read_jsonl
from ml.train.views import load_crop, pasted_view, photo_view

SIDE_PX = 384
MARGIN = 0.05
MIN_VISIBLE = 0.5


@dataclass(frozen=True, slots=True)
class Shot:
    """A picture of a trial. `products`: which products are in it, or would be right; `kind`: what sort of thing it is;
    `group`: under which the queries are reported, such as seen and unseen."""

    image: Image.Image
    products: tuple[str, ...]
    kind: str = ""
    group: str = "unseen"


@dataclass(frozen=True, slots=True)
class Trial:
    """Queries that are searched for in a gallery; without queries each picture of the gallery is one, for its kind."""

    name: str
    gallery: list[Shot]
    queries: list[Shot]


def demo_trial(demo: Path) -> Trial:
    """The golden rooms' true boxes against all catalog pictures."""
    kinds = {row["id"]: row["product_type"] for row in read_feed(demo / "feed.csv")}
    gallery = [
        Shot(load_shot(demo / link.strip()), (row["id"],), row["product_type"])
        for row in read_feed(demo / "feed.csv")
        for link in (row["image_link"], *row["additional_image_link"].split(","))
        if (demo / link.strip()).is_file()
    ]
    queries = []
    for room in read_jsonl(demo / "rooms.jsonl"):
        if room["split"] == "golden":
            photo = open_image((demo / room["photo"]).read_bytes())
            for thing in room["objects"]:
                if thing["visible"] >= MIN_VISIBLE:
                    right = tuple(thing.get("product_ids", [thing["product_id"]]))
                    queries.append(Shot(crop(photo, thing["bbox"], MARGIN), right, kinds[right[0]]))
    return Trial("demo", gallery, queries)


def grocery_trial(
    items: Sequence[Item], held: Callable[[Item], bool], name: str, cut: Callable[[Image.Image], Image.Image]
) -> Trial:
    """Phone photos, cut by `cut`, against one catalog picture a product. Held-out products are the unseen group."""
    gallery = [Shot(load_shot(path), (item.key,), item.family) for item in items for path in item.studio]
    queries = [
        Shot(cut(open_image(each.path.read_bytes())), (item.key,), item.family, "unseen" if held(item) else "seen")
        for item in items
        for each in item.crops
    ]
    return Trial(name, gallery, queries)


def captured_trial(name: str, items: Sequence[Item], fillers: Sequence[Path], *, queries: int, seed: int = 3) -> Trial:
    """Each item as it is, searched by views as a phone would take them: pasted before something else where its
    backdrop can be cut away, else cropped otherwise and taken badly."""
    random = Random(f"{seed}/{name}")
    gallery = [Shot(still(item), (item.key,), item.family) for item in items]
    views = []
    for item in items[:: max(1, len(items) // queries)][:queries]:
        views.append(Shot(captured(item, random, fillers), (item.key,), item.family))
    return Trial(name, gallery, views)


def captured(item: Item, random: Random, fillers: Sequence[Path]) -> Image.Image:
    if item.studio:
        return pasted_view(item.studio[0], random, fillers)
    return photo_view(item.crops[0], random, fillers)


def kinds_trial(name: str, items: Iterable[Item]) -> Trial:
    """Whether the nearest other picture is of the same kind."""
    return Trial(name, [Shot(still(item), (item.key,), item.family) for item in items], [])


def still(item: Item) -> Image.Image:
    if item.studio:
        return load_shot(item.studio[0])
    return cut_exactly(item.crops[0])


def cut_exactly(each: Crop) -> Image.Image:
    image, box = load_crop(each)
    return crop(image, box, MARGIN if each.box else 0)


def load_shot(path: Path) -> Image.Image:
    return open_image(path.read_bytes(), max_side_px=SIDE_PX)


def centre(photo: Image.Image) -> Image.Image:
    return photo.crop(centre_box(*photo.size))


def write_trial(trial: Trial, folder: Path) -> None:
    """Keep the trial as numbered JPEG files and an index, to be looked at and read again."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = []
    for part, shots in (("gallery", trial.gallery), ("queries", trial.queries)):
        for number, shot in enumerate(shots):
            file = f"{part}-{number:04}.jpg"
            small = shot.image.copy()
            small.thumbnail((SIDE_PX, SIDE_PX))
            small.save(folder / file, quality=95)
            lines.append(
                {"part": part, "file": file, "products": shot.products, "kind": shot.kind, "group": shot.group}
            )
    (folder / "index.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))


def read_trial(folder: Path) -> Trial:
    parts: dict[str, list[Shot]] = {"gallery": [], "queries": []}
    for line in read_jsonl(folder / "index.jsonl"):
        image = Image.open(io.BytesIO((folder / line["file"]).read_bytes())).convert("RGB")
        parts[line["part"]].append(Shot(image, tuple(line["products"]), line["kind"], line["group"]))
    return Trial(folder.name, parts["gallery"], parts["queries"])


def kept_trials(folder: Path, makers: dict[str, Callable[[], Trial]]) -> Iterator[Trial]:
    """The trials of these names, made where they are not in `folder` yet."""
    for name, make in makers.items():
        if not (folder / name / "index.jsonl").exists():
            write_trial(make(), folder / name)
        yield read_trial(folder / name)
