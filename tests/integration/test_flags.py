"""Not a match: a shopper's button, with and without scripts, and the way back."""

import pytest
from django.test import Client
from rest_framework.throttling import ScopedRateThrottle

from search.errors import UnknownProduct, UnknownQuery
from search.models import Flag
from search.pipeline import find_products, record_flag
from search.types import Query
from tests.search_catalog import make_catalog

pytestmark = pytest.mark.django_db
PART = {"HX-Request": "true"}


@pytest.fixture
def answer():
    make_catalog(6)
    return find_products(Query(text="green chair"))


def press(client: Client, answer, headers=None, **fields):
    data = {"product": answer.results[0].product_id, **fields}
    return client.post(f"/searches/{answer.query_id}/not-a-match/", data, headers=headers or {})


def test_each_press_is_a_row_and_the_last_one_counts(answer):
    product = answer.results[1].product_id
    flag = record_flag(answer.query_id, product)
    assert (flag.rank, flag.withdrawn) == (2, False)
    assert record_flag(answer.query_id, product) == flag  # pressed twice
    record_flag(answer.query_id, product, withdrawn=True)
    assert list(Flag.objects.order_by("pk").values_list("withdrawn", flat=True)) == [False, True]


def test_what_was_never_shown_cannot_be_marked(answer):
    with pytest.raises(UnknownQuery):
        record_flag("00000000-0000-4000-8000-000000000000", answer.results[0].product_id)
    with pytest.raises(UnknownProduct):
        record_flag(answer.query_id, 10**9)
    assert not Flag.objects.exists()


def test_the_button_changes_in_place(client, answer):
    page = client.get("/search/?q=green+chair").content.decode()
    assert page.count("Not a match") == len(answer.results)
    said = press(client, answer, PART)
    assert b"Marked as no match" in said.content and b"Undo" in said.content and b"<html" not in said.content
    back = press(client, answer, PART, withdraw="1")
    assert b"Not a match" in back.content
    assert Flag.objects.count() == 2


def test_without_scripts_a_page_says_so_and_leads_back(client, answer):
    page = press(client, answer, {"Referer": "http://testserver/search/?q=green+chair"}).content.decode()
    assert 'href="/search/?q=green+chair"' in page and "Undo" in page
    undone = press(client, answer, withdraw="1", back="/search/?q=green+chair").content.decode()
    assert 'href="/search/?q=green+chair"' in undone and "counts as a result again" in undone
    strange = press(client, answer, back="javascript:alert(1)//")
    assert b"javascript:" not in strange.content


def test_troubles_are_said(client, answer, monkeypatch):
    assert press(client, answer, product="x").status_code == 422
    gone = press(client, answer, PART, product=10**9)
    assert (gone.status_code, b'role="alert"' in gone.content) == (404, True)
    assert press(client, answer, product=10**9).status_code == 404
    assert client.get(f"/searches/{answer.query_id}/not-a-match/").status_code == 405
    monkeypatch.setattr(ScopedRateThrottle, "allow_request", lambda *_: False)
    monkeypatch.setattr(ScopedRateThrottle, "wait", lambda *_: 7)
    fast = press(client, answer)
    assert (fast.status_code, fast["Retry-After"]) == (429, "7")
    assert press(client, answer, PART).status_code == 429
    assert not Flag.objects.exists()


def test_strangers_cannot_press_it_for_somebody(answer):
    assert press(Client(enforce_csrf_checks=True), answer).status_code == 403
    assert not Flag.objects.exists()


def test_the_api_takes_it_too(client, answer):
    where, product = f"/api/v1/searches/{answer.query_id}/flag", answer.results[0].product_id
    assert client.post(where, {"product_id": product}, content_type="application/json").status_code == 204
    assert client.post(where, {"product_id": product, "withdrawn": True}, "application/json").status_code == 204
    assert client.post(where, {"product_id": 10**9}, content_type="application/json").status_code == 404
    assert Flag.objects.count() == 2
