"""Detections to what a shopper can tap, and to the crops that are searched with."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from ml.bundle import Bundle
from ml.crop import centre_box, crop
from ml.detect import Detections, likely_meant
from search.errors import BoxOutside
from search.types import Box, FoundObject, Photo

MIN_SIDE_PX = 2.0
BEST_BOXES = 2  # are searched with, beside the middle and the whole, where nobody tapped
SURE_OF_KIND = 0.8  # as probable as the bundle's category head must find a name before the page uses it


@dataclass(frozen=True, slots=True)
class Target:
    """Where in the photo to look: one box, or several views of the same guess when nothing was found."""

    boxes: tuple[Box, ...]
    fallback: bool


def choose_objects(detections: Detections, photo: Photo, confident: float) -> tuple[tuple[FoundObject, ...], bool]:
    """Confident boxes in pixels of the original, what is likely meant first; without any, a best guess and True."""
    sure = detections.scores >= confident
    boxes, scores = detections.boxes[sure], detections.scores[sure]
    found = tuple(
        FoundObject(rounded(photo.from_image(boxes[row].tolist())), round(float(scores[row]), 4), "")
        for row in likely_meant(photo.image, boxes, scores)
    )
    return (found, False) if found else (guess(photo), True)


def guess(photo: Photo) -> tuple[FoundObject, ...]:
    """The middle of the photo and all of it: best effort, never an error."""
    return FoundObject(middle(photo), 0.0, "Middle of the photo"), FoundObject(whole(photo), 0.0, "Whole photo")


def middle(photo: Photo) -> Box:
    return rounded(tuple(map(float, centre_box(photo.width, photo.height))))


def whole(photo: Photo) -> Box:
    return 0.0, 0.0, float(photo.width), float(photo.height)


def choose_target(objects: tuple[FoundObject, ...], fallback: bool, photo: Photo) -> Target:
    """Nobody said where to look: the two best boxes, the middle and all of the photo; every view of a guess.

    On close-ups of one product the detector's best box is often a part of it, or something beside it. No view is right
    always, so all of them are searched with, and what they agree in counts (search/rerank/order.py).
    """
    if fallback:
        return Target(tuple(found.bbox for found in objects), True)
    return Target((*(found.bbox for found in objects[:BEST_BOXES]), middle(photo), whole(photo)), False)


def check_box(box: Box, photo: Photo) -> Box:
    """The part of the box inside the photo. Raises BoxOutside when corners are reversed or nothing is left."""
    x1, y1, x2, y2 = box
    inside = max(x1, 0.0), max(y1, 0.0), min(x2, float(photo.width)), min(y2, float(photo.height))
    if not (inside[2] - inside[0] >= MIN_SIDE_PX and inside[3] - inside[1] >= MIN_SIDE_PX):
        raise BoxOutside
    return inside


def crops(photo: Photo, boxes: Sequence[Box], bundle: Bundle) -> list[Image.Image]:
    """What is encoded: each box with the margin that the bundle was trained with."""
    return [crop(photo.image, photo.to_image(box), bundle.margin) for box in boxes]


def kind_of(bundle: Bundle, views: np.ndarray) -> str:
    """What sort of thing the first of the crops, float32 (m, dim), shows; "" where the bundle is not sure."""
    label, probability = bundle.attributes(views[0]).get("category", ("", 0.0)) if len(views) else ("", 0.0)
    return label if probability >= SURE_OF_KIND else ""


def rounded(box: Sequence[float]) -> Box:
    x1, y1, x2, y2 = (round(float(edge), 1) for edge in box)
    return x1, y1, x2, y2
