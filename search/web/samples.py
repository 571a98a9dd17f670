"""Photos that a shopper without one may try: a few rooms of the demo catalog, when that is what the shop sells."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.conf import settings
from django.http import Http404
from PIL import Image, ImageStat

from search.web.frames import area

HOW_MANY = 7
CANDIDATES = 30
ENOUGH = 4
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
    """Light rooms with many things in full view; the best landscape one first, for the large place."""
    path = Path(manifest)
    if not path.is_file():
        return ()
    root = path.parent.parent if path.parent.name == "golden" else path.parent
    rooms = [json.loads(line) for line in path.read_text().splitlines() if line.strip()]
    rooms = sorted(rooms, key=lambda room: (-in_view(room), room["photo"]))[:CANDIDATES]
    rooms = sorted(rooms, key=lambda room: -light(root / room["photo"]))
    large = next((room for room in rooms if room["width"] > room["height"]), None)
    best = sorted(rooms, key=lambda room: room is not large)[:HOW_MANY]
    return tuple(sample_of(number, root, room) for number, room in enumerate(best, start=1))


def in_view(room: dict) -> int:
    return min(ENOUGH, sum(found["visible"] > CLEAR for found in room["objects"]))


def light(path: Path) -> float:
    """Mean brightness, 0 to 255, from a thumbnail that the JPEG decoder makes cheaply; -1 where there is no photo."""
    try:
        with Image.open(path) as image:
            image.draft("L", (64, 64))
            return ImageStat.Stat(image.convert("L")).mean[0]
    except OSError:
        return -1


def sample_of(number: int, root: Path, room: dict) -> Sample:
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
