"""Photos with boxes, from every source that the detector learns from."""

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# Alive, or the street itself: nothing that a shop sells.
NOT_PRODUCTS = frozenset(
    "person bear bird cat cow dog elephant giraffe horse sheep zebra airplane boat bus train truck"
    " traffic_light fire_hydrant stop_sign hair skin".replace("_", " ").split(" ")
) | {"traffic light", "fire hydrant", "stop sign"}
MIN_SIDE_PX = 12
HOLDOUT_EVERY = 4


@dataclass(frozen=True, slots=True)
class LabelledPhoto:
    """A photo file and its objects' boxes, [x1, y1, x2, y2] in pixels of the upright photo.

    `unsure`: boxes that are neither right nor wrong, such as people, and things too small or hidden to be tapped.
    """

    path: Path
    boxes: tuple[tuple[float, float, float, float], ...]
    unsure: tuple[tuple[float, float, float, float], ...] = ()


def read_jsonl(path: Path) -> list[dict]:
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text().splitlines() if line.strip()]


def read_feed(path: Path) -> list[dict]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def rooms(folder: Path, *, split: str, min_visible: float = 0.25) -> Iterator[LabelledPhoto]:
    """The demo world's photos of one split (rooms.jsonl). Hardly visible objects are no labels: nobody taps them."""
    for row in read_jsonl(folder / "rooms.jsonl"):
        path = folder / row["photo"]
        if row.get("split", split) == split and path.exists():
            boxes = [item["bbox"] for item in row["objects"] if item["visible"] >= min_visible]
            yield labelled(path, boxes, [item["bbox"] for item in row["objects"]])


def annotated(index: Path, *, holdout: bool | None = None) -> Iterator[LabelledPhoto]:
    """Photos of a jsonl index with labelled boxes; every fourth is the held-out part (None: all of them)."""
    for number, row in enumerate(read_jsonl(index)):
        if holdout is None or holdout == (number % HOLDOUT_EVERY == 0):
            boxes = [item["bbox"] for item in row["objects"] if item["label"] not in NOT_PRODUCTS]
            yield labelled(index.parent / row["photo"], boxes, [item["bbox"] for item in row["objects"]])


def labelled(path: Path, boxes: list[list[float]], known: list[list[float]]) -> LabelledPhoto:
    """`known` are all boxes of the photo: those that are not kept are unsure."""
    kept = keep_boxes(boxes)
    return LabelledPhoto(path, kept, tuple(box for each in known if (box := tuple(each)) not in kept))


def keep_boxes(boxes: list[list[float]]) -> tuple[tuple[float, float, float, float], ...]:
    return tuple(tuple(box) for box in boxes if min(box[2] - box[0], box[3] - box[1]) >= MIN_SIDE_PX)
