"""Shopify's product CSV, of both header generations: the rows of one handle -> one row for each variant.

Old: Handle, Title, Body (HTML), ... Variant SKU, Variant Price, Image Src. New: Title, URL handle, Description, ...
SKU, Price, Product image URL. What belongs to the product stands on the first row of its handle; the others add
variants and pictures.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.utils.text import slugify

from catalog.ingest.rows import LIST_SEPARATOR, FeedRow
from catalog.ingest.validate import MAX_IMAGES

ROLES = {  # column, in lower case: what it is
    "handle": "handle",
    "url handle": "handle",
    "title": "title",
    "body (html)": "body",
    "body html": "body",
    "description": "body",
    "vendor": "vendor",
    "product category": "category",
    "standard product type": "category",
    "standardized product type": "category",
    "type": "type",
    "custom product type": "type",
    "status": "status",
    "published": "published",
    "published on online store": "published",
    "variant sku": "sku",
    "sku": "sku",
    "variant barcode": "barcode",
    "variant barcodes": "barcode",
    "barcode": "barcode",
    "barcodes": "barcode",
    "variant price": "price",
    "price": "price",
    "variant inventory tracker": "tracker",
    "inventory tracker": "tracker",
    "variant inventory qty": "quantity",
    "variant inventory quantity": "quantity",
    "inventory quantity": "quantity",
    "variant inventory policy": "policy",
    "continue selling when out of stock": "policy",
    "image src": "image",
    "product image url": "image",
    "image position": "position",
    "variant image": "variant_image",
    "variant image url": "variant_image",
} | {f"option{n} {part}": f"option{n} {part}" for n in (1, 2, 3) for part in ("name", "value")}
TELLING = {
    "option1 value",
    "sku",
    "price",
    "image",
    "variant_image",
    "published",
    "policy",
    "tracker",
    "body",
    "vendor",
}
METAFIELD = re.compile(r"(color|colour|material|fabric|pattern|style)\b.*\(product\.metafields\..*\)", re.IGNORECASE)
ATTRIBUTE_OF = {"colour": "color", "farbe": "color", "couleur": "color", "fabric": "material", "stoff": "material"}
ON_THE_PRODUCT = ("title", "body", "vendor", "category", "type", "status", "published", "option1 name", "option2 name")
ON_THE_PRODUCT += ("option3 name",)
BARCODE_AHEAD = re.compile(r",\s*(?!\d+E\+)")  # not the comma of "4,006E+12", which a spreadsheet has made of one
TAXONOMY_CODE = re.compile(r"gid://.*|[a-z]{2}(-\d+)*")
LONGEST_ID = 100
LONGEST_OPTION_NAME = 40
LONGEST_NUMBER = 15


@dataclass(frozen=True, slots=True)
class Line:
    number: int
    raw: tuple[str, ...]
    cells: dict[str, str]
    broken: str

    @property
    def is_variant(self) -> bool:
        return any(self.cells.get(name) for name in ("sku", "price", "option1 value", "quantity"))


def roles_of(columns: Iterable[str]) -> list[str]:
    names = [" ".join(column.replace("\ufeff", "").lower().split()) for column in columns]
    return [ROLES.get(name, f"metafield {METAFIELD.match(name)[1]}" if METAFIELD.match(name) else "") for name in names]


def is_shopify(columns: Iterable[str]) -> bool:
    """A handle and a title, and two columns more that only Shopify calls so."""
    roles = set(roles_of(columns))
    return {"handle", "title"} <= roles and len(roles & TELLING) >= 2


def read_variants(records: Iterable[tuple[int, tuple[str, ...], str]], columns: Iterable[str]) -> Iterator[FeedRow]:
    """One row for each variant, in the file's order. A handle's rows must stand together, as Shopify writes them."""
    roles = roles_of(columns)
    seen: set[bytes] = set()
    group: list[Line] = []
    handle = ""
    for number, raw, broken in records:
        line = Line(number, raw, {} if broken else cells_by_role(raw, roles), broken)
        its = line.cells.get("handle") or (slugify(line.cells.get("title", "")) if not broken else handle)
        if group and its and its != handle:
            yield from variants(group, handle, came_before(handle, seen))
            group = []
        handle = its or handle
        group.append(line)
    if group:
        yield from variants(group, handle, came_before(handle, seen))


def came_before(handle: str, seen: set[bytes]) -> bool:
    digest = hashlib.blake2b(handle.encode(), digest_size=8).digest()
    before = digest in seen
    seen.add(digest)
    return before


def cells_by_role(raw: tuple[str, ...], roles: list[str]) -> dict[str, str]:
    cells: dict[str, str] = {}
    for text, role in zip(raw, roles, strict=False):
        if role and not cells.get(role):
            cells[role] = text.strip()
    return cells


def variants(group: list[Line], handle: str, again: bool) -> Iterator[FeedRow]:
    lines = [line for line in group if not line.broken]
    product = {name: next((line.cells[name] for line in lines if line.cells.get(name)), "") for name in ON_THE_PRODUCT}
    pictures = pictures_of(lines)
    sold = [line for line in lines if line.is_variant] or lines[:1]
    numbers = {line.number for line in sold}
    beside = tuple((line.number, line.raw) for line in group) if len(group) > 1 else ()
    apart = f'The rows of the handle "{handle[:60]}" do not stand together.' if again and not product["title"] else ""
    for line in group:
        if line.broken or (apart and line.number in numbers):
            yield FeedRow(line.number, line.raw, {}, line.broken or apart, beside)
        elif line.number in numbers:
            cells = cells_of(line.cells, product, pictures, handle, alone=len(sold) == 1)
            yield FeedRow(line.number, line.raw, cells, "", beside)


def pictures_of(lines: list[Line]) -> list[str]:
    """The product's pictures in the order of their positions; those of other variants are not for all of them."""
    placed = [
        (int(at) if (at := line.cells.get("position", "")[:LONGEST_NUMBER]).isdecimal() else len(lines), n, image)
        for n, line in enumerate(lines)
        if (image := line.cells.get("image"))
    ]
    of_variants = {line.cells.get("variant_image") for line in lines}
    images = list(dict.fromkeys(image for _, _, image in sorted(placed)))
    return [image for image in images if image not in of_variants] or images


def cells_of(
    own: dict[str, str], product: dict[str, str], pictures: list[str], handle: str, alone: bool
) -> dict[str, str]:
    """The variant in our fields. A column that the file has not gives no field."""
    options = {
        product[f"option{n} name"]: value
        for n in (1, 2, 3)
        if (value := own.get(f"option{n} value")) and value != "Default Title" and product[f"option{n} name"]
    }
    cells = {"id": own.get("sku", "").removeprefix("'") or made_id(handle, options, alone)}
    if not alone:
        cells["item_group_id"] = handle[:100]
    cells["title"] = own.get("title") or product["title"]
    for field, role in (("description", "body"), ("brand", "vendor")):
        if role in own:
            cells[field] = product[role]
    if "category" in own or "type" in own:
        known = product["category"] and not TAXONOMY_CODE.fullmatch(product["category"])
        cells["product_type"] = product["category"] if known else product["type"]
    if "barcode" in own:
        cells["gtin"] = BARCODE_AHEAD.split(own["barcode"].removeprefix("'"))[0].strip()
    if "price" in own:
        cells["price"] = own["price"]
    if "status" in own or "published" in own:
        drawn_back = product["status"].lower() in ("draft", "archived", "unlisted")
        cells["hidden"] = "true" if drawn_back or product["published"].lower() == "false" else "false"
    if "image" in own or "variant_image" in own:
        mine = list(dict.fromkeys([*filter(None, [own.get("variant_image")]), *pictures]))[:MAX_IMAGES]
        cells["image_link"] = mine[0] if mine else ""
        cells["additional_image_link"] = LIST_SEPARATOR.join(mine[1:])
    return cells | attributes_of(own, options) | stock_of(own)


def made_id(handle: str, options: dict[str, str], alone: bool) -> str:
    """The same each time, from what names the variant."""
    name = (
        handle
        if alone and not options
        else "-".join([handle, *(slugify(value) or value for value in options.values())])
    )
    if len(name) <= LONGEST_ID:
        return name
    return f"{name[: LONGEST_ID - 17]}-{hashlib.blake2b(name.encode(), digest_size=8).hexdigest()}"


def attributes_of(own: dict[str, str], options: dict[str, str]) -> dict[str, str]:
    """Options become attributes; a product's metafields where no option says it."""
    found = {}
    for role, value in own.items():
        if role.startswith("metafield ") and value:
            found[role.removeprefix("metafield ")] = re.split(r"[;,]", value)[0].strip().replace("-", " ")
    found |= {name.strip().lower()[:LONGEST_OPTION_NAME]: value for name, value in options.items() if name != "Title"}
    return {f"attribute:{ATTRIBUTE_OF.get(name, name)}": value for name, value in found.items()}


def stock_of(own: dict[str, str]) -> dict[str, str]:
    """Not tracked: in stock. None left: backorder where the shop goes on selling. No quantities: nothing is said."""
    if "tracker" in own and not own["tracker"]:
        return {"availability": "in_stock", "quantity": ""}
    quantity = own.get("quantity", "").removeprefix("'")
    if not quantity:
        return {}
    if not re.fullmatch(r"[+-]?\d+(\.0+)?", quantity) or len(quantity) > LONGEST_NUMBER:
        return {"quantity": quantity}  # refused with its own words
    count = max(0, int(float(quantity)))
    goes_on = own.get("policy", "").lower() in ("continue", "true", "yes", "1")
    return {
        "availability": "in_stock" if count else "backorder" if goes_on else "out_of_stock",
        "quantity": str(count),
    }
