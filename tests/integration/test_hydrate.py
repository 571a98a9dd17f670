"""Hydration has the last word on every filter, and looks further where something falls out."""

from dataclasses import replace
from decimal import Decimal

import pytest

from catalog.models import Offer, Product, Seller
from catalog.services import block_product, category_for
from search.pipeline import find_products
from search.respond.hydrate import hydrate
from search.types import Filters, Query
from tests.search_catalog import make_catalog, make_product

pytestmark = pytest.mark.django_db
EVERYTHING = Filters("chair", Decimal(1), Decimal(500), True, "Shop", {"color": "green"})


@pytest.fixture
def catalog():
    return make_catalog()


def make(number: int, **fields) -> Product:
    fields = {"category": category_for("Furniture > Chair"), "attributes": {"color": "Green"}, **fields}
    return make_product(4 * number, **fields)


def ranking(*products: Product, also: tuple[Product, ...] = ()) -> list:
    return [[product.pk, 0.9, {}, [one.pk for one in also]] for product in products]


@pytest.mark.parametrize("name", ["category", "price_min", "price_max", "in_stock", "seller", "attributes"])
def test_every_filter_is_asked_again(name):
    other = {
        "category": category_for("Furniture > Chair > Stool"),
        "price_min": Decimal("0.5"),
        "price_max": Decimal(600),
        "seller": Seller.objects.create(name="Other"),
        "attributes": {"color": "blue", "material": "oak"},
    }
    right, wrong = make(1), make(2)
    if name in ("category", "attributes"):
        Product.objects.filter(pk=wrong.pk).update(**{name: other[name]})
    elif name == "in_stock":
        wrong.offers.update(quantity=0)
    else:
        wrong.offers.update(**({"seller": other[name]} if name == "seller" else {"price": other[name]}))
    if name == "category":
        category_for("Furniture > Lamp")
        Product.objects.filter(pk=wrong.pk).update(category=category_for("Furniture > Lamp"))
    cards, place = hydrate(ranking(wrong, right), 0, 5, EVERYTHING)
    assert [card.product_id for card in cards] == [right.pk]
    assert (cards[0].rank, place) == (2, 2)
    blank = {"attributes": {}}.get(name)
    assert len(hydrate(ranking(wrong, right), 0, 5, replace(EVERYTHING, **{name: blank}))[0]) == 2


def test_a_page_is_full_while_there_is_something_left():
    products = [make(number) for number in range(8)]
    for product in products[:4]:
        block_product(product.sku)
    cards, place = hydrate(ranking(*products), 0, 3, EVERYTHING)
    assert [card.product_id for card in cards] == [product.pk for product in products[4:7]]
    assert place == 7


def test_the_card_shows_the_offer_that_was_asked_for():
    product = make(1)
    dear = Seller.objects.create(name="Dear")
    Offer.objects.create(product=product, seller=dear, price=90)
    (card,), _ = hydrate(ranking(product), 0, 1, Filters(seller="Dear"))
    assert card.price == 90
    (card,), _ = hydrate(ranking(product), 0, 1, Filters(price_min=Decimal(60)))
    assert card.price == 90
    assert hydrate(ranking(product), 0, 1, Filters(seller="Dear", price_max=Decimal(60)))[0] == []


def test_another_listing_takes_the_place_of_one_that_is_gone():
    first, second, third = make(1), make(2), make(3)
    (card,), _ = hydrate(ranking(first, also=(second, third)), 0, 5, EVERYTHING)
    assert (card.product_id, card.also_ids) == (first.pk, (second.pk, third.pk))
    block_product(first.sku)
    (card,), _ = hydrate(ranking(first, also=(second, third)), 0, 5, EVERYTHING)
    assert (card.product_id, card.also_ids, card.also) == (second.pk, (third.pk,), 1)


def test_a_later_page_keeps_to_the_seller(catalog):
    other = Seller.objects.create(name="Other")
    theirs = [product.pk for product in catalog.products[:6]]
    Offer.objects.filter(product__in=theirs).update(seller=other)
    answer = find_products(Query(text="chair", limit=2, filters=Filters(seller="Other")))
    found = [card.product_id for card in answer.results]
    Offer.objects.filter(product=theirs[0]).update(seller=Seller.objects.get(name="Shop"))
    while answer.next_cursor:
        answer = find_products(Query(cursor=answer.next_cursor, limit=2))
        found += [card.product_id for card in answer.results]
    assert set(theirs[1:]) <= set(found) <= set(theirs)
