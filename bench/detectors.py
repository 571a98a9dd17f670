"""Our detector beside two published ones, on photos that none of ours was trained on.

    python bench/detectors.py [--bundle FOLDER] [--data ../shared/data] [--photos N] [--json]

Everything is class-agnostic. Each detector gives its ten best boxes; ours also those that the page would show.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ml.bundle import Bundle, default_bundle_folder, load_bundle
from ml.detect import Detections
from ml.evaluate import average_recall, pooled_recall
from ml.images import open_image
from ml.train.photos import HOLDOUT_EVERY, NOT_PRODUCTS, read_jsonl
from ml.train.teachers import COCO_CLASSES, PRODUCTS, Finder, Localizer, YoloxNano

MAX_BOXES = 10
SIDE_PX = 1280
MIN_VISIBLE = 0.5


@dataclass(frozen=True, slots=True)
class Truth:
    """A photo and the boxes, float32 (n, 4) in its pixels, that should be found."""

    path: Path
    boxes: np.ndarray


def labelled(index: Path, *, products: bool, holdout: bool) -> Iterator[Truth]:
    """Photos of an index; `products` leaves out people, animals and the street, `holdout` takes every fourth."""
    for number, row in enumerate(read_jsonl(index)):
        if not holdout or number % HOLDOUT_EVERY == 0:
            boxes = [item["bbox"] for item in row["objects"] if not (products and item["label"] in NOT_PRODUCTS)]
            yield Truth(index.parent / row["photo"], np.array(boxes, np.float32).reshape(-1, 4))


def golden_rooms(demo: Path) -> Iterator[Truth]:
    for row in read_jsonl(demo / "rooms.jsonl"):
        if row["split"] == "golden":
            boxes = [item["bbox"] for item in row["objects"] if item["visible"] >= MIN_VISIBLE]
            yield Truth(demo / row["photo"], np.array(boxes, np.float32).reshape(-1, 4))


def photo_sets(data: Path, demo: Path) -> dict[str, Callable[[], Iterator[Truth]]]:
    everyday, clothes = data / "coco256" / "val2017.jsonl", data / "garments" / "photos.jsonl"
    return {
        "coco val2017, things for sale": lambda: labelled(everyday, products=True, holdout=False),
        "coco val2017, everything": lambda: labelled(everyday, products=False, holdout=False),
        "garments, held-out quarter": lambda: labelled(clothes, products=True, holdout=True),
        "demo, golden rooms": lambda: golden_rooms(demo),
    }


def measure(finder: Finder, photos: Iterable[Truth], confident: float | None) -> dict[str, float]:
    """Recall of the ten best boxes, mean over IoU 0.5 to 0.95, of what is shown; how many boxes that is; p50 in ms."""
    ten, shown, counts, times = [], [], [], []
    for photo in photos:
        image = open_image(photo.path.read_bytes(), max_side_px=SIDE_PX)
        truth = photo.boxes * scale_of(photo.path, image)
        started = time.perf_counter()
        found = finder.detect(image)
        times.append(1000 * (time.perf_counter() - started))
        ten.append((truth, found.boxes[:MAX_BOXES]))
        if confident is not None:
            shown.append((truth, found.boxes[found.scores >= confident]))
            counts.append(len(shown[-1][1]))
    row = {"recall@10": pooled_recall(ten), "AR@10": average_recall(ten), "ms": float(np.median(times))}
    if confident is not None:
        row |= {"recall of shown": pooled_recall(shown), "boxes shown": float(np.mean(counts))}
    return row | {"photos": len(ten), "objects": sum(len(truth) for truth, _ in ten)}


def scale_of(path: Path, image: Image.Image) -> float:
    with Image.open(path) as file:
        return max(image.size) / max(file.size)


class Ours:
    """The bundle's detector as it serves."""

    def __init__(self, bundle: Bundle) -> None:
        self.bundle = bundle

    def detect(self, image: Image.Image) -> Detections:
        return self.bundle.detect(image)


def peers(weights: Path, threads: int) -> dict[str, Finder]:
    every = range(len(COCO_CLASSES))
    return {
        "YOLOX-Nano, things for sale": YoloxNano(weights / "yolox_nano.onnx", classes=PRODUCTS, threads=threads),
        "YOLOX-Nano, all classes": YoloxNano(weights / "yolox_nano.onnx", classes=every, threads=threads),
        "Mobile Object Localizer": Localizer(weights / "mobile_object_localizer.onnx", threads=threads),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bundle", type=Path, action="append", help="may be given several times")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--demo", type=Path, default=Path("demo"))
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--photos", type=int, help="only so many of each set")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    bundles = [load_bundle(folder, threads=options.threads) for folder in options.bundle or [default_bundle_folder()]]
    finders = {bundle.id: (Ours(bundle), bundle.confident) for bundle in bundles}
    finders |= {name: (peer, None) for name, peer in peers(options.data / "weights", options.threads).items()}
    rows = list(finders.items())
    report = {
        title: {name: measure(finder, islice(photos(), options.photos), level) for name, (finder, level) in rows}
        for title, photos in photo_sets(options.data, options.demo).items()
    }
    print(json.dumps(report, indent=2) if options.json else as_text(report))


def as_text(report: dict[str, dict[str, dict[str, float]]]) -> str:
    """A Markdown table a set."""
    columns = ("recall@10", "AR@10", "recall of shown", "boxes shown", "ms")
    lines = []
    for title, rows in report.items():
        first = next(iter(rows.values()))
        lines += [f"\n{title} ({first['photos']} photos, {first['objects']} objects)\n"]
        lines += ["| detector | " + " | ".join(columns) + " |", "|---" * (len(columns) + 1) + "|"]
        for name, row in rows.items():
            cells = [cell(row, column) for column in columns]
            lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def cell(row: dict[str, float], column: str) -> str:
    if column not in row:
        return ""
    return f"{row[column]:.1f}" if column in ("ms", "boxes shown") else f"{row[column]:.3f}"


if __name__ == "__main__":
    main()
