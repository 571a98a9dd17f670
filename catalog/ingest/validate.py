"""A feed row -> a listing that can be stored, or the reason why not."""

import re
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import PurePosixPath
from typing import Any

from catalog.ingest.read import FeedRow
from catalog.models import Offer

TEXT_COLUMNS = {  # column: (field of Product, longest)
    "title": ("title", 300),
    "description": ("description", 20_000),
    "brand": ("brand", 120),
    "item_group_id": ("group_id", 100),
    "gtin": ("gtin", 50),
}
ATTRIBUTES = ("color", "material", "pattern", "style")
LONGEST_ATTRIBUTE = 120
LONGEST_SOURCE = 2000
MAX_IMAGES = 20
MAX_PRICE = Decimal("9999999999.99")
MAX_QUANTITY = 2_147_483_647
DEFAULT_CURRENCY = "EUR"
PRICE = re.compile(r"(?:(?P<before>[A-Z]{3})\s*)?(?P<number>\d[\d.,]*)(?:\s*(?P<after>[A-Z]{3}))?", re.ASCII)
SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:")


class RowRefused(ValueError):
    """A row that cannot be stored; the message is the reason for the error file."""


@dataclass(frozen=True, slots=True)
class Listing:
    """One row, ready to be stored. A column that the feed has not is None here, or missing in a dict: left alone."""

    line: int
    sku: str
    product: dict[str, str] = field(default_factory=dict)
    attributes: dict[str, str] = field(default_factory=dict)  # "" clears
    category: str | None = None
    offer: dict[str, Any] = field(default_factory=dict)  # seller, price (None clears), currency, availability, quantity
    first_image: str | None = None  # "" clears
    more_images: tuple[str, ...] | None = None


def validate(row: FeedRow) -> Listing:
    """Raises RowRefused."""
    if row.broken:
        raise RowRefused(row.broken)
    cells = row.cells
    if any("\x00" in cell for cell in cells.values()):
        raise RowRefused("The row holds a NUL character.")
    return Listing(
        line=row.line,
        sku=read_sku(cells["id"]),
        product=read_texts(cells),
        attributes={name: limited(name, cells[name], LONGEST_ATTRIBUTE) for name in ATTRIBUTES if name in cells},
        category=limited("product_type", cells["product_type"], 500) if "product_type" in cells else None,
        offer=read_offer(cells),
        **read_images(cells),
    )


def read_sku(cell: str) -> str:
    if not cell:
        raise RowRefused("The id is empty.")
    return limited("id", cell, 100)


def limited(name: str, text: str, longest: int) -> str:
    if len(text) > longest:
        raise RowRefused(f"The {name} is longer than {longest} characters.")
    return text


def read_texts(cells: dict[str, str]) -> dict[str, str]:
    texts = {
        name: limited(column, cells[column], longest)
        for column, (name, longest) in TEXT_COLUMNS.items()
        if column in cells
    }
    if texts.get("title") == "":
        raise RowRefused("The title is empty.")
    return texts


def read_offer(cells: dict[str, str]) -> dict[str, Any]:
    offer: dict[str, Any] = {}
    if "price" in cells:
        offer["price"], offer["currency"] = read_price(cells["price"])
    if "availability" in cells:
        offer["availability"] = read_availability(cells["availability"])
    if "quantity" in cells:
        offer["quantity"] = read_quantity(cells["quantity"])
    if "seller" in cells:
        offer["seller"] = limited("seller", cells["seller"], 120)
    return offer


def read_price(cell: str) -> tuple[Decimal | None, str]:
    """ "249.00 EUR", "EUR 249", "1,249.50", "1.249,50 EUR". Empty: no price."""
    if not cell:
        return None, DEFAULT_CURRENCY
    found = PRICE.fullmatch(cell.upper())
    if not found or (found["before"] and found["after"]):
        raise RowRefused(f'The price "{cell[:40]}" is not like "249.00 EUR".')
    price = Decimal(plain_number(found["number"], cell))
    if price > MAX_PRICE:
        raise RowRefused("The price is too large.")
    return price.quantize(Decimal("0.01")), found["before"] or found["after"] or DEFAULT_CURRENCY


def plain_number(text: str, cell: str) -> str:
    """The last mark before one or two digits at the end is the decimal mark; marks before three digits group."""
    whole, mark, cents = re.fullmatch(r"(.*?)(?:([.,])(\d{1,2}))?", text).groups()
    if not re.fullmatch(r"\d+|\d{1,3}([.,])\d{3}(?:\1\d{3})*", whole) or (mark and mark in whole):
        raise RowRefused(f'The price "{cell[:40]}" is not like "249.00 EUR".')
    return re.sub(r"[.,]", "", whole) + ("." + cents if cents else "")


def read_availability(cell: str) -> str:
    value = cell.lower().replace(" ", "_").replace("-", "_") or Offer.Availability.IN_STOCK
    if value not in Offer.Availability.values:
        raise RowRefused(f'The availability "{cell[:40]}" is none of {", ".join(Offer.Availability.values)}.')
    return value


def read_quantity(cell: str) -> int | None:
    if not cell:
        return None
    if not (cell.isascii() and cell.isdigit()) or len(cell) > 10 or int(cell) > MAX_QUANTITY:
        raise RowRefused(f'The quantity "{cell[:40]}" is not a whole number.')
    return int(cell)


def read_images(cells: dict[str, str]) -> dict[str, Any]:
    images: dict[str, Any] = {}
    if "image_link" in cells:
        images["first_image"] = read_source(cells["image_link"]) if cells["image_link"] else ""
    if "additional_image_link" in cells:
        sources = [source.strip() for source in cells["additional_image_link"].split(",")]
        images["more_images"] = tuple(dict.fromkeys(read_source(source) for source in sources if source))
        if len(images["more_images"]) >= MAX_IMAGES:
            raise RowRefused(f"The row has more than {MAX_IMAGES} pictures.")
    return images


def read_source(source: str) -> str:
    """An http(s) address, or a path below the feed's folder."""
    if len(source) > LONGEST_SOURCE:
        raise RowRefused("The address of a picture is too long.")
    if is_address(source):
        return source
    path = PurePosixPath(source)
    if SCHEME.match(source) or path.is_absolute() or ".." in path.parts or "\\" in source or not path.parts:
        raise RowRefused(f'The picture "{source[:80]}" is neither an http(s) address nor a path beside the feed.')
    return str(path)


def is_address(source: str) -> bool:
    return source.lower().startswith(("http://", "https://"))
