"""What a feed's columns mean: recognised by their names, unless an admin has said so.

Where several columns could be one field, the one that is called exactly so is it, else the name that ALIASES has first.
"""

from collections.abc import Mapping, Sequence

from catalog.errors import FeedUnreadable, NotMapped

NOT_USED = ""
ATTRIBUTE = "attribute:"  # in front of the name of any attribute
SEVERAL = ("additional_image_link",)  # may be spread over several columns
INSTEAD = {"image_link": "additional_image_link"}  # what a column is whose field another one has
FIELDS = {  # field: what it is, for whoever maps columns
    "id": "SKU, the key of a product",
    "title": "Title",
    "description": "Description",
    "brand": "Brand",
    "item_group_id": "Group of variants",
    "gtin": "GTIN, EAN or UPC",
    "color": "Colour",
    "material": "Material",
    "pattern": "Pattern",
    "style": "Style",
    "size": "Size",
    "product_type": "Category path",
    "google_product_category": "Category path, where the one above is empty",
    "price": "Price",
    "sale_price": "Price while on sale",
    "sale_price_effective_date": "When the sale is on",
    "currency": "Currency of prices that name none",
    "availability": "Availability",
    "quantity": "Quantity in stock",
    "seller": "Seller",
    "image_link": "Picture",
    "additional_image_link": "Further pictures",
    "hidden": "Hidden from shoppers",
    "shown": "Shown to shoppers",
}
ALIASES = {
    "sku": "id",
    "item_id": "id",
    "product_id": "id",
    "offer_id": "id",
    "artikelnummer": "id",
    "colour": "color",
    "farbe": "color",
    "couleur": "color",
    "category": "product_type",
    "categories": "product_type",
    "produkttyp": "product_type",
    "name": "title",
    "product_name": "title",
    "titel": "title",
    "titre": "title",
    "título": "title",
    "beschreibung": "description",
    "descripción": "description",
    "body_html": "description",
    "vendor": "brand",
    "manufacturer": "brand",
    "marke": "brand",
    "marque": "brand",
    "marca": "brand",
    "ean": "gtin",
    "upc": "gtin",
    "barcode": "gtin",
    "gtin13": "gtin",
    "preis": "price",
    "prix": "price",
    "precio": "price",
    "regular_price": "price",
    "special_price": "sale_price",
    "verfügbarkeit": "availability",
    "disponibilité": "availability",
    "disponibilidad": "availability",
    "stock_status": "availability",
    "in_stock?": "availability",
    "is_in_stock": "availability",
    "image": "image_link",
    "image_url": "image_link",
    "imagelink": "image_link",
    "bildlink": "image_link",
    "images": "image_link",
    "image_urls": "image_link",
    "additional_image_links": "additional_image_link",
    "additional_images": "additional_image_link",
    "qty": "quantity",
    "stock_quantity": "quantity",
    "inventory": "quantity",
    "quantity_to_sell_on_facebook": "quantity",
    "seller_name": "seller",
    "external_seller_id": "seller",
    "itemgroupid": "item_group_id",
    "group_id": "item_group_id",
    "parent_sku": "item_group_id",
    "visibility": "shown",
    "published": "shown",
}
EMPTY_CELLS, SAY_NOTHING = "error_empty_cells", "say nothing"  # of XML: its items leave alone what they do not hold
ERROR_COLUMNS = ("error_line", "error_reason", "error_import", EMPTY_CELLS)  # in front of the rows of an error file


def column_name(cell: str) -> str:
    """ "Image Link", "g:image_link" and "image-link" are all image_link."""
    name = cell.strip().strip("\ufeff").lower().removeprefix("g:")
    return "_".join(name.replace("-", " ").replace("_", " ").split())


def field_of(column: str) -> str:
    """The field that a column's name stands for; NOT_USED where it says nothing to us."""
    if column.strip().lower().startswith(ATTRIBUTE):
        return " ".join(column.lower().split())
    name = column_name(column)
    name = ALIASES.get(name, name)
    return name if name in FIELDS else NOT_USED


def fields_of(columns: Sequence[str], mapping: Mapping[str, str]) -> list[str]:
    """The field of each column, what an admin said before what its name says.

    Raises NotMapped without an id, and FeedUnreadable when two columns of one name claim one field.
    """
    fields = meanings(columns, mapping)
    used = [field for field in fields if field]
    if twice := sorted({field for field in used if used.count(field) > 1 and field not in SEVERAL}):
        raise FeedUnreadable(f"Two columns mean the same: {', '.join(twice)}.")
    if "id" not in used:
        raise NotMapped
    return fields


def meanings(columns: Sequence[str], mapping: Mapping[str, str]) -> list[str]:
    """The field of each column; that of which there can be one goes to the columns that have the best claim to it."""
    names = [column_name(column) for column in columns]
    said = {column_name(column): field for column, field in mapping.items()}
    fields = [said.get(name, field_of(column)) for name, column in zip(names, columns, strict=True)]
    claims = [claim(name, field, said) for name, field in zip(names, fields, strict=True)]
    best = {field: min(c for c, f in zip(claims, fields, strict=True) if f == field) for field in fields}
    return [
        field if field in SEVERAL or own == best[field] else INSTEAD.get(field, NOT_USED)
        for field, own in zip(fields, claims, strict=True)
    ]


RANKS = {name: rank for rank, name in enumerate(ALIASES, 2)}


def claim(name: str, field: str, said: Mapping[str, str]) -> int:
    """The lower the better: chosen by an admin, called so, called something like it."""
    return 0 if name in said else 1 if name == field else RANKS.get(name, 1)
