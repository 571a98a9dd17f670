"""The catalog as a feed, in the formats that are read: in parts, so that memory stays bounded."""

import csv
import hashlib
import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from xml.sax.saxutils import escape

from django.db.models import Prefetch, Q
from django.utils.text import slugify

from catalog.ingest.sources import UPLOAD
from catalog.ingest.text import escape_formula
from catalog.ingest.validate import FEED_ATTRIBUTES, OTHER_ATTRIBUTE, is_address, split_sources
from catalog.models import Image, Offer, Product
from catalog.storage import picture_url

AT_ONCE = 500
GOOGLE = "id title description link image_link additional_image_link availability price brand gtin item_group_id"
GOOGLE = [*GOOGLE.split(), "color", "material", "pattern", "size", "product_type", "condition"]
OWN = "id title description brand item_group_id gtin color material pattern style size product_type price availability"
OWN = [*OWN.split(), "quantity", "seller", "image_link", "additional_image_link", "hidden"]
SHOPIFY = [
    "Title",
    "URL handle",
    "Description",
    "Vendor",
    "Product category",
    "Type",
    "Tags",
    "Published on online store",
    "Status",
    "SKU",
    "Barcode",
    "Option1 name",
    "Option1 value",
    "Option2 name",
    "Option2 value",
    "Option3 name",
    "Option3 value",
    "Price",
    "Inventory tracker",
    "Inventory quantity",
    "Continue selling when out of stock",
    "Product image URL",
    "Image position",
    "Variant image URL",
]
UNSEEN = dict.fromkeys([*range(9), 11, 12, *range(14, 32)])  # what XML cannot hold
GOOGLE_PICTURES = 10
Urls = Callable[[str], str]  # an absolute address for a path of ours


@dataclass(frozen=True, slots=True)
class Format:
    label: str
    file_name: str
    content_type: str
    parts: Callable[[Urls], Iterator[str]]


def products(shown_only: bool = False, by_group: bool = False) -> Iterator[Product]:
    """All of them, some hundred at a time; by_group: the members of a group one after another."""
    images = Prefetch("images", Image.objects.order_by("position", "pk"))
    rows = Product.objects.defer("words").select_related("category")
    rows = rows.prefetch_related(Prefetch("offers", Offer.objects.select_related("seller").order_by("pk")), images)
    rows = rows.filter(blocked=False) if shown_only else rows
    rows = rows.order_by(*(["group_id", "pk"] if by_group else ["pk"]))
    after = Q()
    while batch := list(rows.filter(after)[:AT_ONCE]):
        yield from batch
        last = batch[-1]
        after = Q(pk__gt=last.pk)
        if by_group:
            after = Q(group_id__gt=last.group_id) | Q(group_id=last.group_id, pk__gt=last.pk)


def offer_of(product: Product) -> Offer | None:
    """The one that a row can hold: in stock first, then the cheapest."""
    sold = Offer.Availability.IN_STOCK
    return min(
        product.offers.all(), key=lambda offer: (offer.availability != sold, offer.price, offer.pk), default=None
    )


def facts(product: Product, pictures: list[str]) -> dict[str, str]:
    """What every format says of a product."""
    offer = offer_of(product)
    return {
        "id": product.sku,
        "title": product.title,
        "description": product.description,
        "brand": product.brand,
        "item_group_id": product.group_id,
        "gtin": product.gtin,
        "product_type": product.category.path if product.category else "",
        "price": f"{offer.price} {offer.currency}" if offer else "",
        "availability": offer.availability if offer else Offer.Availability.OUT_OF_STOCK,
        "image_link": pictures[0] if pictures else "",
        "additional_image_link": ",".join(pictures[1:]),
        **{name: product.attributes.get(name, "") for name in FEED_ATTRIBUTES},
    }


def addresses(product: Product, urls: Urls) -> list[str]:
    """Where others find its pictures."""
    shown = [image for image in product.images.all() if not image.blocked]
    found = [image.source if is_address(image.source) else urls(picture_url(image.file)) for image in shown if
             is_address(image.source) or image.file]  # fmt: skip
    return list(dict.fromkeys(found))


def own(urls: Urls) -> Iterator[str]:
    """Everything that an import of ours reads; into the same catalog it changes nothing."""
    names = {name for found in Product.objects.values_list("attributes", flat=True).iterator() for name in found}
    others = sorted(name for name in names - set(FEED_ATTRIBUTES) if "\n" not in name)
    columns = [*OWN, *(OTHER_ATTRIBUTE + name for name in others)]
    yield line(columns)
    for product in products():
        sources = [image.source for image in product.images.all() if not image.source.startswith(UPLOAD)]
        offer = offer_of(product)
        cells = facts(product, sources) | {OTHER_ATTRIBUTE + name: product.attributes.get(name, "") for name in others}
        cells["quantity"] = "" if offer is None or offer.quantity is None else str(offer.quantity)
        cells["seller"] = offer.seller.name if offer else ""
        cells["hidden"] = "true" if product.blocked else "false"
        yield line([cells[name] for name in columns])


def google_cells(urls: Urls) -> Iterator[dict[str, str]]:
    for product in products(shown_only=True):
        pictures = addresses(product, urls)[: GOOGLE_PICTURES + 1]
        yield facts(product, pictures) | {"link": urls(f"/products/{product.pk}/"), "condition": "new"}


def google_csv(urls: Urls, delimiter: str = ",") -> Iterator[str]:
    yield line(GOOGLE, delimiter)
    for cells in google_cells(urls):
        yield line([cells[name] for name in GOOGLE], delimiter)


def google_tsv(urls: Urls) -> Iterator[str]:
    return google_csv(urls, "\t")


def google_xml(urls: Urls) -> Iterator[str]:
    home = escape(urls("/"))
    yield '<?xml version="1.0" encoding="UTF-8"?>\n<rss xmlns:g="http://base.google.com/ns/1.0" version="2.0">\n'
    yield f"<channel>\n<title>Sightline</title>\n<link>{home}</link>\n<description>All products</description>\n"
    for cells in google_cells(urls):
        values = [(name, cells[name]) for name in GOOGLE if name != "additional_image_link"]
        values += [("additional_image_link", address) for address in split_sources(cells["additional_image_link"])]
        inside = "".join(f"<g:{name}>{escape(text.translate(UNSEEN))}</g:{name}>\n" for name, text in values if text)
        yield f"<item>\n{inside}</item>\n"
    yield "</channel>\n</rss>\n"


def shopify(urls: Urls) -> Iterator[str]:
    yield line(SHOPIFY)
    for _, group in groupby(products(by_group=True), key=lambda product: product.group_id or product.pk):
        yield from shopify_group(list(group), urls)


def shopify_group(members: list[Product], urls: Urls) -> Iterator[str]:
    """A handle's rows: a variant each, then the pictures that are left."""
    handle, options = handle_of(members[0]), options_of(members)
    further: list[str] = []
    for product in members:
        pictures = addresses(product, urls)
        further += pictures if len(members) == 1 else pictures[1:]
        values = [product.attributes.get(name, "") for name in options] if options else ["Default Title"]
        names = [name.capitalize() for name in options] or ["Title"]
        pairs = dict(zip(("Option1", "Option2", "Option3"), zip(names, values, strict=True), strict=False))
        cells = variant_cells(product, handle) | {f"{n} name": pair[0] for n, pair in pairs.items()}
        cells |= {f"{n} value": pair[1] for n, pair in pairs.items()}
        if len(members) > 1 and pictures:
            cells["Variant image URL"] = pictures[0]
        elif pictures:
            cells |= {"Product image URL": further.pop(0), "Image position": "1"}
        yield line([cells.get(name, "") for name in SHOPIFY])
    for position, address in enumerate(dict.fromkeys(further), 2 if len(members) == 1 else 1):
        cells = {"URL handle": handle, "Product image URL": address, "Image position": str(position)}
        yield line([cells.get(name, "") for name in SHOPIFY])


def variant_cells(product: Product, handle: str) -> dict[str, str]:
    offer = offer_of(product)
    tracked = offer is not None and (offer.quantity is not None or offer.availability != Offer.Availability.IN_STOCK)
    goes_on = offer is not None and offer.availability in (Offer.Availability.BACKORDER, Offer.Availability.PREORDER)
    return {
        "Title": product.title,
        "URL handle": handle,
        "Description": product.description,
        "Vendor": product.brand,
        "Product category": product.category.path if product.category else "",
        "Published on online store": "FALSE" if product.blocked else "TRUE",
        "Status": "Draft" if product.blocked else "Active",
        "SKU": product.sku,
        "Barcode": product.gtin,
        "Price": str(offer.price) if offer else "",
        "Inventory tracker": "shopify" if tracked else "",
        "Inventory quantity": str(offer.quantity or 0) if tracked else "",
        "Continue selling when out of stock": "TRUE" if goes_on else "FALSE",
    }


def handle_of(product: Product) -> str:
    if product.group_id:
        return product.group_id
    return f"{slugify(product.sku)}-{hashlib.blake2b(product.sku.encode(), digest_size=4).hexdigest()}"


def options_of(members: list[Product]) -> list[str]:
    """At most three attributes: those that tell the variants apart first."""
    if len(members) == 1:
        return []
    names = dict.fromkeys(name for product in members for name in product.attributes)
    return sorted(names, key=lambda name: len({product.attributes.get(name) for product in members}) == 1)[:3]


def line(cells: Iterable[str], delimiter: str = ",") -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerow([escape_formula(cell) for cell in cells])
    return out.getvalue()


CSV, TSV, XML = "text/csv; charset=utf-8", "text/tab-separated-values; charset=utf-8", "application/xml"
FORMATS = {
    "sightline": Format("Sightline, everything", "sightline.csv", CSV, own),
    "google-csv": Format("Google Merchant, CSV", "google.csv", CSV, google_csv),
    "google-tsv": Format("Google Merchant, TSV", "google.tsv", TSV, google_tsv),
    "google-xml": Format("Google Merchant, XML", "google.xml", XML, google_xml),
    "shopify": Format("Shopify, CSV", "shopify.csv", CSV, shopify),
}
