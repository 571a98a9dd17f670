"""What a feed row says of price and stock."""

import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone

from catalog.ingest.rows import RowRefused, limited
from catalog.models import Offer

MAX_PRICE = Decimal("9999999999.99")
MAX_QUANTITY = 2_147_483_647
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
