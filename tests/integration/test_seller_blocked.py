"""A blocked seller: the offers are nobody's price, and what nobody else offers is nowhere."""

import pytest

from catalog.cards import cards_by_id
from catalog.models import Offer, Product, Seller
from catalog.queries import product_page
from catalog.review.services import block_seller
from catalog.services import category_for
from catalog.tree import category_tree
from catalog.visible import HIDDEN_PRODUCTS, hidden_products, visible_products
from search.retrieve.lexical import find_words
from search.types import Filters

pytestmark = pytest.mark.django_db


@pytest.fixture
def harbour() -> Seller:
    """Offers "alone" by itself and "shared", cheaper, beside Quay; nobody offers "free"."""
    harbour, quay = (Seller.objects.create(name=name) for name in ("Harbour", "Quay"))
    category = category_for("Chairs")
    alone, shared, _ = (
        Product.objects.create(sku=sku, title=f"Chair {sku}", category=category) for sku in ("alone", "shared", "free")
    )
    Offer.objects.create(product=alone, seller=harbour, price=10)
    Offer.objects.create(product=shared, seller=harbour, price=20)
    Offer.objects.create(product=shared, seller=quay, price=30)
    return harbour


def found(**filters) -> set[str]:
    ids = find_words("chair", Filters(**filters), 10, 5000).product_ids
    cards = cards_by_id(ids)
    visible = visible_products().filter(pk__in=ids)
    assert set(cards) == set(visible.values_list("pk", flat=True))  # SQL and ORM say the same
    hidden = Product.objects.filter(pk__in=hidden_products())
    assert set(hidden) == set(Product.objects.all()) - set(visible_products())
    assert {product.pk for product in hidden} == {product.pk for product in Product.objects.raw(HIDDEN_PRODUCTS)}
    return {card.sku for card in cards.values()}


def card(sku: str):
    (card,) = cards_by_id([Product.objects.get(sku=sku).pk]).values()
    return card


def test_products_and_prices_follow_the_block(harbour):
    assert found() == {"alone", "shared", "free"}
    assert (card("shared").price, category_tree()[0].products) == (20, 3)
    block_seller(harbour.pk, True, "ada")
    assert found() == {"shared", "free"}
    assert (card("shared").price, category_tree()[0].products) == (30, 2)
    assert found(in_stock=True) == {"shared"}
    assert found(price_max=25) == set()
    assert found(seller="Harbour") == set()
    assert [offer.seller for offer in product_page(card("shared").id).offers] == ["Quay"]
    with pytest.raises(Product.DoesNotExist):
        product_page(Product.objects.get(sku="alone").pk)
    block_seller(harbour.pk, False, "ada")
    assert found() == {"alone", "shared", "free"}


def test_an_offer_of_another_seller_shows_the_product_again(harbour):
    block_seller(harbour.pk, True, "ada")
    Offer.objects.create(product=Product.objects.get(sku="alone"), seller=Seller.objects.get(name="Quay"), price=40)
    assert found() == {"alone", "shared", "free"}
