"""A seller is blocked while one of its offers is being written: whoever commits last, the offer is hidden."""

from threading import Event, Thread
from time import sleep

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from catalog.changes import change_offer
from catalog.models import Offer, Product, Seller
from catalog.review.services import block_seller

pytestmark = pytest.mark.django_db(transaction=True)
MEANWHILE_S = 0.4


@pytest.fixture
def seller() -> Seller:
    Product.objects.create(sku="A", title="a")
    return Seller.objects.create(name="S")


def offer_of(seller: Seller) -> Offer:
    return Offer.objects.create(product=Product.objects.get(), seller=seller, price=5)


def beside(first, second) -> None:
    """`second` begins when `first` has written and not committed; which then takes its time."""
    written = Event()

    def run() -> None:
        try:
            with transaction.atomic():
                first()
                written.set()
                sleep(MEANWHILE_S)
        finally:
            connection.close()

    thread = Thread(target=run)
    thread.start()
    assert written.wait(10)
    second()
    thread.join(10)


def test_an_offer_that_comes_while_its_seller_is_blocked_is_hidden(seller):
    beside(lambda: block_seller(seller.pk, True, "ada"), lambda: offer_of(seller))
    assert Offer.objects.get().hidden


def test_a_block_that_comes_while_an_offer_is_written_hides_it(seller):
    beside(lambda: offer_of(seller), lambda: block_seller(seller.pk, True, "ada"))
    assert Offer.objects.get().hidden


def test_a_change_of_an_offer_writes_what_was_given_and_nothing_else(seller):
    offer = offer_of(seller)
    with CaptureQueriesContext(connection) as asked:
        change_offer(offer.pk, {"price": 7})
    (update,) = [each["sql"] for each in asked if each["sql"].startswith("UPDATE")]
    assert '"price"' in update and '"seller_id"' not in update and '"quantity"' not in update
