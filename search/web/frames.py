"""Boxes as the photo page draws them: positions in percent, names, the crop frame and the steps that nudge it."""

from dataclasses import dataclass

from search.types import Box, FoundObjects

STEP = 0.06  # of the frame's own side, per nudge
MIN_SIDE = 0.04  # of the photo's shorter side
THUMB_MARGIN = 1.15


@dataclass(frozen=True, slots=True)
class Frame:
    """One box on the photo. `number` is None for a frame that the shopper drew."""

    number: int | None
    name: str
    bbox: str
    style: str
    thumb_style: str
    pressed: bool = False

    @property
    def heading(self) -> str:
        return f"Matches for {self.name[0].lower()}{self.name[1:]}"


@dataclass(frozen=True, slots=True)
class Nudge:
    key: str
    label: str
    bbox: str


def frames_of(found: FoundObjects, chosen: int | None) -> list[Frame]:
    """One frame per object, numbered from 1 in the detector's order. Small boxes lie above large ones."""
    areas = sorted((area(each.bbox) for each in found.objects), reverse=True)
    return [
        frame_of(found, each.bbox, number, each.label, layer=areas.index(area(each.bbox)), pressed=number == chosen)
        for number, each in enumerate(found.objects, start=1)
    ]


def frame_of(
    found: FoundObjects, bbox: Box, number: int | None = None, label: str = "", *, layer: int = 0, pressed: bool = False
) -> Frame:
    x1, y1, x2, y2 = bbox
    left, top = 100 * x1 / found.width, 100 * y1 / found.height
    width, height = 100 * (x2 - x1) / found.width, 100 * (y2 - y1) / found.height
    style = f"left:{left:.2f}%;top:{top:.2f}%;width:{width:.2f}%;height:{height:.2f}%;z-index:{layer + 1}"
    return Frame(number, name_of(number, label), box_text(bbox), style, thumb_style(found, bbox), pressed)


def name_of(number: int | None, label: str) -> str:
    if number is None:
        return "Your frame"
    return label.capitalize() if label and label != "object" else f"Object {number}"


def thumb_style(found: FoundObjects, bbox: Box) -> str:
    """Size and offset of the whole photo behind a square window, so that the window shows the box."""
    x1, y1, x2, y2 = bbox
    side = max(x2 - x1, y2 - y1) * THUMB_MARGIN
    left, top = (x1 + x2 - side) / 2, (y1 + y2 - side) / 2
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
