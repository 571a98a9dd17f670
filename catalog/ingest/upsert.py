"""Listings -> products, offers and pictures: one chunk, one transaction, and only what differs is written.

A dry run goes the same way and writes nothing.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from catalog.ingest.pictures import PictureChanges, compare
from catalog.ingest.validate import Listing, RowRefused
from catalog.models import Category, Image, Offer, Product, Seller
from catalog.services import DEFAULT_SELLER, category_for, category_if_known
from catalog.tasks import inspect_image

NEEDS_TITLE = "A new product needs a title."
IMPORT_LOCK = 7_306_001  # any number; imports of the same rows take turns instead of meeting in a deadlock
PRODUCT_FIELDS = ["title", "description", "brand", "group_id", "gtin", "category", "attributes", "updated_at"]
PRODUCT_FIELDS += ["blocked", "hidden_by_feed"]
OFFER_FIELDS = ["seller", "price", "currency", "availability", "quantity", "updated_at"]
COLUMN_OF = {"group_id": "item_group_id", "category": "product_type", "blocked": "hidden"}
Differences = dict[str, list[str]]  # column: [before, after]; none: nothing changes


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
    dry: bool = False
    categories: dict[str, Category | None] = field(default_factory=dict)
    sellers: dict[str, Seller] = field(default_factory=dict)
    new_products: list[Product] = field(default_factory=list)
    changed_products: list[Product] = field(default_factory=list)
    new_offers: list[Offer] = field(default_factory=list)
    changed_offers: list[Offer] = field(default_factory=list)
    gone_offers: list[int] = field(default_factory=list)
    pictures: PictureChanges = field(default_factory=PictureChanges)


def take_turn() -> None:
    """Until the transaction ends. Before any product is locked: else an import waits for that one, and it for this."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [IMPORT_LOCK])


@transaction.atomic
def upsert(listings: list[Listing], folder: str, source_id: int | None = None) -> Counts:
    """Store listings with distinct SKUs; a picture's job is deferred in the same transaction as its row.

    `source_id`: the FeedSource that the products belong to from now on; None leaves that alone.
    """
    take_turn()
    chunk = load(listings)
    fresh = [listing for listing in listings if listing.sku not in chunk.products]
    known = [listing for listing in listings if listing.sku in chunk.products]
    create_products(fresh, chunk, source_id)
    changed = sum([bool(apply(listing, folder, chunk)) for listing in known])
    for listing in fresh:
        apply(listing, folder, chunk, new=True)
    images = write(chunk)
    if source_id and known:
        theirs = [chunk.products[listing.sku].pk for listing in known]
        Product.objects.filter(pk__in=theirs).exclude(source_id=source_id).update(source_id=source_id)
    return Counts(len(fresh), changed, len(known) - changed, images)


def differences(listings: list[Listing], folder: str) -> list[Differences | None]:
    """What upsert would change, for each listing in order; None for a new product. Writes nothing."""
    chunk = load(listings, dry=True)
    known = set(chunk.products)
    create_products([listing for listing in listings if listing.sku not in known], chunk)
    return [apply(listing, folder, chunk) if listing.sku in known else None for listing in listings]


def load(listings: list[Listing], dry: bool = False) -> Chunk:
    skus = [listing.sku for listing in listings]
    rows = Product.objects.select_related("category").defer("words").filter(sku__in=skus)
    products = {product.sku: product for product in (rows if dry else rows.select_for_update(of=["self"]))}
    offers, images = defaultdict(list), defaultdict(list)
    for offer in Offer.objects.filter(product__sku__in=skus).select_related("seller").order_by("id"):
        offers[offer.product_id].append(offer)
    for image in Image.objects.filter(product__sku__in=skus):
        images[image.product_id].append(image)
    return Chunk(products, offers, images, dry)


def create_products(listings: list[Listing], chunk: Chunk, source_id: int | None = None) -> None:
    for listing in listings:
        if "title" not in listing.product:
            raise RowRefused(NEEDS_TITLE)
        chunk.products[listing.sku] = product = Product(sku=listing.sku, source_id=source_id)
        change_product(product, listing, chunk)
        chunk.new_products.append(product)
    if not chunk.dry:
        Product.objects.bulk_create(chunk.new_products)


def apply(listing: Listing, folder: str, chunk: Chunk, new: bool = False) -> Differences:
    """Collect what a listing changes."""
    product = chunk.products[listing.sku]
    found = {} if new else change_product(product, listing, chunk)
    if found:
        chunk.changed_products.append(product)
    found |= change_offers(product, listing, chunk)
    return found | compare(product, chunk.images[product.pk], listing, folder, chunk.pictures)


def change_product(product: Product, listing: Listing, chunk: Chunk) -> Differences:
    values: dict[str, Any] = dict(listing.product)
    before = product.attributes
    if listing.attributes:
        merged = {**before, **listing.attributes}
        values["attributes"] = {name: value for name, value in merged.items() if value}
    if listing.category is not None:
        values["category"] = category_at(listing.category, chunk)
    if listing.hidden is not None:
        values |= hiding(product, listing.hidden)
    found = assign(product, values)
    if "attributes" in found:
        del found["attributes"]
        names = dict.fromkeys([*before, *product.attributes])
        both = {name: [before.get(name, ""), product.attributes.get(name, "")] for name in names}
        found |= {name: values for name, values in both.items() if values[0] != values[1]}
    found.pop("hidden_by_feed", None)
    return found


def hiding(product: Product, hidden: bool) -> dict[str, Any]:
    """A feed takes back its own blocks, never those of people."""
    if hidden and not product.blocked:
        return {"blocked": True, "hidden_by_feed": True}
    if not hidden and product.hidden_by_feed:
        return {"blocked": False, "hidden_by_feed": False}
    return {}


def category_at(path: str, chunk: Chunk) -> Category | None:
    if path not in chunk.categories:
        chunk.categories[path] = category_if_known(path) if chunk.dry else category_for(path)
    return chunk.categories[path]


def assign(row: Product | Offer, values: dict[str, Any]) -> Differences:
    """Set what differs, and say what it was and is."""
    found = {name: value for name, value in values.items() if getattr(row, name) != value}
    shown = {
        COLUMN_OF.get(name, name): [in_words(getattr(row, name)), in_words(value)] for name, value in found.items()
    }
    for name, value in found.items():
        setattr(row, name, value)
    if found:
        row.updated_at = timezone.now()
    return shown


def in_words(value: Any) -> str:
    if isinstance(value, Category):
        return value.path
    if isinstance(value, Seller):
        return value.name
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


def change_offers(product: Product, listing: Listing, chunk: Chunk) -> Differences:
    """A row is one seller's listing: the seller it names is the only one; without one the offer at hand changes."""
    given = dict(listing.offer)
    if not given:
        return {}
    offers = chunk.offers[product.pk]
    if "price" in given and given["price"] is None:
        chunk.gone_offers += [offer.pk for offer in offers]
        return gone(offers)
    offer = offers[0] if offers else None
    left: list[Offer] = []
    if "seller" in given:
        given["seller"] = seller_named(given["seller"], chunk)
        offer = next((one for one in offers if one.seller_id == given["seller"].pk), offer)
        left = [one for one in offers if one is not offer]
        chunk.gone_offers += [one.pk for one in left]
    if offer is not None:
        found = assign(offer, given)
        if found:
            chunk.changed_offers.append(offer)
        return gone(left) | found
    if "price" not in given:
        return {}
    chunk.new_offers.append(Offer(product=product, **{"seller": seller_named("", chunk), **given}))
    return {name: ["", in_words(value)] for name, value in given.items()}


def gone(offers: list[Offer]) -> Differences:
    sold = ", ".join(f"{offer.price} {offer.currency} from {offer.seller.name}" for offer in offers)
    return {"offer": [sold, ""]} if offers else {}


def seller_named(name: str, chunk: Chunk) -> Seller:
    if name not in chunk.sellers:
        named = name or DEFAULT_SELLER
        if chunk.dry:
            chunk.sellers[name] = Seller.objects.filter(name=named).first() or Seller(name=named)
        else:
            chunk.sellers[name], _ = Seller.objects.get_or_create(name=named)
    return chunk.sellers[name]


def hold_sellers(offers: list[Offer]) -> None:
    """Before their offers are locked, as by whoever blocks a seller: else the two could wait for one another for ever.

    The trigger that hides what a blocked seller offers (migration 0012) takes the same locks, one by one.
    """
    if ids := sorted({offer.seller_id for offer in offers}):
        with connection.cursor() as cursor:
            cursor.execute("SELECT FROM catalog_seller WHERE id = ANY(%s) ORDER BY id FOR SHARE", [ids])


def write(chunk: Chunk) -> int:
    hold_sellers([*chunk.changed_offers, *chunk.new_offers])
    Product.objects.bulk_update(chunk.changed_products, PRODUCT_FIELDS)
    Offer.objects.filter(pk__in=chunk.gone_offers).delete()
    Offer.objects.bulk_update(chunk.changed_offers, OFFER_FIELDS)
    Offer.objects.bulk_create(chunk.new_offers)
    waiting = chunk.pictures.write()
    if waiting:
        inspect_image.batch_defer(*({"image_id": image_id} for image_id in waiting))
    return len(waiting)
