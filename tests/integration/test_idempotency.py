"""A POST with an Idempotency-Key is done once, whatever comes in between."""

import threading
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.test import Client
from django.urls import get_resolver
from django.utils import timezone

from access import idempotency
from access.models import Answer
from catalog.models import Image, Product
from tests.conftest import picture
from tests.integration.test_catalog_api import assert_problem
from tests.people import person

pytestmark = pytest.mark.django_db
SOFA = {"sku": "S-1", "title": "Lund sofa"}


@pytest.fixture
def admin() -> Client:
    client = Client()
    client.force_login(person("catalog-admin"))
    return client


def post(client: Client, body, key: str = "k-1", path: str = "products", **more):
    kind = {} if isinstance(body, dict) and "file" in body else {"content_type": "application/json"}
    return client.post(f"/api/v1/{path}", body, headers={"idempotency-key": key}, **kind, **more)


def test_the_same_request_again_is_answered_the_same_and_done_once(admin):
    first, again = post(admin, SOFA), post(admin, SOFA)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json() and again["Idempotent-Replayed"] == "true"
    assert Product.objects.count() == 1
    other_order = '{"title": "Lund sofa", "sku": "S-1"}'
    assert post(admin, other_order).json() == first.json()


def test_an_upload_again_has_another_boundary_and_the_same_answer(admin):
    post(admin, SOFA)
    for _ in range(2):
        answer = post(admin, {"sku": "S-1", "file": SimpleUploadedFile("a.jpg", picture())}, "k-2", "images")
        assert answer.status_code == 202 and answer["Location"].startswith("/api/v1/images/")
    other = post(admin, {"sku": "S-1", "file": SimpleUploadedFile("a.jpg", picture(seed=1))}, "k-2", "images")
    assert assert_problem(other, 422)["code"] == "idempotency-key-reused"
    assert Image.objects.count() == 1


def test_another_request_with_the_same_key_is_refused(admin):
    post(admin, SOFA)
    assert_problem(post(admin, {**SOFA, "sku": "S-2"}), 422)
    assert_problem(post(admin, {"sku": "S-1", "price": "1"}, path="offers"), 422)
    assert Product.objects.count() == 1


def test_a_refusal_is_not_kept(admin):
    assert_problem(post(admin, {**SOFA, "title": ""}), 400)
    assert post(admin, SOFA).status_code == 201


def test_keys_are_each_persons_own(admin):
    post(admin, SOFA)
    other = Client()
    other.force_login(person("owner"))
    assert_problem(post(other, SOFA), 409)  # done, and refused for what it is: the SKU is taken


@pytest.mark.parametrize("key", ["", "x" * 256, "a b", "\u00e4"])
def test_odd_keys_are_refused(admin, key):
    assert_problem(post(admin, SOFA, key), 400)
    assert not Product.objects.exists()


def test_after_a_day_the_key_is_free_and_the_row_goes(admin):
    post(admin, SOFA)
    Answer.objects.update(created_at=timezone.now() - timedelta(hours=25))
    assert_problem(post(admin, SOFA), 409)  # done again: the SKU is taken
    post(admin, {**SOFA, "sku": "S-2"}, "k-2")
    Answer.objects.filter(key="k-1").delete()
    Answer.objects.update(created_at=timezone.now() - timedelta(hours=25))
    assert (idempotency.purge(), Answer.objects.count()) == (1, 0)


@pytest.mark.django_db(transaction=True)
def test_while_the_first_is_worked_on_the_second_is_told_so(admin, monkeypatch):
    begun, go_on = threading.Event(), threading.Event()

    def slow(listing, blocked):
        begun.set()
        assert go_on.wait(30)
        Product.objects.create(sku=listing.sku, title="Lund sofa")

    monkeypatch.setattr("catalog.web.api.products.create_product", slow)
    answers = []

    def first() -> None:
        answers.append(post(admin, SOFA))
        connection.close()

    thread = threading.Thread(target=first)
    thread.start()
    assert begun.wait(30)
    refused = post(admin, SOFA)
    go_on.set()
    thread.join()
    assert assert_problem(refused, 409)["code"] == "idempotency-key-in-use" and refused["Retry-After"] == "1"
    assert answers[0].status_code == 201 and post(admin, SOFA).json() == answers[0].json()


@pytest.mark.django_db(transaction=True)
def test_what_dies_in_the_middle_leaves_neither_a_product_nor_a_key(admin, monkeypatch):
    def die(*arguments):
        raise KeyboardInterrupt  # as good as kill -9: the transaction is not committed

    with monkeypatch.context() as patch:
        patch.setattr("access.idempotency.keep", die)
        with pytest.raises(KeyboardInterrupt):
            post(admin, SOFA)
    assert not Product.objects.exists()
    with transaction.atomic():
        assert post(admin, SOFA).status_code == 201


def test_every_post_of_the_catalogs_api_can_be_repeated():
    routes = [route for route in get_resolver().url_patterns if str(route.pattern) == "api/v1/"]
    views = [one.callback.view_class for route in routes for one in route.url_patterns]
    posts = {view.__name__: view.post for view in views if hasattr(view, "post") and view.authentication_classes}
    assert "Products" in posts and "Images" in posts
    assert [name for name, post in posts.items() if not getattr(post, "once_per_key", False)] == []
