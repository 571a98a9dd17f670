"""What is known of catalog pictures besides their vectors, filled in after they can be searched, and never before.

Any step may be repeated or killed: what is missing is what the rows do not say.
"""

import logging
from collections.abc import Callable, Iterable, Iterator
from time import monotonic

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from PIL import Image as Picture

from catalog.models import Image
from ml.inspect.local import VERSION as LOCAL_VERSION
from ml.inspect.local import local_features, pack
from ml.inspect.text import THOROUGH, reader
from ml.inspect.text import VERSION as WORDS_VERSION
from ml.inspect.words import weighed
from search.build.embed import open_stored
from search.errors import BrokenPicture
from search.models import ImageDetail

SLICE_S = 20.0  # then other work gets the worker's slot
WAITING = (Image.Status.PENDING, Image.Status.INSPECTED)
log = logging.getLogger(__name__)


def missing() -> QuerySet[Image]:
    """Indexed pictures of which something is not known yet, or was made of another file or by another version."""
    versions = {"words_version": WORDS_VERSION, "local_version": LOCAL_VERSION}
    done = ImageDetail.objects.filter(image=OuterRef("pk"), file=OuterRef("file"), **versions)
    return Image.objects.filter(status=Image.Status.INDEXED).exclude(file="").exclude(Exists(done))


def fill(image_ids: Iterable[int], should_stop: Callable[[], bool] = lambda: False) -> None:
    """These pictures, as far as anything is missing of them. What is left when it has to stop, fill_missing does."""
    for image_id in image_ids:
        if should_stop():
            return
        fill_first(missing().filter(pk=image_id))


def fill_missing(should_stop: Callable[[], bool] = lambda: False, slice_s: float = SLICE_S) -> bool:
    """Whatever is missing, for a while; one picture alone while others wait to be indexed. True when none is left."""
    end = monotonic() + slice_s
    for _ in each_missing():
        if should_stop() or monotonic() > end or Image.objects.filter(status__in=WAITING).exists():
            return False
    return True


def fill_all() -> int:
    """Whatever is missing, now. How many were looked at."""
    return sum(1 for _ in each_missing())


def each_missing() -> Iterator[int]:
    """Ids, newest first, each once it was looked at. What cannot be looked at is passed over until the next time."""
    waiting = missing().order_by("-pk")
    left = waiting
    while (image_id := fill_first(left)) is not None:
        yield image_id
        left = waiting.filter(pk__lt=image_id)


def fill_first(images: QuerySet[Image]) -> int | None:
    """Looks at the first that no other worker has taken. Its id, or None where there is none."""
    with transaction.atomic():
        image = images.select_for_update(of=("self",), skip_locked=True).first()
        if image is None:
            return None
        try:
            write(image, open_stored(image.file))
        except (BrokenPicture, OSError) as error:
            log.warning("image %s cannot be looked at closely: %s", image.pk, error)
        return image.pk


def write(image: Image, picture: Picture.Image) -> None:
    known = {"file": image.file, **words_in(picture), **look_of(picture)}
    ImageDetail.objects.update_or_create(image=image, defaults=known)


def words_in(picture: Picture.Image) -> dict:
    """The columns of what is written in the picture."""
    words = weighed(reader().read(picture, THOROUGH))
    return {
        "words": [word.text for word in words],
        "weights": [word.weight for word in words],
        "words_version": WORDS_VERSION,
    }


def look_of(picture: Picture.Image) -> dict:
    """The columns of what the picture looks like point by point."""
    points = local_features(picture)
    return {"local": pack(points) if len(points) else None, "local_version": LOCAL_VERSION}
