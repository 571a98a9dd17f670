"""Offers, pictures, categories and sellers by API: what each door does, and what it refuses."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from drf_spectacular.generators import SchemaGenerator
from procrastinate.contrib.django.models import ProcrastinateJob

from catalog.models import Image, Offer, Product, Seller
from catalog.services import category_for
from tests.conftest import picture
from tests.integration.test_catalog_api import assert_problem, send
from tests.people import person

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin() -> Client:
    client = Client()
    client.force_login(person("catalog-admin"))
    return client


@pytest.fixture
def sofa() -> Product:
    product = Product.objects.create(sku="S/1", title="Lund sofa", category=category_for("Furniture > Sofa"))
    Offer.objects.create(product=product, seller=Seller.objects.create(name="Nordhem"), price=899)
    return product


def pictures(product: Product, number: int) -> list[Image]:
    fields = {"status": "failed", "reason": "gone"}
    return [Image.objects.create(product=product, source=f"{n}.jpg", position=n, **fields) for n in range(number)]


def test_an_offer_lives_its_life(admin, sofa):
    created = send(admin, "post", "offers", {"sku": "S/1", "seller": "Second", "price": "799", "quantity": 3})
    assert created.status_code == 201
    assert created.json() | {"sku": "S/1", "seller": "Second", "price": "799.00", "currency": "EUR"} == created.json()
    path = f"offers/{created.json()['offer_id']}"
    changed = send(admin, "patch", path, {"price": "749.5", "availability": "out_of_stock", "quantity": None}).json()
    assert (changed["price"], changed["availability"], changed["quantity"]) == ("749.50", "out_of_stock", None)
    assert send(admin, "get", path).json() == changed
    assert [one["seller"] for one in admin.get("/api/v1/offers?sku=S/1").json()["results"]] == ["Nordhem", "Second"]
    assert [one["price"] for one in admin.get("/api/v1/offers?seller=Second").json()["results"]] == ["749.50"]
    assert send(admin, "delete", path).status_code == 204
    assert {send(admin, method, path, {}).status_code for method in ("get", "patch", "delete")} == {404}
    assert Offer.objects.get().seller.name == "Nordhem"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"sku": "S/1", "seller": "Nordhem", "price": "1"}, 409),
        ({"sku": "unknown", "price": "1"}, 404),
        ({"sku": "S/1"}, 400),
        ({"sku": "S/1", "price": "-1"}, 400),
        ({"sku": "S/1", "price": "1", "stock": 3}, 400),
    ],
)
def test_an_offer_that_cannot_be_changes_nothing(admin, sofa, body, status):
    assert_problem(send(admin, "post", "offers", body), status)
    assert (Offer.objects.count(), Seller.objects.count()) == (1, 1)


def test_a_picture_by_its_address_is_one_picture(admin, sofa):
    body = {"sku": "S/1", "url": "https://shop.example/1.jpg"}
    first, second = (send(admin, "post", "images", body) for _ in range(2))
    assert (first.status_code, first.json()) == (202, second.json())
    assert admin.get(first["Location"]).json()["status"] == "pending"
    assert ProcrastinateJob.objects.get().args == {"image_id": first.json()["image_id"]}
    assert_problem(send(admin, "post", "images", {**body, "sku": "unknown"}), 404)
    assert_problem(send(admin, "post", "images", {"sku": "S/1"}), 400)
    assert_problem(send(admin, "post", "images", {**body, "url": "file:///etc/passwd"}), 400)
    both = {**body, "file": SimpleUploadedFile("a.jpg", picture())}
    assert_problem(admin.post("/api/v1/images", both), 400)
    assert Image.objects.count() == 1


def test_pictures_are_put_in_order(admin, sofa):
    first, second, third = pictures(sofa, 3)

    def order() -> list[int]:
        return [image["image_id"] for image in send(admin, "get", "products/S/1").json()["images"]]

    assert send(admin, "patch", f"images/{third.pk}", {"position": 0}).json()["position"] == 0
    assert order() == [third.pk, first.pk, second.pk]
    assert send(admin, "patch", f"images/{third.pk}", {"position": 900}).json()["position"] == 2
    assert order() == [first.pk, second.pk, third.pk]
    assert_problem(send(admin, "patch", f"images/{third.pk}", {"position": -1}), 400)


def test_a_picture_is_blocked_tried_again_and_deleted(admin, sofa):
    image = pictures(sofa, 1)[0]
    path = f"images/{image.pk}"
    assert send(admin, "patch", path, {"blocked": True}).json()["blocked"] is True
    assert send(admin, "post", f"{path}/retry").json() == {"image_id": image.pk, "status": "pending"}
    assert_problem(send(admin, "post", f"{path}/retry"), 409)
    assert [one["image_id"] for one in admin.get("/api/v1/images?status=pending").json()["results"]] == [image.pk]
    assert admin.get("/api/v1/images?sku=other").json()["results"] == []
    assert send(admin, "delete", path).status_code == 204
    assert {send(admin, method, path, {}).status_code for method in ("get", "patch", "delete")} == {404}
    assert_problem(send(admin, "post", f"{path}/retry"), 404)


def test_lists_can_be_narrowed(admin, sofa):
    Product.objects.create(sku="L", title="Lamp", category=category_for("Lighting"), blocked=True)

    def skus(query: str) -> list[str]:
        return [product["sku"] for product in admin.get(f"/api/v1/products?{query}").json()["results"]]

    assert skus("") == ["S/1", "L"]
    assert skus("category=Furniture") == skus("seller=Nordhem") == skus("blocked=false") == ["S/1"]
    assert skus("blocked=true") == ["L"] and skus("category=Furn") == []
    for query in ("colour=red", "blocked=maybe", "seller=a%00b"):
        assert_problem(admin.get(f"/api/v1/products?{query}"), 400)


def test_categories_and_sellers_are_listed(admin, sofa):
    tree = admin.get("/api/v1/categories").json()["results"]
    assert [(one["path"], one["products"]) for one in tree] == [("Furniture", 0), ("Furniture > Sofa", 1)]
    assert tree[1]["parent_id"] == tree[0]["category_id"]
    assert [(one["name"], one["offers"]) for one in admin.get("/api/v1/sellers").json()["results"]] == [("Nordhem", 1)]


@pytest.mark.parametrize("path", ["offers", "images", "categories", "sellers"])
def test_a_list_costs_the_same_for_many_rows(admin, django_assert_num_queries, django_assert_max_num_queries, path):
    def add(number: int) -> None:
        product = Product.objects.create(sku=f"P-{number}", title="P", category=category_for(f"A > {number}"))
        seller = Seller.objects.create(name=f"S-{number}")
        Offer.objects.create(product=product, seller=seller, price=1)
        pictures(product, 2)

    add(1)
    with django_assert_max_num_queries(8) as few:
        admin.get(f"/api/v1/{path}")
    for number in range(2, 9):
        add(number)
    with django_assert_num_queries(len(few)):
        admin.get(f"/api/v1/{path}")


def test_a_change_takes_its_turn_before_it_locks_the_product(admin, sofa):
    """As imports do: in the other order, each would wait for the other."""
    with CaptureQueriesContext(connection) as asked:
        send(admin, "patch", "products/S/1", {"title": "Couch"})
    locks = [each["sql"] for each in asked if "FOR UPDATE" in each["sql"] or "advisory" in each["sql"]]
    assert "advisory" in locks[0] and "FOR UPDATE" in locks[1]


def test_the_schema_says_what_is_refused():
    schema = SchemaGenerator().get_schema(public=True)
    offer = schema["components"]["schemas"]["NewOffer"]
    assert offer["additionalProperties"] is False and offer["properties"]["sku"]["minLength"] == 1
    assert {one["type"] for one in offer["properties"]["price"]["oneOf"]} == {"string", "number"}
    shown = schema["components"]["schemas"]["ImportShown"]["properties"]
    assert "minLength" not in shown["reason"]  # an answer may hold an empty text
    assert "400" in schema["paths"]["/api/v1/imports/{import_id}/cancel"]["post"]["responses"]  # a key that is none
