"""A feed row -> a listing that can be stored, or the reason why not."""

import re
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from catalog.ingest.columns import ATTRIBUTE as OTHER_ATTRIBUTE
from catalog.ingest.offers import read_offer
from catalog.ingest.rows import LIST_SEPARATOR, FeedRow, RowRefused, limited
from catalog.ingest.text import plain_text

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
DEFAULT_CURRENCY = "EUR"
YES, NO = ("true", "yes", "1"), ("false", "no", "0", "")
SHOWN = (*YES, "", "published", "active", "visible", "enabled", "catalog, search", "catalog", "search")
NOT_SHOWN = ("false", "no", "0", "-1", "draft", "private", "pending", "hidden", "staging", "archived", "inactive")
NOT_SHOWN += ("disabled", "not visible individually")
ADDRESS_AHEAD = re.compile(r"[,|;]\s*(?=https?://)", re.IGNORECASE)
PICTURE_NAME = re.compile(r"\.(?:jpe?g|png|webp|gif|bmp|tiff?|heic|heif|avif)$", re.IGNORECASE)
SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:")


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
