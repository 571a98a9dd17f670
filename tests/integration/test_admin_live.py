"""What an admin changes by form is in every search within a second, without anything being embedded again."""

import time
from collections.abc import Callable

import numpy as np
import pytest
from django.urls import reverse

from catalog.cards import cards_by_id
from catalog.models import Edit, Image, Offer, Product
from catalog.visible import visible_products
from search.retrieve import follow
from search.retrieve.router import Router
from search.types import Filters, QueryVector
from tests.integration.test_catalog_admin import form_of
from tests.integration.test_filters_live import renew
from tests.people import person
from tests.random_catalog import BUNDLE, World

pytestmark = pytest.mark.django_db(transaction=True)
LIST = reverse("admin:catalog_product_changelist")
WITHIN_S = 1.0


@pytest.fixture
def shop():
    """A live generation, and a process that follows the database as a web process does."""
    follow.stop()
    world = World(3)
    renew()
    follow.start()
    deadline = time.monotonic() + 10
    while not follow.status().connected and time.monotonic() < deadline:
        time.sleep(0.01)
    yield world
    follow.stop()


@pytest.fixture
def admin(client):
    client.force_login(person("catalog-admin"))
    return client


def found(product: Product, filters: Filters) -> bool:
    """Whether the product's own vector finds it, through both tiers."""
    vector = product.vectors.order_by("pk").first().vector
    ids = (
        Router(follow.current()).candidates(QueryVector(BUNDLE, np.array(vector, np.float32)), filters, 20).product_ids
    )
    return product.pk in ids.tolist()


def seconds_until(true: Callable[[], bool]) -> float:
    started = time.monotonic()
    while not true():
        assert time.monotonic() - started < 10, "it never came"
        time.sleep(0.005)
    return time.monotonic() - started


def test_price_stock_and_blocks_count_within_a_second(shop, admin):
    shown = Image.objects.filter(status="indexed", blocked=False, product__blocked=False).order_by("pk").first()
    product = shown.product
    product.images.exclude(pk=shown.pk).delete()
    product.offers.all().delete()
    offer = Offer.objects.create(product=product, seller=shop.sellers[0], price=100)
    vectors = sorted(product.vectors.values_list("pk", "written"))
    stocked, cheap, change = (
        Filters(in_stock=True),
        Filters(price_max=50),
        ("admin:catalog_product_change", [product.pk]),
    )
    seconds_until(lambda: found(product, stocked) and not found(product, cheap))

    def post(name: str, arguments: list, **data) -> None:
        assert admin.post(reverse(name, args=arguments), data).status_code == 302

    def together(action: str, **data) -> None:
        assert admin.post(LIST, {"action": action, "_selected_action": [product.pk], **data}).status_code == 302

    def press(verb: str) -> None:
        post("admin:catalog_product_pictures", [product.pk, verb], image=shown.pk)

    steps = [
        (lambda: post(*change, **form_of(product, **{"offers-0-availability": "out_of_stock"})), stocked, False),
        (lambda: post(*change, **form_of(product, **{"offers-0-availability": "in_stock"})), stocked, True),
        (lambda: together("edit_together", step="apply", percent="-60"), cheap, True),
        (lambda: post("admin:catalog_edit_undo", [Edit.objects.latest("pk").pk]), cheap, False),
        (lambda: together("block"), Filters(), False),
        (lambda: together("unblock"), Filters(), True),
        (lambda: press("hide"), Filters(), False),
        (lambda: press("show"), Filters(), True),
    ]
    for number, (step, filters, expected) in enumerate(steps):
        step()
        seconds = seconds_until(lambda: found(product, filters) is expected)  # noqa: B023
        assert seconds < WITHIN_S, number
    offer.refresh_from_db()
    assert offer.price == 100 and sorted(product.vectors.values_list("pk", "written")) == vectors


def test_a_blocked_seller_is_gone_within_a_second_and_comes_back(shop, admin):
    shown = Image.objects.filter(status="indexed", blocked=False, product__blocked=False).order_by("pk").first()
    product, (blocked, other) = shown.product, shop.sellers[:2]
    product.offers.all().delete()
    Offer.objects.create(product=product, seller=blocked, price=10)
    url = reverse("admin:catalog_seller_change", args=[blocked.pk])
    seconds_until(lambda: found(product, Filters(price_max=10)))

    def block(**data) -> None:
        assert admin.post(url, {"name": blocked.name, **data}).status_code == 302

    block(blocked="on")
    assert seconds_until(lambda: not found(product, Filters())) < WITHIN_S
    assert cards_by_id([product.pk]) == {} and not visible_products().filter(pk=product.pk).exists()
    Offer.objects.create(product=product, seller=other, price=30)  # somebody else sells it, too
    assert seconds_until(lambda: found(product, Filters())) < WITHIN_S
    assert not found(product, Filters(price_max=10)) and cards_by_id([product.pk])[product.pk].price == 30
    assert Offer.objects.create(
        product=Product.objects.exclude(offers__seller=blocked).first(), seller=blocked, price=1
    ).pk
    assert not Offer.objects.filter(seller=blocked, hidden=False).exists()  # nor what a feed brings
    block()
    assert seconds_until(lambda: found(product, Filters(price_max=10))) < WITHIN_S
    assert cards_by_id([product.pk])[product.pk].price == 10
