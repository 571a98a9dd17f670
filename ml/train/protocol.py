"""The generalisation protocol: what a tower finds among products that it has not learned from, in one table."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from ml.bundle import Bundle
from ml.crop import crop
from ml.detect import likely_meant
from ml.evaluate import precision_at_1, recall_at_k
from ml.train.items import Item, boxed_items, fashion_items, grocery_items, held_out, labelled_items
from ml.train.photos import read_jsonl
from ml.train.sources import filler_photos, held_grocery
from ml.train.trials import Shot, Trial, captured_trial, centre, demo_trial, grocery_trial, kept_trials, kinds_trial

Encode = Callable[[Sequence[Image.Image]], np.ndarray]
UNSEEN_PHOTOS = 6
LARGEST = 400


def read_trials(folder: Path, data: Path, demo: Path, detector: Bundle) -> Iterator[Trial]:
    """All trials, kept in `folder`, made where they are missing. `detector`: whose boxes queries come from."""
    fillers = filler_photos(data, demo)

    def fashion() -> list[Item]:
        return at_most([item for item in fashion_items(data / "fashion") if held_out(item)])

    def clothing() -> list[Item]:
        return [item for item in labelled_items(data / "clothing") if held_out(item)]

    def boxes() -> list[Item]:
        garments = boxed_items(data / "garments" / "photos.jsonl", held=True)
        coco = [item for held in (True, False) for item in boxed_items(data / "coco256" / "val2017.jsonl", held=held)]
        return at_most(garments + coco)

    def colours() -> list[Item]:
        return [replace(item, family=f"{item.attributes['color']} {item.family}") for item in fashion()]

    groceries = grocery_protocol_items(data / "grocery")
    return kept_trials(
        folder,
        {
            "grocery_box": lambda: grocery_trial(
                groceries, held_out, "grocery_box", lambda photo: boxed(detector, photo)
            ),
            "grocery_centre": lambda: grocery_trial(groceries, held_out, "grocery_centre", centre),
            "demo": lambda: demo_trial(demo),
            "fashion": lambda: captured_trial("fashion", fashion(), fillers, queries=200),
            "clothing": lambda: captured_trial("clothing", clothing(), fillers, queries=200),
            "boxes": lambda: captured_trial("boxes", boxes(), fillers, queries=200),
            "fashion_kinds": lambda: kinds_trial("fashion_kinds", colours()),
            "clothing_kinds": lambda: kinds_trial("clothing_kinds", clothing()),
            "caltech_kinds": lambda: kinds_trial(
                "caltech_kinds", [item for item in labelled_items(data / "caltech101") if held_out(item)]
            ),
        },
    )


def at_most(items: list[Item]) -> list[Item]:
    """Every n-th, so that no trial takes long."""
    return items[:: -(-len(items) // LARGEST)]


def grocery_protocol_items(folder: Path) -> list[Item]:
    """All products; photos that are in no training set: those to develop on, and of held-out products some more."""
    held = {item.key: item.crops[:UNSEEN_PHOTOS] for item in grocery_items(folder) if held_out(item)}
    return [replace(item, crops=item.crops + held.get(item.key, ())) for item in held_grocery(folder)]


def boxed(detector: Bundle, photo: Image.Image) -> Image.Image:
    """The crop that a shopper without a tap gets: the detector's best box."""
    detections = detector.detect(photo)
    if not len(detections.boxes):
        return centre(photo)
    first = likely_meant(photo, detections.boxes, detections.scores)[0]
    return crop(photo, detections.boxes[first], detector.margin)


def measure(trial: Trial, encode: Encode, *, mirror: bool = True) -> dict[str, float]:
    """`score` of what `encode` gives; with `mirror` a query is the mean with its mirror image's vector."""
    gallery = encode([shot.image for shot in trial.gallery])
    if not trial.queries:
        return score(trial, gallery, gallery)
    queries = encode([shot.image for shot in trial.queries])
    if mirror:
        queries = queries + encode([ImageOps.mirror(shot.image) for shot in trial.queries])
    return score(trial, gallery, queries)


def score(trial: Trial, gallery: np.ndarray, queries: np.ndarray) -> dict[str, float]:
    """The trial's measures by name: right@1, within 5 and 10 for each group of queries, and right kind@1.

    gallery and queries float32 (n, dim), rows as the trial's shots.
    """
    if not trial.queries:
        return {f"{trial.name}/kind@1": same_kind(trial.gallery, gallery)}
    orders = np.argsort(-(queries @ gallery.T), axis=1)
    values = {}
    for group in sorted({shot.group for shot in trial.queries}):
        rows = [number for number, shot in enumerate(trial.queries) if shot.group == group]
        qrels = {str(row): dict.fromkeys(trial.queries[row].products, 1) for row in rows}
        run = {str(row): ranked(trial.gallery, orders[row]) for row in rows}
        values[f"{trial.name}/{group}@1"] = precision_at_1(qrels, run)
        values |= {f"{trial.name}/{group}@{k}": recall_at_k(qrels, run, k) for k in (5, 10)}
    first = [trial.gallery[order[0]].kind for order in orders]
    values[f"{trial.name}/kind@1"] = float(np.mean([a == b.kind for a, b in zip(first, trial.queries, strict=True)]))
    return values


def ranked(gallery: Sequence[Shot], order: np.ndarray) -> list[str]:
    """Products of the gallery, best first, each once."""
    return list(dict.fromkeys(gallery[row].products[0] for row in order))


def same_kind(shots: Sequence[Shot], vectors: np.ndarray) -> float:
    """Share of pictures whose nearest other picture is of their kind, among kinds with two or more."""
    kinds = np.array([shot.kind for shot in shots])
    scores = vectors @ vectors.T
    np.fill_diagonal(scores, -2)
    counted = np.array([(kinds == kind).sum() > 1 for kind in kinds])
    return float((kinds[scores.argmax(axis=1)] == kinds)[counted].mean())


def append_row(table: Path, name: str, values: dict[str, float]) -> None:
    """One line of JSON a candidate."""
    table.parent.mkdir(parents=True, exist_ok=True)
    with table.open("a") as file:
        file.write(json.dumps({"candidate": name} | {key: round(value, 4) for key, value in values.items()}) + "\n")


def as_markdown(table: Path) -> str:
    """The table with one row a candidate; a candidate measured twice shows its last measure."""
    rows = {line["candidate"]: line for line in read_jsonl(table)}
    columns = list(dict.fromkeys(key for row in rows.values() for key in row if key != "candidate"))
    lines = ["| candidate | " + " | ".join(columns) + " |", "|---" * (len(columns) + 1) + "|"]
    for name, row in rows.items():
        lines.append(f"| {name} | " + " | ".join(f"{row[key]:.3f}" if key in row else "" for key in columns) + " |")
    return "\n".join(lines)
