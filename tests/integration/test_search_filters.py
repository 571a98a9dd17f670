"""Filters as ids and as SQL: categories by any of their names, sellers, and what is remembered without a database."""

from decimal import Decimal

import pytest
from django.db import OperationalError, connection

from catalog.models import Offer, Product, Seller
from catalog.services import category_for
from search import categories
from search.filters import where
from search.remembered import Remembered
from search.types import Filters

pytestmark = pytest.mark.django_db


def selected(filters: Filters) -> set[str]:
    condition, values = where(filters)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT p.sku FROM catalog_product p WHERE {condition}", values)
        return {row[0] for row in cursor.fetchall()}


def offer(product: Product, seller: str, price: int, stock: str = "in_stock") -> None:
    seller, _ = Seller.objects.get_or_create(name=seller)
    Offer.objects.create(product=product, seller=seller, price=price, availability=stock)


def test_a_category_is_found_by_slug_path_and_name_with_all_below_it():
    chair = category_for("Furniture > Seating > Chair")
    lamp = category_for("Lighting > Lamp")
    seating, furniture = chair.parent, chair.parent.parent
    below = {furniture.pk, seating.pk, chair.pk}
    assert categories.category_ids("furniture") == categories.category_ids("Furniture") == below
    assert categories.category_ids("Furniture > Seating") == {seating.pk, chair.pk}
    assert categories.category_ids("LAMP") == {lamp.pk}
    assert categories.category_ids("nothing") == set()
    assert [set(part) for part in (categories.categories_in_order()[:3], categories.categories_in_order()[3:])] == [
        below, {lamp.parent_id, lamp.pk}
    ]  # fmt: skip


def test_a_category_made_after_the_tree_was_read_is_known(monkeypatch):
    monkeypatch.setattr(categories, "UNKNOWN_KEPT_S", 0.0)
    assert categories.category_ids("sofa") == set()
    sofa = category_for("Sofa")
    assert categories.category_ids("sofa") == {sofa.pk}


def test_price_stock_and_seller_hold_for_one_offer():
    both, cheap = (Product.objects.create(sku=sku, title=sku) for sku in ("both", "cheap"))
    offer(both, "Nordhem", 90)
    offer(both, "Casaluz", 40, "out_of_stock")
    offer(cheap, "Casaluz", 40)
    assert selected(Filters(seller="Casaluz")) == {"both", "cheap"}
    assert selected(Filters(seller="Casaluz", in_stock=True)) == {"cheap"}
    assert selected(Filters(seller="Nordhem", price_max=Decimal(50))) == set()
    assert selected(Filters(seller="nobody")) == set()


def test_what_was_known_before_the_database_went_away_goes_on_counting():
    def read(key):
        if gone:
            raise OperationalError("the connection is lost")
        return key.upper()

    gone = False
    remembered = Remembered(read, kept_s=0.0, size=2)
    assert remembered.get("a") == "A"
    gone = True
    assert remembered.get("a") == "A"
    with pytest.raises(OperationalError):
        remembered.get("b")
