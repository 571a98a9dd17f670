"""The catalog admins' API, and that nobody else gets in."""

from base64 import b64encode

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from catalog.models import Image, Offer, Product
from tests.conftest import picture
from tests.people import person

pytestmark = pytest.mark.django_db

SOFA = {
    "sku": "S/1",
    "title": "Lund sofa",
    "category": "Furniture > Sofa",
    "attributes": {"color": "green"},
    "price": "899.00",
    "images": ["https://shop.example/1.jpg"],
}


@pytest.fixture
def admin() -> Client:
    client = Client()
    client.force_login(person("catalog-admin"))
    return client


def send(client, method, path, body=None, **more):
    return getattr(client, method)(f"/api/v1/{path}", body, content_type="application/json", **more)


def assert_problem(response, status):
    assert response.status_code == status
    assert response["content-type"] == "application/problem+json"
    problem = response.json()
    assert problem["status"] == status
    assert {"type", "title", "detail"} <= problem.keys()
    return problem


def test_a_product_lives_its_life(admin):
    created = send(admin, "post", "products", SOFA)
    assert created.status_code == 201
    body = created.json()
    assert (body["sku"], body["category"], body["attributes"]) == ("S/1", "Furniture > Sofa", {"color": "green"})
    assert [(image["status"], image["position"]) for image in body["images"]] == [("pending", 0)]

    changed = send(admin, "patch", "products/S/1", {"price": "799.50", "availability": "out_of_stock", "quantity": 0})
    assert changed.json()["offers"][0]["price"] == "799.50"
    offer = Offer.objects.get()
    assert (str(offer.price), offer.availability, offer.quantity) == ("799.50", "out_of_stock", 0)
    assert changed.json()["title"] == "Lund sofa"

    assert send(admin, "patch", "products/S/1", {"blocked": True}).json()["blocked"] is True
    assert send(admin, "get", "products/S/1").json()["blocked"] is True
    assert send(admin, "delete", "products/S/1").status_code == 204
    assert_problem(send(admin, "get", "products/S/1"), 404)
    assert_problem(send(admin, "delete", "products/S/1"), 404)
    assert_problem(send(admin, "patch", "products/S/1", {}), 404)


def test_lists_in_pages_with_a_fixed_number_of_queries(admin, django_assert_max_num_queries):
    for number in range(7):
        send(admin, "post", "products", {**SOFA, "sku": f"S-{number}"})
    with django_assert_max_num_queries(9):
        first = admin.get("/api/v1/products?limit=5").json()
    second = admin.get(first["next"]).json()
    assert [product["sku"] for product in first["results"] + second["results"]] == [f"S-{n}" for n in range(7)]


@pytest.mark.parametrize("limit", ["abc", "0", "-1", "1.5", "", "²"])
def test_a_page_of_no_size_is_refused(admin, limit):
    problem = admin.get("/api/v1/products", {"limit": limit})
    assert_problem(problem, 400)
    assert "limit" in problem.json()["errors"]


@pytest.mark.parametrize("limit", ["200", "100000", "9" * 5000])
def test_a_page_is_never_larger_than_the_largest(admin, limit):
    assert admin.get("/api/v1/products", {"limit": limit}).status_code == 200


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"title": ""}, "title"),
        ({"titel": "x"}, "titel"),
        ({"title": "a\x00b"}, "title"),
        ({"price": "-1"}, "price"),
        ({"price": "NaN"}, "price"),
        ({"currency": "euro"}, "currency"),
        ({"availability": "maybe"}, "availability"),
        ({"quantity": 2**40}, "quantity"),
        ({"attributes": {"size": "XL"}}, "attributes"),
        ({"images": ["file:///etc/passwd"]}, "images"),
        ({"images": ["photos/1.jpg"]}, "images"),
    ],
)
def test_wrong_values_are_named(admin, change, field):
    problem = assert_problem(send(admin, "post", "products", {**SOFA, **change}), 400)
    assert field in problem["errors"]
    assert not Product.objects.exists()


def test_a_sku_is_taken_once(admin):
    send(admin, "post", "products", SOFA)
    assert_problem(send(admin, "post", "products", {**SOFA, "title": "Another"}), 409)
    assert Product.objects.get().title == "Lund sofa"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("get", "products/S%00", 404),
        ("put", "products/S", 405),
        ("get", "products?cursor=cD14", 404),
        ("get", "images/99999999999999999999999", 404),
        ("get", "nothing", 404),
    ],
)
def test_odd_requests_are_problems(admin, method, path, status):
    assert_problem(send(admin, method, path), status)


def test_bodies_that_are_no_json(admin):
    assert_problem(admin.post("/api/v1/products", b"{", content_type="application/json"), 400)
    assert_problem(admin.post("/api/v1/products", b"[1]", content_type="application/json"), 400)
    assert_problem(admin.post("/api/v1/products", b"<a/>", content_type="text/xml"), 415)


@pytest.mark.parametrize(("role", "status"), [("", 401), ("operator", 403), ("rater", 403)])
def test_others_are_refused_and_nothing_changes(admin, role, status):
    send(admin, "post", "products", SOFA)
    client = Client()
    if role:
        client.force_login(person(role))
    file = SimpleUploadedFile("a.jpg", picture())
    for response in (
        send(client, "get", "products"),
        send(client, "post", "products", {**SOFA, "sku": "X"}),
        send(client, "get", "products/S/1"),
        send(client, "patch", "products/S/1", {"price": "1"}),
        send(client, "delete", "products/S/1"),
        client.post("/api/v1/images", {"sku": "S/1", "file": file}),
        send(client, "get", f"images/{Image.objects.get().pk}"),
    ):
        assert_problem(response, status)
    assert (Product.objects.count(), Image.objects.count(), str(Offer.objects.get().price)) == (1, 1, "899.00")


def test_a_session_needs_the_csrf_token_and_a_password_does_not():
    user = person("catalog-admin", username="admin")
    user.set_password("secret")
    user.save()
    browser = Client(enforce_csrf_checks=True)
    browser.login(username="admin", password="secret")
    assert_problem(send(browser, "post", "products", SOFA), 403)
    basic = {"authorization": "Basic " + b64encode(b"admin:secret").decode()}
    assert send(Client(enforce_csrf_checks=True), "post", "products", SOFA, headers=basic).status_code == 201


def test_an_upload_is_accepted_once_and_cleaned(admin):
    send(admin, "post", "products", {**SOFA, "images": []})

    def upload(data, sku="S/1"):
        return admin.post("/api/v1/images", {"sku": sku, "file": SimpleUploadedFile("a.jpg", data)})

    accepted = upload(picture(seed=3))
    assert accepted.status_code == 202
    assert accepted.json()["status"] == "pending"
    assert upload(picture(seed=3)).json() == accepted.json()
    shown = send(admin, "get", f"images/{accepted.json()['image_id']}").json()
    assert (shown["sku"], shown["status"]) == ("S/1", "pending")
    assert_problem(upload(b"not a picture"), 422)
    assert_problem(upload(b""), 422)
    assert_problem(upload(picture(), sku="unknown"), 404)
    assert Image.objects.count() == 1
