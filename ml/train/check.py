"""Measure a bundle as it serves: boxes, products from its own boxes, words; on the demo world and on groceries."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ml.bundle import Bundle, load_bundle
from ml.crop import crop
from ml.encode import catalog_words
from ml.evaluate import match_boxes, precision_at_1, recall_at_k
from ml.images import open_image
from ml.manifest import CARD, read_card, write_json
from ml.train.photos import read_feed, read_jsonl
from ml.train.recipe import CheckRecipe

SIDE_PX = 1280
MIN_VISIBLE = 0.5


@dataclass(frozen=True, slots=True)
class Shelf:
    """A catalog as vectors float32 (n, dim), one row a picture, and the product of each row."""

    products: list[str]
    vectors: np.ndarray

    def rank(self, query: np.ndarray) -> list[str]:
        """Products, best first, each once."""
        return list(dict.fromkeys(self.products[row] for row in np.argsort(-(self.vectors @ query))))


def shelve(bundle: Bundle, folder: Path) -> Shelf:
    """Encode every picture of a feed with its product's words, as the index does."""
    products, images, words = [], [], []
    for row in read_feed(folder / "feed.csv"):
        for link in (row["image_link"], *row.get("additional_image_link", "").split(",")):
            if link and (folder / link.strip()).exists():
                products.append(row["id"])
                images.append(open_image((folder / link.strip()).read_bytes(), max_side_px=512))
                words.append(catalog_words(row["title"], row))
    return Shelf(products, bundle.encode_catalog(images, words))


def check_demo(bundle: Bundle, folder: Path, *, split: str, confident: float | None = None) -> dict:
    """Detection and same-product measures on the rooms of `split`; text measures where it is the golden one."""
    shelf, level = shelve(bundle, folder), bundle.confident if confident is None else confident
    qrels, boxed, exact, found, shown = {}, {}, {}, [], []
    rooms = [row for row in read_jsonl(folder / "rooms.jsonl") if row["split"] == split]
    for room in rooms:
        photo = open_image((folder / room["photo"]).read_bytes(), max_side_px=SIDE_PX)
        scale = photo.width / room["width"]
        objects = [item for item in room["objects"] if item["visible"] >= MIN_VISIBLE]
        truth = np.array([item["bbox"] for item in objects], dtype=np.float32).reshape(-1, 4) * scale
        detections = bundle.detect(photo)
        boxes = detections.boxes[detections.scores >= level]
        matched = match_boxes(truth, boxes)
        found += (matched >= 0).tolist()
        shown.append(len(boxes))
        for number, (item, row) in enumerate(zip(objects, matched, strict=True)):
            query = f"{room['photo']}/{number}"
            qrels[query] = dict.fromkeys(item.get("product_ids", [item["product_id"]]), 1)
            cuts = [crop(photo, truth[number], bundle.margin)]
            if row >= 0:
                cuts.append(crop(photo, boxes[row], bundle.margin))
            vectors = bundle.encode_images(cuts)
            exact[query] = shelf.rank(vectors[0])
            boxed[query] = shelf.rank(vectors[1]) if row >= 0 else []
    report = {
        "rooms": len(rooms),
        "detection": {"recall_at_iou50": float(np.mean(found)), "objects": len(found), "boxes": float(np.mean(shown))},
        "same_product": measures(qrels, boxed),
        "same_product_true_box": measures(qrels, exact),
    }
    if split == "golden" and bundle.reads_words:
        report["text"] = check_text(bundle, shelf, folder)
    return report


def measures(qrels: dict, run: dict) -> dict:
    return {
        "precision_at_1": precision_at_1(qrels, run),
        "recall_at_10": recall_at_k(qrels, run, 10),
        "queries": len(qrels),
    }


def check_text(bundle: Bundle, shelf: Shelf, folder: Path) -> dict:
    """The golden text queries, by vectors alone."""
    rows = [row for row in read_jsonl(folder / "golden" / "queries.jsonl") if "photo" not in row]
    vectors = bundle.encode_texts([row["text"] for row in rows])
    run = {str(number): shelf.rank(vector) for number, vector in enumerate(vectors)}
    qrels = {str(number): dict.fromkeys(row["product_ids"], 1) for number, row in enumerate(rows)}
    return measures(qrels, run)


def check_grocery(bundle: Bundle, folder: Path) -> dict:
    """Real phone photos: whole photo, the best box, and any box."""
    shelf = shelve(bundle, folder)
    runs: dict[str, dict] = {"whole": {}, "best_box": {}, "any_box": {}}
    qrels = {}
    for number, row in enumerate(read_jsonl(folder / "queries.jsonl")):
        photo = open_image((folder / row["photo"]).read_bytes(), max_side_px=SIDE_PX)
        detections = bundle.detect(photo)
        boxes = detections.boxes[detections.scores >= bundle.confident]
        vectors = bundle.encode_images([photo, *(crop(photo, box, bundle.margin) for box in boxes)])
        ranks = [shelf.rank(vector) for vector in vectors]
        query = str(number)
        qrels[query] = {row["product_id"]: 1}
        runs["whole"][query], runs["best_box"][query] = ranks[0], ranks[1] if len(ranks) > 1 else ranks[0]
        runs["any_box"][query] = min(ranks, key=lambda ranked: ranked.index(row["product_id"]))
    return {name: measures(qrels, run) for name, run in runs.items()}


def measure(recipe: CheckRecipe) -> dict:
    """All measures that there is data for."""
    bundle = load_bundle(recipe.bundle, threads=recipe.threads)
    report: dict = {"bundle": bundle.id}
    if (recipe.demo / "feed.csv").exists():
        report[f"demo_{recipe.split}"] = check_demo(bundle, recipe.demo, split=recipe.split)
    if recipe.grocery is not None and (recipe.grocery / "feed.csv").exists():
        report["grocery"] = check_grocery(bundle, recipe.grocery)
    bundle.close()
    return report


def note(folder: Path, name: str, figures: dict) -> None:
    """Figures under a name into the bundle's card, in the place of those that were there; the id stays."""
    card = read_card(folder)
    card["metrics"] = card.get("metrics", {}) | {name: figures}
    write_json(folder / CARD, card)
