"""Bring the pictures of products in line with the feed, touching only what changed."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from catalog.ingest.sources import UPLOAD, fingerprint, same_content
from catalog.ingest.validate import Listing, is_address
from catalog.models import Image, Product
from catalog.services import delete_images
from catalog.storage import picture_url

CHANGED_FIELDS = ["position", "folder", "fingerprint", "status", "reason", "attempts"]


@dataclass(slots=True)
class PictureChanges:
    """What a chunk of listings does to pictures, collected so that it is written in a few statements."""

    new: list[Image] = field(default_factory=list)
    changed: list[Image] = field(default_factory=list)
    again: list[Image] = field(default_factory=list)  # those of `changed` that have to be inspected again
    gone: list[int] = field(default_factory=list)

    def write(self) -> list[int]:
        """Ids of the pictures that wait for inspection now."""
        Image.objects.bulk_create(self.new)
        Image.objects.bulk_update(self.changed, CHANGED_FIELDS)
        if self.gone:
            delete_images(Image.objects.filter(pk__in=self.gone))
        return [image.pk for image in (*self.new, *self.again)]


def compare(
    product: Product, has: Iterable[Image], listing: Listing, folder: str, changes: PictureChanges
) -> dict[str, list[str]]:
    """Collect the differences between the pictures a product has and those it should have. Returned in words."""
    if listing.first_image is None and listing.more_images is None:
        return {}
    product_images = list(has)
    own = (image for image in product_images if not image.source.startswith(UPLOAD))
    has = sorted(own, key=lambda image: (image.position, image.pk))
    before = [image.source for image in has]
    wanted = [known_as(source, product_images) for source in wanted_sources(has, listing)]
    wanted = [source for source in dict.fromkeys(wanted) if not source.startswith(UPLOAD)]
    by_source = {image.source: image for image in has}
    changes.gone += [image.pk for source, image in by_source.items() if source not in wanted]
    after = []
    for position, source in enumerate(wanted):
        image = by_source.get(source)
        if image is None:
            mark = fingerprint(source, folder)
            changes.new.append(
                Image(product=product, source=source, position=position, folder=folder, fingerprint=mark)
            )
        again = image is not None and compare_one(image, position, folder, changes)
        after.append(f"{source} (read again)" if again else source)
    return {"pictures": ["\n".join(before), "\n".join(after)]} if before != after else {}


def wanted_sources(has: list[Image], listing: Listing) -> list[str]:
    """Of pictures in order: each once. A missing column stands for what the product has there."""
    first, *more = [image.source for image in has] or [""]
    if listing.first_image is not None:
        first = listing.first_image
    if listing.more_images is not None:
        more = list(listing.more_images)
    return [source for source in dict.fromkeys([first, *more]) if source]


def known_as(source: str, images: list[Image]) -> str:
    """The picture of this product that an address of our own leads to, as our exports write it; else the source."""
    if not is_address(source):
        return source
    return next((image.source for image in images if image.file and source.endswith(picture_url(image.file))), source)


def compare_one(image: Image, position: int, folder: str, changes: PictureChanges) -> bool:
    """True when it has to be inspected again. A feed that comes without a folder says nothing of a path's file."""
    if not folder:
        folder, mark = image.folder, image.fingerprint
    else:
        mark = fingerprint(image.source, folder)
    other_file = mark != image.fingerprint and not same_content(image.source, folder, image.sha256)
    again = other_file or image.status == Image.Status.FAILED
    if not again and (position, folder, mark) == (image.position, image.folder, image.fingerprint):
        return False
    image.position, image.folder, image.fingerprint = position, folder, mark
    if again:
        image.status, image.reason, image.attempts = Image.Status.PENDING, "", 0
        changes.again.append(image)
    changes.changed.append(image)
    return again
