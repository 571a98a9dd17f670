"""What an admin does to one product's pictures. Each call is one transaction and one Edit."""

from collections.abc import Sequence

from django.db.models import QuerySet

from catalog.errors import PicturesChanged
from catalog.history import recorded
from catalog.ingest.upload import add_upload
from catalog.models import Image, Product
from catalog.services import delete_images, requeue

LONGEST_ALT = 300


def pictures_of(product_id: int) -> QuerySet[Image]:
    return Image.objects.filter(product_id=product_id).order_by("position", "id")


def reorder(product_id: int, image_ids: Sequence[int], who: str, user=None) -> None:
    """All pictures of the product in their new order. Raises PicturesChanged when it has others by now."""
    with recorded(who, "Pictures in another order", user):
        Product.objects.select_for_update().only("pk").get(pk=product_id)
        images = {image.pk: image for image in pictures_of(product_id)}
        if sorted(image_ids) != sorted(images):
            raise PicturesChanged
        moved = []
        for position, image_id in enumerate(image_ids):
            if images[image_id].position != position:
                images[image_id].position = position
                moved.append(images[image_id])
        Image.objects.bulk_update(moved, ["position"])


def move(product_id: int, image_id: int, by: int, who: str, user=None) -> None:
    """One picture earlier (-1) or later (1); at the end of the row nothing happens. Raises PicturesChanged."""
    ids = list(pictures_of(product_id).values_list("pk", flat=True))
    if image_id not in ids:
        raise PicturesChanged
    place = ids.index(image_id)
    ids.insert(max(0, min(len(ids) - 1, place + by)), ids.pop(place))
    reorder(product_id, ids, who, user)


def describe(product_id: int, image_id: int, alt: str, who: str, user=None) -> None:
    """Raises PicturesChanged."""
    with recorded(who, "Alternative text", user):
        if not pictures_of(product_id).filter(pk=image_id).update(alt=alt.strip()[:LONGEST_ALT]):
            raise PicturesChanged


def block(images: QuerySet[Image], blocked: bool, who: str, user=None) -> int:
    """Hide pictures from every search, or show them again; how many changed."""
    with recorded(who, "Pictures hidden" if blocked else "Pictures shown again", user):
        return Image.objects.filter(pk__in=list(images.values_list("pk", flat=True)), blocked=not blocked).update(
            blocked=blocked
        )


def remove(product_id: int, image_id: int, who: str, user=None) -> None:
    """Raises PicturesChanged."""
    with recorded(who, "Picture removed", user):
        if not delete_images(pictures_of(product_id).filter(pk=image_id)):
            raise PicturesChanged


def upload(product_id: int, data: bytes, alt: str, who: str, user=None) -> Image:
    """Raises ImageRejected and UnknownProduct."""
    sku = Product.objects.values_list("sku", flat=True).get(pk=product_id)
    with recorded(who, "Picture uploaded", user):
        image = add_upload(sku, data)
        if alt.strip():
            Image.objects.filter(pk=image.pk).update(alt=alt.strip()[:LONGEST_ALT])
        return image


def retry(images: QuerySet[Image]) -> int:
    """Send rejected and failed pictures on their way again; how many. Their state is no part of the history."""
    return requeue(Image.objects.filter(pk__in=list(images.values_list("pk", flat=True))))
