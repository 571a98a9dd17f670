"""How prices and stock read on a page."""

from decimal import Decimal

import pytest

from catalog.queries import OfferLine
from search.templatetags import shop


@pytest.mark.parametrize(
    ("price", "currency", "text"),
    [
        ("249.00", "EUR", "€249"),
        ("1249.5", "USD", "$1,249.50"),
        ("12", "SEK", "12 SEK"),
        (None, "", "Price on request"),
    ],
)
def test_money(price, currency, text):
    assert shop.money(price and Decimal(price), currency) == text


@pytest.mark.parametrize(
    ("availability", "quantity", "in_stock", "text"),
    [
        ("in_stock", None, True, "In stock"),
        ("in_stock", 3, True, "Only 3 left"),
        ("in_stock", 0, False, "Out of stock"),
        ("preorder", 9, False, "Can be pre-ordered"),
    ],
)
def test_stock(availability, quantity, in_stock, text):
    assert shop.stock_text(OfferLine("seller", Decimal(1), "EUR", availability, quantity, in_stock)) == text


def test_attributes_come_in_the_usual_order_without_empty_ones():
    attributes = {"style": "modern", "seat_height": "45 cm", "pattern": "", "color": "cream"}
    assert shop.attribute_lines(attributes) == [("Colour", "cream"), ("Style", "modern"), ("Seat height", "45 cm")]


@pytest.mark.parametrize(("hours", "text"), [(24, "a day"), (72, "3 days"), (6, "6 hours"), (0.5, "an hour")])
def test_how_long_a_photo_is_kept(settings, hours, text):
    settings.SIGHTLINE_PHOTO_HOURS = hours
    assert shop.photo_life() == text
