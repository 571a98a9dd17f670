"""Cards, product pages and the category tree say what a shopper may know."""

from decimal import Decimal

import pytest

from catalog import services
from catalog.cards import cards_by_id
from catalog.models import Image, Offer, Product, Seller
from catalog.queries import product_page
from catalog.tree import category_tree, descendants

pytestmark = pytest.mark.django_db


@pytest.fixture
def make_product():
    def make(sku, category="Furniture > Sofa", offers=(("A", "10", "in_stock"),), picture=True, **fields):
        product = Product.objects.create(sku=sku, title=sku, category=services.category_for(category), **fields)
        for seller, price, availability in offers:
            Offer.objects.create(
                product=product,
                seller=Seller.objects.get_or_create(name=seller)[0],
                price=Decimal(price),
                availability=availability,
            )
        if picture:
            Image.objects.create(
                product=product, source="a", file=f"products/{sku}.jpg", status="indexed", width=9, height=9
            )
        return product

    return make


def test_a_card_shows_the_best_offer_and_the_first_picture(make_product, django_assert_max_num_queries):
    sofa = make_product("S", offers=[("A", "5", "out_of_stock"), ("B", "20", "in_stock"), ("C", "30", "in_stock")])
    bare = make_product("T", offers=[], picture=False)
    hidden = make_product("U", blocked=True)
    Image.objects.create(product=sofa, source="b", file="products/other.jpg", status="rejected", position=0)
    with django_assert_max_num_queries(1):
        cards = cards_by_id([sofa.pk, bare.pk, hidden.pk, 999_999])
    assert set(cards) == {sofa.pk, bare.pk}
    card = cards[sofa.pk]
    assert (card.price, card.in_stock, card.image_url, card.category) == (20, True, "/media/products/S.jpg", "Sofa")
    assert (cards[bare.pk].price, cards[bare.pk].in_stock, cards[bare.pk].image_url) == (None, False, "")


def test_a_quantity_of_zero_is_out_of_stock(make_product):
    sofa = make_product("S")
    sofa.offers.update(quantity=0)
    assert not cards_by_id([sofa.pk])[sofa.pk].in_stock


def test_a_product_page_has_offers_and_variants(make_product, django_assert_max_num_queries):
    green = make_product("S", group_id="LUND", gtin="1", attributes={"color": "green", "material": "velvet"})
    blue = make_product("T", group_id="LUND", gtin="2", attributes={"color": "blue", "material": "velvet"})
    make_product("S-again", group_id="LUND", gtin="1", attributes={"color": "green"})
    make_product("hidden", group_id="LUND", gtin="3", blocked=True)
    with django_assert_max_num_queries(6):
        page = product_page(green.pk)
    assert [(variant.product_id, variant.label) for variant in page.variants] == [(blue.pk, "blue")]
    assert page.best_offer.price == 10
    assert page.images[0].url == "/media/products/S.jpg"
    services.block_product("S")
    with pytest.raises(Product.DoesNotExist):
        product_page(green.pk)


def test_the_tree_counts_visible_products_below(make_product, django_assert_num_queries):
    make_product("S")
    make_product("T", category="Furniture > Table")
    make_product("U", category="Lighting", blocked=True)
    with django_assert_num_queries(2):
        tree = category_tree()
    assert [(node.path, node.depth, node.products) for node in tree] == [
        ("Furniture", 0, 2),
        ("Furniture > Sofa", 1, 1),
        ("Furniture > Table", 1, 1),
    ]
    assert tree[0].image_url == "/media/products/S.jpg"
    assert len(descendants("furniture")) == 3
    assert descendants("unknown") == []


def test_slugs_stay_apart():
    first = services.category_for("Kitchen > Chair")
    second = services.category_for("Garden > Chair")
    assert (first.slug, second.slug) == ("chair", "garden-chair")
    assert services.category_for("Kitchen>Chair ") == first
    assert services.category_for(" > ") is None
