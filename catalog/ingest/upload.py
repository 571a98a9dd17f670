"""A picture that an admin sends or names: cleaned before it is stored, where no address leads, then on its way like
every other."""

from django.core.files.storage import storages
from django.db import transaction
from django.db.models import Max

from catalog.errors import UnknownProduct
from catalog.ingest.inspect import MAX_SIDE_PX, QUALITY, store
from catalog.ingest.sources import UPLOAD
from catalog.models import Image, Product
from catalog.priority import Priority
from catalog.tasks import inspect_image
from ml.images import open_image, to_jpeg


def add_upload(sku: str, data: bytes) -> Image:
    """The same picture for the same product is one Image. Raises UnknownProduct and ImageRejected."""
    if not Product.objects.filter(sku=sku).exists():
        raise UnknownProduct
    jpeg = to_jpeg(open_image(data, max_side_px=MAX_SIDE_PX), max_side_px=MAX_SIDE_PX, quality=QUALITY)
    return add(sku, UPLOAD + store(jpeg, storages["uploads"]))


def add_address(sku: str, url: str) -> Image:
    """A picture that the worker fetches from an address; the same address is one Image. Raises UnknownProduct."""
    return add(sku, url)


@transaction.atomic
def add(sku: str, source: str) -> Image:
    """Behind the pictures that the product has. One that is there stays, and is tried again where it failed."""
    product = Product.objects.select_for_update().filter(sku=sku).first()
    if product is None:
        raise UnknownProduct
    last = product.images.aggregate(last=Max("position"))["last"]
    image, new = Image.objects.get_or_create(
        product=product, source=source, defaults={"position": 0 if last is None else last + 1}
    )
    if not new and image.status == Image.Status.FAILED:
        Image.objects.filter(pk=image.pk).update(status=Image.Status.PENDING, reason="", attempts=0)
        image.refresh_from_db()
        new = True
    if new:
        inspect_image.configure(priority=Priority.BY_HAND).defer(image_id=image.pk)
    return image
