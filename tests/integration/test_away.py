"""Doors that are no search while the database is away."""

import pytest
from django.core.cache import cache

from catalog.tree import category_tree
from tests.outages import database  # noqa: F401 - a fixture
from tests.search_catalog import make_product

pytestmark = pytest.mark.django_db


@pytest.fixture
def away(database):  # noqa: F811
    return database.away


def test_categories_are_as_last_known(away):
    make_product(1)
    before = category_tree()
    assert before
    cache.clear()
    away()
    assert category_tree() == before


@pytest.mark.parametrize("path", ["/sign-in/", "/products/1/", "/operator/index/"])
def test_a_page_that_needs_it_says_so_and_when_to_come_back(client, admin_client, away, path):
    if path != "/sign-in/":
        client = admin_client
    away()
    response = client.get(path) if path != "/sign-in/" else client.post(path, {"username": "a", "password": "b"})
    assert response.status_code == 503 and int(response["Retry-After"]) in (2, 3)
    assert "ry again in a" in response.content.decode()


@pytest.mark.parametrize("path", ["/api/v1/products", "/api/v1/products/SKU-1", "/api/v1/images/1"])
def test_so_does_the_catalogs_api(admin_client, away, path):
    away()
    response = admin_client.get(path)
    assert (response.status_code, response["Retry-After"]) == (503, "2")
    assert response["Content-Type"] == "application/problem+json" and response.json()["code"] == "unavailable"


@pytest.mark.parametrize("path", ["/", "/offline/", "/manifest.webmanifest", "/healthz", "/sw.js", "/search/"])
def test_what_needs_none_is_served(client, away, path):
    away()
    assert client.get(path).status_code == 200
