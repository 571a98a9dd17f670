"""Single changes: one offer, one picture. A product's row is locked first, as imports lock it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import transaction

from catalog.errors import NothingToRetry, OfferTaken, UnknownImage, UnknownOffer, UnknownProduct
from catalog.models import Image, Offer, Product, Seller
from catalog.services import DEFAULT_SELLER, delete_images, requeue


def create_offer(sku: str, seller: str, values: dict[str, Any]) -> Offer:
    """Raises UnknownProduct and OfferTaken. An unknown seller is made."""
    with transaction.atomic():
        product = locked(Product.objects.filter(sku=sku))
        if product is None:
            raise UnknownProduct
        one, _ = Seller.objects.get_or_create(name=seller or DEFAULT_SELLER)
        offer, new = Offer.objects.get_or_create(product=product, seller=one, defaults=values)
        if not new:
            raise OfferTaken
        return offer


def change_offer(offer_id: int, values: dict[str, Any]) -> Offer:
    """Raises UnknownOffer."""
    with one_offer(offer_id) as offer:
        for name, value in values.items():
            setattr(offer, name, value)
        offer.save(update_fields=[*values, "updated_at"])
        return offer


def delete_offer(offer_id: int) -> None:
    """Raises UnknownOffer."""
    with one_offer(offer_id) as offer:
        offer.delete()


def change_image(image_id: int, position: int | None = None, **values: Any) -> Image:
    """Move a picture among those of its product, hide it or show it again, describe it. Raises UnknownImage."""
    with one_image(image_id) as image:
        for name, value in values.items():
            setattr(image, name, value)
        image.save(update_fields=list(values))
        if position is not None:
            move(image, position)
        return image


def move(image: Image, position: int) -> None:
    """The others close up and make room: afterwards positions count from 0."""
    others = list(image.product.images.exclude(pk=image.pk))
    others.insert(min(position, len(others)), image)
    moved = []
    for place, one in enumerate(others):
        if one.position != place:
            one.position = place
            moved.append(one)
    Image.objects.bulk_update(moved, ["position"])


def delete_image(image_id: int) -> None:
    """With its vector, and with its file where nothing else shows it. Raises UnknownImage."""
    with one_image(image_id) as image:
        delete_images(Image.objects.filter(pk=image.pk))


def retry_image(image_id: int) -> Image:
    """Raises UnknownImage, and NothingToRetry for a picture that is neither rejected nor failed."""
    with one_image(image_id) as image:
        if not requeue(Image.objects.filter(pk=image.pk)):
            raise NothingToRetry
        image.refresh_from_db(fields=["status", "reason", "attempts"])
        return image


@contextmanager
def one_offer(offer_id: int) -> Iterator[Offer]:
    """The offer, alone, in a transaction."""
    with transaction.atomic():
        locked(Product.objects.filter(offers=offer_id))
        offer = Offer.objects.select_related("product", "seller").defer("product__words").filter(pk=offer_id).first()
        if offer is None:
            raise UnknownOffer
        yield offer


@contextmanager
def one_image(image_id: int) -> Iterator[Image]:
    """The picture, with those beside it, in a transaction."""
    with transaction.atomic():
        locked(Product.objects.filter(images=image_id))
        image = Image.objects.select_related("product").defer("product__words").filter(pk=image_id).first()
        if image is None:
            raise UnknownImage
        yield image


def locked(products) -> Product | None:
    return products.defer("words").select_for_update(of=["self"]).first()
