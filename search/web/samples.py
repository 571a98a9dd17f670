"""Photos that a shopper without one may try: a few rooms of the demo catalog, when that is what the shop sells."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.conf import settings
from django.http import Http404

from search.web.frames import area

HOW_MANY = 7
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
    """The rooms with the most things in full view; landscape first, for the large one."""
    path = Path(manifest)
    if not path.is_file():
        return ()
    rooms = [json.loads(line) for line in path.read_text().splitlines() if line.strip()]
    rooms.sort(key=lambda room: (-in_view(room), room["photo"]))
    wide = [room for room in rooms if room["width"] > room["height"]]
    best = wide[:1] + [room for room in rooms if room not in wide[:1]][: HOW_MANY - 1]
    root = path.parent if (path.parent / best[0]["photo"]).exists() else path.parent.parent
    return tuple(sample_of(number, root, room) for number, room in enumerate(best, start=1))


def in_view(room: dict) -> int:
    return min(6, sum(found["visible"] > CLEAR for found in room["objects"]))


def sample_of(number: int, root: Path, room: dict) -> Sample:
    width, height = room["width"], room["height"]
    boxes = sorted((found["bbox"] for found in room["objects"] if found["visible"] > CLEAR), key=area, reverse=True)
    spots = tuple(spot(box, width, height) for box in boxes[:SPOTS])
    return Sample(number, root / room["photo"], width, height, spots)


def spot(bbox: list[float], width: int, height: int) -> str:
    x1, y1, x2, y2 = bbox
    return (
        f"left:{100 * x1 / width:.1f}%;top:{100 * y1 / height:.1f}%;"
        f"width:{100 * (x2 - x1) / width:.1f}%;height:{100 * (y2 - y1) / height:.1f}%"
    )
