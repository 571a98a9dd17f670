"""Pseudo-labels: boxes that published detectors are sure of, and boxes that they leave open."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from ml.detect.nms import box_area, box_iou
from ml.images import open_image
from ml.train.composites import open_size
from ml.train.photos import LabelledPhoto
from ml.train.teachers import ALIVE, PRODUCTS, Localizer, YoloxNano, best_of

OPEN = 0.15
SAME = 0.5
PART = 0.8
MAIN_SHARE = 0.1
PILE = 8


class Teachers:
    """Two published detectors that look at the same photo; the localizer draws the better box around one thing."""

    def __init__(self, weights: Path) -> None:
        self.localizer = Localizer(weights / "mobile_object_localizer.onnx")
        self.yolox = YoloxNano(weights / "yolox_nano.onnx")

    def label(self, path: Path, *, sure: float) -> LabelledPhoto | None:
        """The photo with what is surely there and what may be; None where nothing is sure."""
        image = open_image(path.read_bytes(), max_side_px=640)
        whole = image.width * image.height
        seen, found = self.localizer.detect(image), self.yolox.candidates(image)
        named, alive = (best_of(*found, classes, OPEN) for classes in (PRODUCTS, ALIVE))
        large = box_area(seen.boxes) >= MAIN_SHARE * whole
        best = [seen.boxes[(seen.scores >= sure) & large]]
        best.append(apart(named.boxes[named.scores >= 0.45], best[0]))
        boxes = apart(np.concatenate(best), alive.boxes[alive.scores >= 0.3])
        doubtful = np.concatenate([seen.boxes[seen.scores >= 0.25], named.boxes, alive.boxes])
        doubtful = doubtful[~within(doubtful, boxes)]
        if not len(best[0]) and len(named.boxes) >= PILE:
            # A crate of apples: nobody looks for one of them.
            boxes, doubtful = around(named.boxes), named.boxes
        if not len(boxes):
            return None
        to_file = open_size(path)[0] / image.width
        return LabelledPhoto(path, as_tuples(boxes * to_file), as_tuples(doubtful * to_file))


def pseudo_labelled(paths: Iterable[Path], teachers: Teachers, *, sure: float) -> Iterator[LabelledPhoto]:
    """Those of the photos on which something is sure."""
    for path in paths:
        if labelled := teachers.label(path, sure=sure):
            yield labelled


def with_people(photos: Iterable[LabelledPhoto], weights: Path) -> Iterator[LabelledPhoto]:
    """Labels of clothes say nothing of who wears them: people become boxes that are neither right nor wrong."""
    if not weights.exists():
        yield from photos
        return
    people = YoloxNano(weights / "yolox_nano.onnx", classes=ALIVE, floor=0.3)
    for photo in photos:
        image = open_image(photo.path.read_bytes(), max_side_px=640)
        boxes = people.detect(image).boxes * (open_size(photo.path)[0] / image.width)
        yield replace(photo, unsure=photo.unsure + as_tuples(boxes))


def apart(boxes: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Those that are not the same as one of `others`."""
    return boxes[~(box_iou(boxes, others) >= SAME).any(axis=1)] if len(others) else boxes


def within(boxes: np.ndarray, others: np.ndarray) -> np.ndarray:
    """bool (n,): most of the box lies in one of `others`: it is that thing or a part of it."""
    low = np.maximum(boxes[:, None, :2], others[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], others[None, :, 2:])
    shared = np.prod(np.clip(high - low, 0, None), axis=2)
    return (shared >= PART * np.maximum(box_area(boxes), 1.0)[:, None]).any(axis=1)


def around(boxes: np.ndarray) -> np.ndarray:
    """One box around all, (1, 4)."""
    return np.concatenate([boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)])[None]


def as_tuples(boxes: np.ndarray) -> tuple[tuple[float, float, float, float], ...]:
    return tuple(tuple(map(float, box)) for box in boxes)
