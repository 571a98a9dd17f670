"""What a feed row may say."""

from decimal import Decimal

import pytest

from catalog.ingest.read import FeedRow
from catalog.ingest.validate import RowRefused, validate


def row(**cells) -> FeedRow:
    return FeedRow(2, tuple(cells.values()), {"id": "A", **cells})


@pytest.mark.parametrize(
    ("cell", "price", "currency"),
    [
        ("249.00 EUR", "249.00", "EUR"),
        ("249,5 eur", "249.50", "EUR"),
        ("EUR 249", "249.00", "EUR"),
        ("1,249.00 USD", "1249.00", "USD"),
        ("1.249,00", "1249.00", "EUR"),
        ("1.249 GBP", "1249.00", "GBP"),
        ("0", "0.00", "EUR"),
    ],
)
def test_prices(cell, price, currency):
    offer = validate(row(price=cell)).offer
    assert offer == {"price": Decimal(price), "currency": currency}


@pytest.mark.parametrize("cell", ["free", "-3 EUR", "1e9", "EUR", "1.2.3", "1,24,9", "EUR 3 EUR", "99999999999", "٣"])
def test_wrong_prices(cell):
    with pytest.raises(RowRefused):
        validate(row(price=cell))


def test_a_missing_column_is_none_and_an_empty_cell_clears():
    listing = validate(row(brand="", color="", image_link="", price="", product_type="", quantity=""))
    assert listing.product == {"brand": ""}
    assert listing.attributes == {"color": ""}
    assert listing.offer == {"price": None, "currency": "EUR", "quantity": None}
    assert (listing.category, listing.first_image, listing.more_images) == ("", "", None)
    assert validate(row()).category is None


@pytest.mark.parametrize(
    "cells",
    [
        {"id": ""},
        {"id": "x" * 101},
        {"title": ""},
        {"title": "x" * 301},
        {"title": "a\x00b"},
        {"description": "x" * 20_001},
        {"availability": "maybe"},
        {"quantity": "2.5"},
        {"quantity": "99999999999999"},
        {"image_link": "/etc/passwd"},
        {"image_link": "../secret.jpg"},
        {"image_link": "a/../../secret.jpg"},
        {"image_link": "file:///etc/passwd"},
        {"image_link": "..\\secret.jpg"},
        {"additional_image_link": ",".join(f"{n}.jpg" for n in range(30))},
    ],
)
def test_wrong_rows(cells):
    with pytest.raises(RowRefused):
        validate(row(**cells))


def test_pictures_are_addresses_or_paths():
    listing = validate(row(image_link="HTTPS://shop.example/a.jpg", additional_image_link=" b.jpg, ./c/d.jpg,b.jpg,"))
    assert (listing.first_image, listing.more_images) == ("HTTPS://shop.example/a.jpg", ("b.jpg", "c/d.jpg"))


def test_availability_is_forgiving():
    assert validate(row(availability="In Stock")).offer == {"availability": "in_stock"}
