"""Writes. Every change of the catalog goes through here or through catalog/ingest/."""

from collections.abc import Iterable
from decimal import Decimal

from django.core.cache import cache
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify

from catalog.errors import UnknownProduct
from catalog.models import Category, Image, Offer, Product, Seller

PATH_SEPARATOR = " > "
DEFAULT_SELLER = "This shop"


def mark_indexed(image_id: int) -> bool:
    """Call it in the transaction that writes the vector: committed means searchable.

    True when the image is indexed now. False when its vector must not be kept: the image is gone, was rejected, or
    waits for another inspection.
    """
    inspected = Image.objects.filter(pk=image_id, status=Image.Status.INSPECTED)
    if inspected.update(status=Image.Status.INDEXED, indexed_at=timezone.now(), reason=""):
        return True
    return Image.objects.filter(pk=image_id, status=Image.Status.INDEXED).exists()  # indexed again, by another bundle


def mark_rejected(image_id: int, reason: str) -> bool:
    return _leave_queue(image_id, Image.Status.REJECTED, reason)


def mark_failed(image_id: int, reason: str) -> bool:
    return _leave_queue(image_id, Image.Status.FAILED, reason)


def _leave_queue(image_id: int, status: str, reason: str) -> bool:
    waiting = [Image.Status.PENDING, Image.Status.INSPECTED]
    moved = Image.objects.filter(pk=image_id, status__in=waiting).update(status=status, reason=reason[:300])
    return moved == 1


def category_for(path: str) -> Category | None:
    """The category at this path ("Furniture > Seating > Armchair"), made with its parents where they are missing."""
    names = [name.strip()[:120] for name in path.split(">") if name.strip()]
    category = Category.objects.filter(path=PATH_SEPARATOR.join(names)).first()
    if category or not names:
        return category
    for depth in range(1, len(names) + 1):
        here = PATH_SEPARATOR.join(names[:depth])
        category, _ = Category.objects.get_or_create(
            path=here, defaults={"name": names[depth - 1], "parent": category, "slug": free_slug(names[:depth])}
        )
    return category


def free_slug(names: list[str]) -> str:
    """The last name alone where that is free, else with the names above it."""
    full = slugify("-".join(names))[:150] or "category"
    for slug in (slugify(names[-1])[:150], full, *(f"{full}-{number}" for number in range(2, 1000))):
        if slug and not Category.objects.filter(slug=slug).exists():
            return slug
    raise ValueError(f"no free slug for {names}")


@transaction.atomic
def set_price_stock(
    sku: str,
    *,
    price: Decimal | None = None,
    currency: str | None = None,
    availability: str | None = None,
    quantity: int | None = None,
    seller: str | None = None,
) -> Offer:
    """Change what is given of one offer, and leave the rest. Raises UnknownProduct."""
    product = Product.objects.select_for_update().filter(sku=sku).first()
    if product is None:
        raise UnknownProduct
    offers = product.offers.filter(seller__name=seller) if seller else product.offers
    offer = offers.order_by("id").first()
    if offer is None:
        owner, _ = Seller.objects.get_or_create(name=seller or DEFAULT_SELLER)
        offer = Offer(product=product, seller=owner, price=price or Decimal(0))
    given = {"price": price, "currency": currency, "availability": availability, "quantity": quantity}
    for name, value in given.items():
        if value is not None:
            setattr(offer, name, value)
    offer.save()
    return offer


def block_product(sku: str, blocked: bool = True) -> None:
    """Hide a product from every search, or show it again."""
    if not Product.objects.filter(sku=sku).update(blocked=blocked, updated_at=timezone.now()):
        raise UnknownProduct
    cache.delete("catalog.category_tree")


@transaction.atomic
def delete_products(skus: Iterable[str]) -> int:
    """Delete products with their offers, pictures and vectors; files that nobody else shows go too."""
    products = Product.objects.filter(sku__in=list(skus))
    delete_images(Image.objects.filter(product__in=products))
    deleted = products.count()
    products.delete()
    cache.delete("catalog.category_tree")
    return deleted


def delete_images(images) -> int:
    """Delete pictures and their vectors. Files are named by content, so one may serve several pictures."""
    files = {file for file in images.values_list("file", flat=True) if file}
    deleted = images.count()
    images.delete()
    transaction.on_commit(lambda: delete_unused_files(files))
    return deleted


def delete_unused_files(files: set[str]) -> None:
    used = set(Image.objects.filter(file__in=files).values_list("file", flat=True))
    for file in files - used:
        default_storage.delete(file)
