"""Boxes as the photo page draws them: positions in percent, names, the crop frame and the steps that nudge it."""

import math
from collections import Counter
from dataclasses import dataclass, replace
from itertools import product

from search.types import Answer, Box, FoundObjects

STEP = 0.06  # of the frame's own side, per nudge
MIN_SIDE = 0.04  # of the photo's shorter side
THUMB_MARGIN = 1.15
AGREE, AGREE_AMONG = 3, 5
GRID = (0.5, 0.35, 0.65, 0.2, 0.8, 0.1, 0.9)
OUTWARDS = sorted(product(GRID, GRID), key=lambda at: math.hypot(at[0] - 0.5, at[1] - 0.5))
DOT_APART = 0.075  # of the photo's longer side

Spot = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Frame:
    """One box on the photo. `number` is None for a frame that the shopper drew."""

    number: int | None
    name: str
    kind: str  # what sort of thing it is, "" where nobody knows
    bbox: str
    style: str
    dot_style: str
    thumb_style: str
    pressed: bool = False

    @property
    def spoken(self) -> str:
        """The name of the button on the photo, which shows only a number."""
        return f"{self.name}, object {self.number}" if self.kind else self.name

    @property
    def heading(self) -> str:
        return f"{self.kind} like this" if self.kind else f"Matches for {self.name[0].lower()}{self.name[1:]}"


@dataclass(frozen=True, slots=True)
class Nudge:
    key: str
    label: str
    bbox: str


def frames_of(found: FoundObjects, chosen: Frame | None = None) -> list[Frame]:
    """One frame per object, numbered from 1 in the detector's order. Small boxes lie above large ones."""
    boxes = [each.bbox for each in found.objects]
    small_last = sorted(boxes, key=area, reverse=True)
    dots = place_dots(small_last[::-1], DOT_APART * max(found.width, found.height))
    frames = [
        frame_of(found, each.bbox, number, each.label, layer=small_last.index(each.bbox), dot=dots[each.bbox])
        for number, each in enumerate(found.objects, start=1)
    ]
    if chosen and chosen.number:
        index = chosen.number - 1
        frames[index] = replace(frames[index], pressed=True, name=chosen.name)
    return frames


def named_by(answer: Answer, frame: Frame) -> Frame:
    """A frame without a name takes the kind of thing that most of its first matches are, else what the bundle sees."""
    kinds = Counter(card.category for card in answer.results[:AGREE_AMONG] if card.category)
    kind, count = kinds.most_common(1)[0] if kinds else ("", 0)
    kind = kind if count >= AGREE else answer.understanding.get("sees", "")
    return replace(frame, name=kind, kind=kind) if kind and not frame.kind else frame


def place_dots(small_first: list[Box], apart: float) -> dict[Box, Spot]:
    """Where each box shows its number: near its middle, but clear of smaller boxes, which lie above, and other dots."""
    dots: dict[Box, Spot] = {}
    for index, bbox in enumerate(small_first):
        dots[bbox] = clearest(spots_in(bbox), small_first[:index], list(dots.values()), apart)
    return dots


def clearest(spots: list[Spot], covers: list[Box], others: list[Spot], apart: float) -> Spot:
    """The first spot that nothing covers or crowds; where there is none, the least crowded one."""
    best, least = spots[0], math.inf
    for x, y in spots:
        crowding = sum(box[0] <= x <= box[2] and box[1] <= y <= box[3] for box in covers)
        crowding += sum(math.hypot(x - across, y - down) < apart for across, down in others)
        if not crowding:
            return x, y
        if crowding < least:
            best, least = (x, y), crowding
    return best


def spots_in(bbox: Box) -> list[Spot]:
    """A grid of points well inside of the box, from its middle outwards."""
    x1, y1, x2, y2 = bbox
    return [(x1 + across * (x2 - x1), y1 + down * (y2 - y1)) for across, down in OUTWARDS]


def frame_of(
    found: FoundObjects,
    bbox: Box,
    number: int | None = None,
    label: str = "",
    *,
    layer: int = 0,
    dot: Spot | None = None,
) -> Frame:
    x1, y1, x2, y2 = bbox
    across, down = dot or ((x1 + x2) / 2, (y1 + y2) / 2)
    left, top = 100 * x1 / found.width, 100 * y1 / found.height
    width, height = 100 * (x2 - x1) / found.width, 100 * (y2 - y1) / found.height
    style = f"left:{left:.2f}%;top:{top:.2f}%;width:{width:.2f}%;height:{height:.2f}%;z-index:{layer + 1}"
    dot_style = f"left:{share(across, x1, x2):.0f}%;top:{share(down, y1, y2):.0f}%"
    kind = label if label != "object" else ""
    return Frame(number, name_of(number, kind), kind, box_text(bbox), style, dot_style, thumb_style(found, bbox))


def share(value: float, low: float, high: float) -> float:
    """In percent of the way from low to high."""
    return 100 * (value - low) / (high - low) if high > low else 50


def name_of(number: int | None, label: str) -> str:
    if number is None:
        return "Your frame"
    return label.capitalize() if label else f"Object {number}"


def thumb_style(found: FoundObjects, bbox: Box) -> str:
    """Size and offset of the whole photo behind a square window, so that the window shows the box and no void."""
    x1, y1, x2, y2 = bbox
    side = min(max(x2 - x1, y2 - y1) * THUMB_MARGIN, found.width, found.height)
    left = min(max((x1 + x2 - side) / 2, 0), found.width - side)
    top = min(max((y1 + y2 - side) / 2, 0), found.height - side)
    width, height = 100 * found.width / side, 100 * found.height / side
    return f"width:{width:.1f}%;height:{height:.1f}%;left:{-100 * left / side:.1f}%;top:{-100 * top / side:.1f}%"


def nudges_of(found: FoundObjects, bbox: Box) -> list[Nudge]:
    """Each way to change the frame without dragging, as the frame that it leads to."""
    x1, y1, x2, y2 = bbox
    dx, dy = STEP * (x2 - x1), STEP * (y2 - y1)
    ways = (
        ("left", "Left", (x1 - dx, y1, x2 - dx, y2)),
        ("right", "Right", (x1 + dx, y1, x2 + dx, y2)),
        ("up", "Up", (x1, y1 - dy, x2, y2 - dy)),
        ("down", "Down", (x1, y1 + dy, x2, y2 + dy)),
        ("wider", "Wider", (x1 - dx, y1, x2 + dx, y2)),
        ("narrower", "Narrower", (x1 + dx, y1, x2 - dx, y2)),
        ("taller", "Taller", (x1, y1 - dy, x2, y2 + dy)),
        ("shorter", "Shorter", (x1, y1 + dy, x2, y2 - dy)),
    )
    return [Nudge(key, label, box_text(keep_inside(found, moved))) for key, label, moved in ways]


def keep_inside(found: FoundObjects, bbox: Box) -> Box:
    """The frame with at least the smallest size, pushed back into the photo."""
    least = MIN_SIDE * min(found.width, found.height)
    x1, y1, x2, y2 = bbox
    width, height = min(max(x2 - x1, least), found.width), min(max(y2 - y1, least), found.height)
    left, top = min(max(x1, 0), found.width - width), min(max(y1, 0), found.height - height)
    return left, top, left + width, top + height


def area(bbox: Box) -> float:
    return (bbox[2] - bbox[0]) * (bbox[3] - bbox[1])


def box_text(bbox: Box) -> str:
    return ",".join(f"{side:.0f}" for side in bbox)
