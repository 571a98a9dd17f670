"""A feed row -> a listing that can be stored, or the reason why not."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import PurePosixPath
from typing import Any

from django.utils import timezone

from catalog.ingest.columns import ATTRIBUTE as OTHER_ATTRIBUTE
from catalog.ingest.rows import LIST_SEPARATOR, FeedRow
from catalog.ingest.text import plain_text
from catalog.models import Offer

TEXT_COLUMNS = {  # column: (field of Product, longest)
    "title": ("title", 300),
    "description": ("description", 20_000),
    "brand": ("brand", 120),
    "item_group_id": ("group_id", 100),
    "gtin": ("gtin", 50),
}
ATTRIBUTES = ("color", "material", "pattern", "style")
FEED_ATTRIBUTES = (*ATTRIBUTES, "size")  # that have a column of their own
MAX_ATTRIBUTES = 20
LONGEST_ATTRIBUTE = 120
LONGEST_SOURCE = 2000
MAX_IMAGES = 20
MAX_PRICE = Decimal("9999999999.99")
MAX_QUANTITY = 2_147_483_647
DEFAULT_CURRENCY = "EUR"
PRICE = re.compile(r"(?:(?P<before>[A-Z]{3})\s*)?(?P<number>\d[\d.,' ]*)(?:\s*(?P<after>[A-Z]{3}))?", re.ASCII)
SIGNS = {  # longer ones first, in upper case
    **{"US$": "USD", "CA$": "CAD", "AU$": "AUD", "NZ$": "NZD", "HK$": "HKD", "MX$": "MXN", "R$": "BRL", "C$": "CAD"},
    **{"A$": "AUD", "S$": "SGD", "$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY", "₹": "INR", "₽": "RUB", "₺": "TRY"},
    **{"₩": "KRW", "₴": "UAH", "₪": "ILS", "ZŁ": "PLN", "KČ": "CZK"},
}
# also "100.0000", as Magento has it
WHOLE = re.compile(r"\+?(?P<below>-)?(?P<whole>\d+)(?:[.,](?:0{1,2}|0{4,8}))?", re.ASCII)
SPACES = dict.fromkeys(map(ord, "\u00a0\u2007\u2009\u202f"), " ")
AVAILABILITIES = {
    "": "in_stock",
    **dict.fromkeys(("1", "true", "yes"), "in_stock"),
    **dict.fromkeys(("0", "false", "no"), "out_of_stock"),
    "instock": "in_stock",
    "available": "in_stock",
    "available_for_order": "backorder",
    "limitedavailability": "in_stock",
    "limited_availability": "in_stock",
    "onlineonly": "in_stock",
    "outofstock": "out_of_stock",
    "sold_out": "out_of_stock",
    "soldout": "out_of_stock",
    "unavailable": "out_of_stock",
    "discontinued": "out_of_stock",
    "pre_order": "preorder",
    "presale": "preorder",
    "back_order": "backorder",
    "onbackorder": "backorder",
    "auf_lager": "in_stock",
    "nicht_auf_lager": "out_of_stock",
    "en_stock": "in_stock",
    "rupture_de_stock": "out_of_stock",
    "agotado": "out_of_stock",
}
YES, NO = ("true", "yes", "1"), ("false", "no", "0", "")
SHOWN = (*YES, "", "published", "active", "visible", "enabled", "catalog, search", "catalog", "search")
NOT_SHOWN = ("false", "no", "0", "-1", "draft", "private", "pending", "hidden", "staging", "archived", "inactive")
NOT_SHOWN += ("disabled", "not visible individually")
ADDRESS_AHEAD = re.compile(r"[,|;]\s*(?=https?://)", re.IGNORECASE)
PICTURE_NAME = re.compile(r"\.(?:jpe?g|png|webp|gif|bmp|tiff?|heic|heif|avif)$", re.IGNORECASE)
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
    hidden: bool | None = None


def validate(row: FeedRow, currency: str = DEFAULT_CURRENCY) -> Listing:
    """`currency`: of a price that names none. Raises RowRefused."""
    if row.broken:
        raise RowRefused(row.broken)
    cells = row.cells
    if any("\x00" in cell for cell in cells.values()):
        raise RowRefused("The row holds a NUL character.")
    return Listing(
        line=row.line,
        sku=read_sku(cells.get("id", "")),
        product=read_texts(cells),
        attributes=read_attributes(cells),
        category=read_category(cells),
        offer=read_offer(cells, currency),
        hidden=read_hidden(cells),
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
        name: limited(column, plain_text(cells[column]), longest)
        for column, (name, longest) in TEXT_COLUMNS.items()
        if column in cells
    }
    if texts.get("title") == "":
        raise RowRefused("The title is empty.")
    return texts


def read_attributes(cells: dict[str, str]) -> dict[str, str]:
    named = {name: cells[name] for name in FEED_ATTRIBUTES if name in cells}
    others = {
        name.removeprefix(OTHER_ATTRIBUTE): text for name, text in cells.items() if name.startswith(OTHER_ATTRIBUTE)
    }
    if len(others) > MAX_ATTRIBUTES:
        raise RowRefused(f"The row has more than {MAX_ATTRIBUTES} attributes.")
    return {name: limited(name, plain_text(text), LONGEST_ATTRIBUTE) for name, text in {**others, **named}.items()}


def read_category(cells: dict[str, str]) -> str | None:
    """The shop's own path; Google's where there is none, unless it is only a number of Google's."""
    if not (path := cells.get("product_type")):
        googles = cells.get("google_product_category", "")
        path = googles if googles and not googles.isdecimal() else path
    return path if path is None else limited("product_type", deepest(plain_text(path)), 500)


def deepest(path: str) -> str:
    """Of "Clothes, Clothes > Shirts", as WooCommerce lists them, the last. A comma may as well be part of a name."""
    paths = path.split(", ")
    roots = {one.split(" > ")[0] for one in paths}
    return max(paths, key=lambda one: one.count(" > ")) if len(roots) == 1 else path


def read_hidden(cells: dict[str, str]) -> bool | None:
    """Hidden where one column says so, None where none says anything."""
    said = [yes_or_no("hidden", cells["hidden"], YES, NO)] if "hidden" in cells else []
    said += [not yes_or_no("shown", cells["shown"], SHOWN, NOT_SHOWN)] if "shown" in cells else []
    return any(said) if said else None


def yes_or_no(field: str, cell: str, yes: tuple[str, ...], no: tuple[str, ...]) -> bool:
    if (value := cell.lower()) not in (*yes, *no):
        raise RowRefused(f'"{cell[:40]}" is neither true nor false ({field}).')
    return value in yes


def read_offer(cells: dict[str, str], currency: str) -> dict[str, Any]:
    offer: dict[str, Any] = {}
    currency = cells.get("currency", "").upper() or currency
    if not re.fullmatch("[A-Z]{3}", currency, re.ASCII):
        raise RowRefused(f'The currency "{currency[:40]}" is not like EUR.')
    if "price" in cells:
        offer["price"], offer["currency"] = read_price(cells["price"], currency)
        if cells.get("sale_price") and is_on(cells.get("sale_price_effective_date", "")):
            offer["price"], offer["currency"] = read_price(cells["sale_price"], currency)
    if "availability" in cells:
        offer["availability"] = read_availability(cells["availability"])
    if "quantity" in cells:
        offer["quantity"] = read_quantity(cells["quantity"])
    if "seller" in cells:
        offer["seller"] = limited("seller", cells["seller"], 120)
    return offer


def is_on(period: str) -> bool:
    """Whether now is in "2026-11-20T00:00+01:00/2026-12-01T00:00+01:00". Without a period: yes."""
    if not period:
        return True
    try:
        start, end = (datetime.fromisoformat(text.strip()) for text in period.split("/"))
    except ValueError:
        raise RowRefused(
            f'The sale\'s dates "{period[:80]}" are not like 2026-11-20T00:00Z/2026-12-01T00:00Z.'
        ) from None
    zone = timezone.get_current_timezone()
    start, end = (date if date.tzinfo else date.replace(tzinfo=zone) for date in (start, end))
    return start <= timezone.now() <= end


def read_price(cell: str, currency: str) -> tuple[Decimal | None, str]:
    """ "249.00 EUR", "EUR 249", "1,249.50", "1.249,50 €", "1 249". Empty: no price."""
    if not cell:
        return None, currency
    text = cell.translate(SPACES).upper()
    bare = with_signs(text, dict.fromkeys(SIGNS, " "))
    found = PRICE.fullmatch(bare.strip())
    if not found or not (found["before"] or found["after"]):  # else, as in "$19.99 CAD", the code says which dollar
        found = PRICE.fullmatch(with_signs(text, SIGNS).strip())
    if not found or (found["before"] and found["after"]):
        raise RowRefused(f'The price "{cell[:40]}" is not like "249.00 EUR".')
    price = Decimal(plain_number(found["number"].strip(), cell))
    if price > MAX_PRICE:
        raise RowRefused("The price is too large.")
    return price.quantize(Decimal("0.01")), found["before"] or found["after"] or currency


def with_signs(text: str, codes: Mapping[str, str]) -> str:
    for sign, code in codes.items():
        text = text.replace(sign, f" {code} ")
    return text


def plain_number(text: str, cell: str) -> str:
    """The last mark before one or two digits at the end is the decimal mark; marks before three digits group."""
    if re.fullmatch(r"\d+\.\d{4,8}", text):  # as some shops write prices into databases
        return text
    whole, mark, cents = re.fullmatch(r"(.*?)(?:([.,])(\d{1,2}))?", text).groups()
    if not re.fullmatch(r"\d+|\d{1,3}([.,' ])\d{3}(?:\1\d{3})*", whole) or (mark and mark in whole):
        raise RowRefused(f'The price "{cell[:40]}" is not like "249.00 EUR".')
    return re.sub(r"[.,' ]", "", whole) + ("." + cents if cents else "")


def read_availability(cell: str) -> str:
    value = cell.lower().rpartition("schema.org/")[2].replace(" ", "_").replace("-", "_")
    value = AVAILABILITIES.get(value, value)
    if value not in Offer.Availability.values:
        raise RowRefused(f'The availability "{cell[:40]}" is none of {", ".join(Offer.Availability.values)}.')
    return value


def read_quantity(cell: str) -> int | None:
    """Fewer than none, of what was oversold, is none."""
    if not cell:
        return None
    found = WHOLE.fullmatch(cell)
    if not found or len(found["whole"]) > 10 or int(found["whole"]) > MAX_QUANTITY:
        raise RowRefused(f'The quantity "{cell[:40]}" is not a whole number.')
    return 0 if found["below"] else int(found["whole"])


def read_images(cells: dict[str, str]) -> dict[str, Any]:
    images: dict[str, Any] = {}
    further = cells.get("additional_image_link")
    if "image_link" in cells:
        first, *others = split_addresses(cells["image_link"]) or [""]
        images["first_image"] = read_source(first) if first else ""
        further = LIST_SEPARATOR.join([*others, further or ""]) if others else further
    if further is not None:
        sources = split_sources(further)
        images["more_images"] = tuple(dict.fromkeys(read_source(source) for source in sources))
        if len(images["more_images"]) >= MAX_IMAGES:
            raise RowRefused(f"The row has more than {MAX_IMAGES} pictures.")
    return images


def split_addresses(cell: str) -> list[str]:
    """At lines, and where an address follows after a comma: not all that some shops write as the picture is one."""
    pieces = [piece.strip() for line in cell.split(LIST_SEPARATOR) for piece in ADDRESS_AHEAD.split(line)]
    return [piece for piece in pieces if piece]


def split_sources(cell: str) -> list[str]:
    """Addresses and paths, between commas or on lines of their own. Commas inside of an address belong to it."""
    found: list[str] = []
    for piece in split_addresses(cell):
        for number, part in enumerate(piece.split(",")):
            whole = number and PICTURE_NAME.search(found[-1].split("?")[0]) and PICTURE_NAME.search(part.strip())
            if number and is_address(found[-1]) and not whole:
                found[-1] += "," + part.rstrip()
            else:
                found.append(part.strip())
    return [source.rstrip(",") for source in found if source.strip(", ")]


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
