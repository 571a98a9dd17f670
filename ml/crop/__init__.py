"""A box of a photo to the picture that is encoded. Boxes are [x1, y1, x2, y2] in pixels of the upright photo."""

from collections.abc import Sequence

from PIL import Image

MIN_SIDE_PX = 8
CENTRE_SHARE = 0.75

Box = tuple[int, int, int, int]


def crop(image: Image.Image, box: Sequence[float], margin: float = 0.05) -> Image.Image:
    """Cut `box` out, widened by `margin` of its own size on each side where the photo has the room."""
    x1, y1, x2, y2 = box
    dx, dy = (x2 - x1) * margin, (y2 - y1) * margin
    return image.crop(clip_box((x1 - dx, y1 - dy, x2 + dx, y2 + dy), image.width, image.height))


def clip_box(box: Sequence[float], width: int, height: int) -> Box:
    """Whole pixels inside the photo, corners in order, each side at least MIN_SIDE_PX (or the photo's own side)."""
    x1, x2 = clip_span(box[0], box[2], width)
    y1, y2 = clip_span(box[1], box[3], height)
    return x1, y1, x2, y2


def clip_span(start: float, end: float, limit: int) -> tuple[int, int]:
    low, high = sorted((min(max(start, 0), limit), min(max(end, 0), limit)))
    low, high = int(low), min(limit, round(high + 0.499))
    short = min(MIN_SIDE_PX, limit) - (high - low)
    if short > 0:
        low = max(0, min(low - short // 2, limit - min(MIN_SIDE_PX, limit)))
        high = low + min(MIN_SIDE_PX, limit)
    return low, high


def centre_box(width: int, height: int) -> Box:
    """The middle of the photo, where a shopper holds the thing when no box is found."""
    dx, dy = width * (1 - CENTRE_SHARE) / 2, height * (1 - CENTRE_SHARE) / 2
    return clip_box((dx, dy, width - dx, height - dy), width, height)
