"""One catalog picture as if a shopper had sent it: what is seen in it, and what each way to search with it finds."""

from dataclasses import dataclass

from django.core.files.storage import default_storage

from catalog.models import Image
from search import photos
from search.errors import BadImage
from search.findability.attempt import Attempt, attempt
from search.retrieve.follow import current
from search.serving import loaded_bundle, model_slot
from search.types import Box, FoundObjects, Query
from search.understand.objects import choose_objects

MOST_BOXES = 4
UNREADABLE = "Its stored file cannot be read. Send the picture again, or import the feed again."


@dataclass(frozen=True, slots=True)
class Crop:
    """What a shopper gets who taps this box. number: from 1, what is likely meant first."""

    number: int
    bbox: Box
    attempt: Attempt


@dataclass(frozen=True, slots=True)
class PictureLook:
    """whole: the search without a tap. unseen: the same, were this very picture not in the index; None where the
    product has no other. found: every box, also those beyond the first few that were searched with."""

    image_id: int
    found: FoundObjects
    whole: Attempt
    unseen: Attempt | None
    crops: tuple[Crop, ...]

    @property
    def attempts(self) -> tuple[Attempt, ...]:
        return (self.whole, *(crop.attempt for crop in self.crops))


def look(image: Image, others: int) -> PictureLook:
    """others: how many other pictures of the product the index holds. Some searches' time. Raises SearchError."""
    data = read(image.file)
    photo = photos.decode(data)
    bundle = loaded_bundle(current().answering(None))
    with model_slot():
        detections = bundle.detect(photo.image)
    objects, fallback = choose_objects(detections, photo, bundle.confident)
    found = FoundObjects("", photo.width, photo.height, objects, fallback, {})
    product = (image.product_id,)
    boxes = () if fallback else objects[:MOST_BOXES]
    return PictureLook(
        image_id=image.pk,
        found=found,
        whole=attempt(Query(image=data), product),
        unseen=attempt(Query(image=data), product, image.pk) if others else None,
        crops=tuple(
            Crop(number, each.bbox, attempt(Query(image=data, bbox=each.bbox), product))
            for number, each in enumerate(boxes, 1)
        ),
    )


def read(file: str) -> bytes:
    """Raises BadImage."""
    try:
        with default_storage.open(file) as stored:
            return stored.read()
    except OSError as error:
        raise BadImage(UNREADABLE) from error
