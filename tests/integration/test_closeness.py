"""Exact, similar or nothing close, on the page and in the API, as the live bundle's card has it."""

import pytest
from django.urls import reverse

from search.pipeline import find_objects, find_products
from search.serving import live_bundle_id, loaded_bundle
from search.types import Filters, Query
from tests.search_catalog import make_catalog

pytestmark = pytest.mark.django_db


def fitted(exact_from: float, sold_from: float) -> dict:
    """Both chances are 0.5 where the first result's cosine is as large as said."""
    parts = {"exact": exact_from, "sold": sold_from}
    return {name: {"weights": {"top": 100.0}, "bias": -100.0 * value, "from": 0.5} for name, value in parts.items()}


@pytest.fixture
def catalog():
    made = make_catalog()
    card = loaded_bundle(live_bundle_id()).card  # every test of this process has this object
    before = dict(card)
    yield made
    card.clear()
    card.update(before)


def ask(client, catalog, exact_from: float, sold_from: float):
    loaded_bundle(live_bundle_id()).card["closeness"] = fitted(exact_from, sold_from)
    found = find_objects(catalog.picture_of(4))
    box = f"0,0,{found.width},{found.height}"
    page = client.get(reverse("photo", args=[found.photo]), {"bbox": box}).content.decode()
    answer = client.post("/api/v1/searches", {"photo": found.photo, "bbox": box}).json()
    return page, answer["understanding"]["closeness"]


def test_its_own_picture_is_said_to_be_the_one(client, catalog):
    page, closeness = ask(client, catalog, exact_from=0.9, sold_from=0.5)
    assert closeness["kind"] == "exact"
    assert "Looks like the one" in page
    assert "do not seem to sell" not in page


def test_things_like_it_are_called_nothing_more(client, catalog):
    page, closeness = ask(client, catalog, exact_from=1.5, sold_from=0.5)
    assert closeness["kind"] == "similar"
    assert "Best match" in page


def test_where_nothing_is_close_the_page_says_so_and_shows_the_nearest(client, catalog):
    page, closeness = ask(client, catalog, exact_from=1.5, sold_from=1.5)
    assert closeness == {"kind": "nothing_close", "exact": 0.0, "sold": 0.0}
    assert "We do not seem to sell this" in page
    assert 'class="card' in page
    assert "Best match" not in page


def test_with_filters_nothing_is_said_since_the_thing_may_be_sold_outside_of_them(client, catalog):
    loaded_bundle(live_bundle_id()).card["closeness"] = fitted(1.5, 1.5)
    found = find_objects(catalog.picture_of(4))
    asked = {"box": "1", "price_max": "30"}
    assert "do not seem to sell" not in client.get(reverse("photo", args=[found.photo]), asked).content.decode()
    answer = find_products(Query(photo=found.photo, filters=Filters(in_stock=True)))
    assert answer.understanding["closeness"] is None
    assert find_products(Query(product_id=answer.results[0].product_id)).understanding["closeness"] is None


def test_a_bundle_without_calibration_claims_nothing(catalog):
    loaded_bundle(live_bundle_id()).card.pop("closeness", None)
    found = find_objects(catalog.picture_of(4))
    assert find_products(Query(photo=found.photo)).understanding["closeness"] is None
