"""Listings -> products, offers and pictures: one chunk, one transaction, and only what differs is written."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from catalog.ingest.pictures import PictureChanges, compare
from catalog.ingest.validate import Listing, RowRefused
from catalog.models import Category, Image, Offer, Product, Seller
from catalog.services import DEFAULT_SELLER, category_for
from catalog.tasks import inspect_image

IMPORT_LOCK = 7_306_001  # any number; imports of the same rows take turns instead of meeting in a deadlock
PRODUCT_FIELDS = ["title", "description", "brand", "group_id", "gtin", "category", "attributes", "updated_at"]
OFFER_FIELDS = ["seller", "price", "currency", "availability", "quantity", "updated_at"]


@dataclass(frozen=True, slots=True)
class Counts:
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    images: int = 0  # pictures that wait for inspection now

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            self.new + other.new,
            self.changed + other.changed,
            self.unchanged + other.unchanged,
            self.images + other.images,
        )


@dataclass(slots=True)
class Chunk:
    """What the database holds for the SKUs of one chunk, and what will be written."""

    products: dict[str, Product]
    offers: dict[int, list[Offer]]
    images: dict[int, list[Image]]
    categories: dict[str, Category | None] = field(default_factory=dict)
    sellers: dict[str, Seller] = field(default_factory=dict)
    new_products: list[Product] = field(default_factory=list)
    changed_products: list[Product] = field(default_factory=list)
    new_offers: list[Offer] = field(default_factory=list)
    changed_offers: list[Offer] = field(default_factory=list)
    gone_offers: list[int] = field(default_factory=list)
    pictures: PictureChanges = field(default_factory=PictureChanges)


@transaction.atomic
def upsert(listings: list[Listing], folder: str) -> Counts:
    """Store listings with distinct SKUs; a picture's job is deferred in the same transaction as its row."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [IMPORT_LOCK])
    chunk = load(listings)
    fresh = [listing for listing in listings if listing.sku not in chunk.products]
    known = [listing for listing in listings if listing.sku in chunk.products]
    create_products(fresh, chunk)
    changed = sum([apply(listing, folder, chunk) for listing in known])
    for listing in fresh:
        apply(listing, folder, chunk, new=True)
    images = write(chunk)
    return Counts(len(fresh), changed, len(known) - changed, images)


def load(listings: list[Listing]) -> Chunk:
    skus = [listing.sku for listing in listings]
    rows = Product.objects.select_for_update(of=["self"]).select_related("category").defer("words")
    products = {product.sku: product for product in rows.filter(sku__in=skus)}
    offers, images = defaultdict(list), defaultdict(list)
    for offer in Offer.objects.filter(product__sku__in=skus).select_related("seller").order_by("id"):
        offers[offer.product_id].append(offer)
    for image in Image.objects.filter(product__sku__in=skus):
        images[image.product_id].append(image)
    return Chunk(products, offers, images)


def create_products(listings: list[Listing], chunk: Chunk) -> None:
    for listing in listings:
        if "title" not in listing.product:
            raise RowRefused("A new product needs a title.")
        chunk.products[listing.sku] = product = Product(sku=listing.sku)
        change_product(product, listing, chunk)
        chunk.new_products.append(product)
    Product.objects.bulk_create(chunk.new_products)


def apply(listing: Listing, folder: str, chunk: Chunk, new: bool = False) -> bool:
    """Collect what a listing changes. True if anything does."""
    product = chunk.products[listing.sku]
    product_changed = not new and change_product(product, listing, chunk)
    if product_changed:
        chunk.changed_products.append(product)
    offers_changed = change_offers(product, listing, chunk)
    pictures_changed = compare(product, chunk.images[product.pk], listing, folder, chunk.pictures)
    return product_changed or offers_changed or pictures_changed


def change_product(product: Product, listing: Listing, chunk: Chunk) -> bool:
    values: dict[str, Any] = dict(listing.product)
    if listing.attributes:
        merged = {**product.attributes, **listing.attributes}
        values["attributes"] = {name: value for name, value in merged.items() if value}
    if listing.category is not None:
        values["category"] = category_at(listing.category, chunk)
    return assign(product, values)


def category_at(path: str, chunk: Chunk) -> Category | None:
    if path not in chunk.categories:
        chunk.categories[path] = category_for(path)
    return chunk.categories[path]


def assign(row: Product | Offer, values: dict[str, Any]) -> bool:
    """Set what differs, and say whether anything did."""
    differing = {name: value for name, value in values.items() if getattr(row, name) != value}
    for name, value in differing.items():
        setattr(row, name, value)
    if differing:
        row.updated_at = timezone.now()
    return bool(differing)


def change_offers(product: Product, listing: Listing, chunk: Chunk) -> bool:
    """A row is one seller's listing: the seller it names is the only one; without one the offer at hand changes."""
    given = dict(listing.offer)
    if not given:
        return False
    offers = chunk.offers[product.pk]
    if "price" in given and given["price"] is None:
        chunk.gone_offers += [offer.pk for offer in offers]
        return bool(offers)
    offer = offers[0] if offers else None
    if "seller" in given:
        given["seller"] = seller_named(given["seller"], chunk)
        offer = next((one for one in offers if one.seller_id == given["seller"].pk), offer)
        chunk.gone_offers += [one.pk for one in offers if one is not offer]
    if offer is not None:
        changed = assign(offer, given)
        if changed:
            chunk.changed_offers.append(offer)
        return changed or ("seller" in given and len(offers) > 1)
    if "price" not in given:
        return False
    chunk.new_offers.append(Offer(product=product, **{"seller": seller_named("", chunk), **given}))
    return True


def seller_named(name: str, chunk: Chunk) -> Seller:
    if name not in chunk.sellers:
        chunk.sellers[name], _ = Seller.objects.get_or_create(name=name or DEFAULT_SELLER)
    return chunk.sellers[name]


def write(chunk: Chunk) -> int:
    Product.objects.bulk_update(chunk.changed_products, PRODUCT_FIELDS)
    Offer.objects.filter(pk__in=chunk.gone_offers).delete()
    Offer.objects.bulk_update(chunk.changed_offers, OFFER_FIELDS)
    Offer.objects.bulk_create(chunk.new_offers)
    waiting = chunk.pictures.write()
    if waiting:
        inspect_image.batch_defer(*({"image_id": image_id} for image_id in waiting))
    return len(waiting)
