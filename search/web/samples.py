"""Photos that a shopper without one may try: a few rooms of the demo catalog, when that is what the shop sells."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.conf import settings
from django.http import Http404

from search.web.frames import area

MOST = 7
SPOTS = 4
CLEAR = 0.7  # visible share of a thing that counts as in full view


@dataclass(frozen=True, slots=True)
class Sample:
    number: int
    path: Path
    width: int
    height: int
    spots: tuple[str, ...]  # CSS positions of a few things in it


def samples() -> tuple[Sample, ...]:
    manifest = getattr(settings, "SAMPLE_PHOTOS", None)
    return read_samples(str(manifest)) if manifest else ()


def sample_or_404(number: int) -> Sample:
    for sample in samples():
        if sample.number == number:
            return sample
    raise Http404


@cache
def read_samples(manifest: str) -> tuple[Sample, ...]:
    """The photos of a file like the demo's rooms.jsonl, in its order. The first takes the large place: landscape."""
    path = Path(manifest)
    if not path.is_file():
        return ()
    rooms = [json.loads(line) for line in path.read_text().splitlines() if line.strip()]
    return tuple(sample_of(number, path.parent, room) for number, room in enumerate(rooms[:MOST], start=1))


def sample_of(number: int, root: Path, room: dict) -> Sample:
    """With brackets around its largest things that are in full view and do not touch."""
    width, height = room["width"], room["height"]
    boxes = sorted((found["bbox"] for found in room["objects"] if found["visible"] > CLEAR), key=area, reverse=True)
    spots: list[list[float]] = []
    for box in boxes:
        if len(spots) < SPOTS and not any(touch(box, other) for other in spots):
            spots.append(box)
    return Sample(number, root / room["photo"], width, height, tuple(spot(box, width, height) for box in spots))


def touch(box: list[float], other: list[float]) -> bool:
    return box[0] < other[2] and other[0] < box[2] and box[1] < other[3] and other[1] < box[3]


def spot(bbox: list[float], width: int, height: int) -> str:
    x1, y1, x2, y2 = bbox
    return (
        f"left:{100 * x1 / width:.1f}%;top:{100 * y1 / height:.1f}%;"
        f"width:{100 * (x2 - x1) / width:.1f}%;height:{100 * (y2 - y1) / height:.1f}%"
    )
