"""A shopper's photo as staff may see it: left to the shop, faces blurred, cut to what was searched with."""

import uuid

from PIL import Image

from search.consent import read_blurred
from search.demand.models import DemandQuery
from search.demand.queries import kept_photos
from search.errors import PhotoExpired
from search.types import Photo

MARGIN = 0.08  # of the box's sides, around it
SIDE_PX = 320


def example(query_id: uuid.UUID) -> Image.Image:
    """At most SIDE_PX wide and high. Raises PhotoExpired where there is none that may be shown."""
    query = DemandQuery.objects.filter(pk=query_id).first()
    row = kept_photos().filter(pk=query.photo_token).first() if query and query.photo_token else None
    if row is None:
        raise PhotoExpired
    image = read_blurred(row)
    if query.bbox:
        image = cut(Photo(image, row.width, row.height), tuple(query.bbox))
    image.thumbnail((SIDE_PX, SIDE_PX))
    return image


def cut(photo: Photo, bbox: tuple[float, float, float, float]) -> Image.Image:
    x1, y1, x2, y2 = photo.to_image(bbox)
    dx, dy = MARGIN * (x2 - x1), MARGIN * (y2 - y1)
    box = (max(0, x1 - dx), max(0, y1 - dy), min(photo.image.width, x2 + dx), min(photo.image.height, y2 + dy))
    return photo.image.crop(tuple(round(edge) for edge in box))
