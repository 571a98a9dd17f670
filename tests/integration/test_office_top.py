"""The row of pages on top of every staff page marks the one that somebody is on, or below."""

import re

import pytest

from catalog.models import Product
from tests.people import person

pytestmark = pytest.mark.django_db
PAGES = {
    "/manage/status/": ("Status", "page"),
    "/manage/status/S-1/": ("Status", "true"),
    "/manage/products/S-1/findability/": ("Status", "true"),
    "/manage/feeds/sources/new/": ("Feeds", "true"),
    "/manage/review/rejected/": ("Review", "true"),
    "/manage/demand/?list=text": ("Demand", "page"),
    "/manage/tokens/": ("Programs", "page"),
    "/manage/webhooks/": ("Programs", "true"),
    "/label/me/": ("Labeling", "true"),
    "/operator/index/": ("Index", "page"),
}


def test_the_page_one_is_on_is_marked(client):
    client.force_login(person("owner", username="olga"))
    Product.objects.create(sku="S-1", title="Lund sofa")
    for path, (words, how) in PAGES.items():
        page = client.get(path).content.decode()
        marked = re.findall(r'<a class="top-link"[^>]* aria-current="(\w+)">([^<]+)</a>', page)
        assert marked == [(how, words)], path


@pytest.mark.parametrize("path", ["/manage/nothing/", "/admin/nothing/", "/label/nothing/", "/operator/nothing/"])
def test_who_works_here_finds_the_way_back_from_a_page_that_is_not_there(client, path):
    assert "Take a photo" in client.get("/manage/nothing/").content.decode()
    client.force_login(person("owner", username="olga"))
    answer = client.get(path)
    assert answer.status_code == 404 and 'aria-label="Office"' in (page := answer.content.decode())
    assert "To my pages" in page and "Take a photo" not in page
