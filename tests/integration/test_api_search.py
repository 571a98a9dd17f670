"""The shopper's API, from the outside of Django."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema

from catalog.errors import FetchRefused
from catalog.models import Offer, Seller
from search.models import Click, QueryLog
from tests.search_catalog import make_catalog

pytestmark = pytest.mark.django_db
RESULT = {"rank", "product_id", "sku", "title", "brand", "category", "price", "currency", "in_stock", "image_url",
          "score", "scores", "also", "also_ids"}  # fmt: skip
ANSWER = {"query_id", "results", "next_cursor", "understanding", "partial", "bundle", "generation", "degraded",
          "stages_ms"}  # fmt: skip


@pytest.fixture
def catalog():
    return make_catalog()


def upload(data: bytes, name: str = "photo.jpg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data, "image/jpeg")


def search(client, **asked):
    return client.post("/api/v1/searches", asked, content_type="application/json")


def test_detect_then_search_then_click(client, catalog):
    found = client.post("/api/v1/detections", {"image": upload(catalog.picture_of(4))})
    assert found.status_code == 200
    body = found.json()
    assert set(body) == {"photo", "width", "height", "objects", "fallback", "stages_ms"}
    assert set(body["objects"][0]) == {"bbox", "score", "label"}
    answer = search(client, photo=body["photo"], bbox=f"0,0,{body['width']},{body['height']}", limit=3).json()
    assert set(answer) == ANSWER
    assert all(set(result) == RESULT for result in answer["results"])
    assert [result["rank"] for result in answer["results"]] == [1, 2, 3]
    first = answer["results"][0]
    assert first["sku"] == "SKU-4"
    click = client.post(
        f"/api/v1/searches/{answer['query_id']}/click",
        {"product_id": first["product_id"], "rank": 1},
        "application/json",
    )
    assert click.status_code == 204
    assert Click.objects.get().product_id == first["product_id"]


def test_an_upload_with_words_weights_and_filters_in_a_form(client, catalog):
    asked = {
        "image": upload(catalog.picture_of(2)),
        "text": "lamp",
        "bbox": "0,0,240,200",
        "mode": "same_product",
        "weights": json.dumps({"image": 0.7, "text": 0.3}),
        "filters": json.dumps({"category": "lamp", "price_max": "80", "in_stock": True}),
    }
    answer = client.post("/api/v1/searches", asked)
    assert answer.status_code == 200, answer.content
    body = answer.json()
    assert body["understanding"]["kind"] == "photo+text"
    assert {result["category"] for result in body["results"]} == {"Lamp"}
    assert all(float(result["price"]) <= 80 and result["in_stock"] for result in body["results"])


def test_text_as_a_link_with_filters_and_pages(client, catalog):
    body = client.get("/api/v1/searches?q=green+chair&category=Chair&limit=2").json()
    assert len(body["results"]) == 2
    assert {result["category"] for result in body["results"]} == {"Chair"}
    more = client.get("/api/v1/searches", {"cursor": body["next_cursor"], "limit": 50}).json()
    assert [result["rank"] for result in more["results"]] == [3, 4, 5, 6]
    assert more["query_id"] == body["query_id"]
    assert QueryLog.objects.count() == 1


def test_more_like_this(client, catalog):
    answer = search(client, product_id=catalog.products[0].pk)
    assert answer.status_code == 200
    assert answer.json()["understanding"]["kind"] == "product"


REFUSED = [
    ({}, 400, "empty-query"),
    ({"text": "  "}, 400, "empty-query"),
    ({"text": "x", "colour": "red"}, 400, "invalid"),
    ({"text": "x", "filters": {"colour": "red"}}, 400, "invalid"),
    ({"text": "x", "filters": "{"}, 400, "invalid"),
    ({"text": "x", "filters": {"price_min": "NaN"}}, 400, "invalid"),
    ({"text": "x", "filters": {"price_max": "-1"}}, 400, "invalid"),
    ({"text": "x", "filters": {"price_max": "1e40"}}, 400, "invalid"),
    ({"text": "x", "filters": {"attributes": {"a\0b": "c"}}}, 400, "invalid"),
    ({"text": "x", "filters": {"category": "a\0b"}}, 400, "invalid"),
    ({"text": "x", "limit": 0}, 400, "invalid"),
    ({"text": "x", "limit": 51}, 400, "invalid"),
    ({"text": "x", "mode": "other"}, 400, "invalid"),
    ({"text": "x", "weights": {"image": "nan", "text": 1}}, 400, "invalid"),
    ({"text": "x", "weights": {"image": 0, "text": 0}}, 400, "invalid"),
    ({"text": "x", "weights": {"image": "inf", "text": 0}}, 400, "invalid"),
    ({"text": "x" * 100_000}, 422, "text-too-long"),
    ({"text": "x", "bbox": "0,0,9,9"}, 422, "bad-query"),
    ({"photo": "x", "bbox": "0,0,9"}, 400, "invalid"),
    ({"photo": "x", "bbox": "nan,0,9,9"}, 400, "invalid"),
    ({"photo": "x", "bbox": [0, 0, 1e300, 9]}, 400, "invalid"),
    ({"photo": "unknown"}, 410, "photo-expired"),
    ({"photo": "x", "product_id": 1}, 422, "bad-query"),
    ({"product_id": 999_999}, 404, "unknown-product"),
    ({"product_id": 2**70}, 400, "invalid"),
    ({"product_id": -1}, 400, "invalid"),
    ({"cursor": "forged"}, 400, "bad-cursor"),
]


@pytest.mark.parametrize(("asked", "status", "code"), REFUSED, ids=lambda value: str(value)[:50])
def test_what_cannot_be_answered_is_a_problem(client, catalog, asked, status, code):
    answer = search(client, **asked)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.content[:500]
    assert answer["Content-Type"] == "application/problem+json"
    assert set(answer.json()) >= {"type", "title", "status", "detail"}
    assert not QueryLog.objects.exists()


def test_other_refusals_are_problems_too(client, catalog):
    answers = [
        client.post("/api/v1/searches", "{", "application/json"),
        client.post("/api/v1/searches", "[1]", "application/json"),
        client.post("/api/v1/searches", '{"limit": NaN}', "application/json"),
        client.post("/api/v1/searches", b"\xff\xfe", "application/json"),
        client.post("/api/v1/searches", "x", "text/plain"),
        client.post("/api/v1/detections", {}),
        client.post("/api/v1/detections", {"image": "text"}),
        client.post("/api/v1/detections", "{}", "application/json"),
        client.get("/api/v1/detections"),
        client.get("/api/v1/searches"),
        client.get("/api/v1/searches?q=x&page=2"),
        client.delete("/api/v1/searches"),
        client.post("/api/v1/searches/00000000-0000-0000-0000-000000000000/click", {"product_id": 1, "rank": 1}),
        client.post("/api/v1/searches/none/click", {"product_id": 1, "rank": 1}),
    ]
    assert [answer.status_code for answer in answers] == [400] * 4 + [415, 400, 400, 415, 405, 400, 400, 405, 404, 404]
    assert {answer["Content-Type"] for answer in answers} == {"application/problem+json"}


def test_an_image_url_is_fetched_and_refusals_are_passed_on(client, catalog, monkeypatch):
    monkeypatch.setattr("search.web.api.fetch_image", lambda url: catalog.picture_of(2))
    answer = search(client, image_url="https://shop.example/2.jpg", bbox="0,0,240,200").json()
    assert answer["results"][0]["sku"] == "SKU-2"

    def refuse(url):
        raise FetchRefused

    monkeypatch.setattr("search.web.api.fetch_image", refuse)
    assert search(client, image_url="http://127.0.0.1/").status_code == 422


def test_an_overloaded_server_says_when_to_come_back(client, catalog, settings):
    from search.serving import model_slot

    settings.SIGHTLINE_MODEL_WAIT_S = 0.01
    with model_slot():
        answer = client.post("/api/v1/detections", {"image": upload(catalog.picture_of(1))})
    assert answer.status_code == 503
    assert int(answer["Retry-After"]) > 0


def test_the_schema_is_valid_and_complete():
    GENERATOR_STATS.reset()
    schema = SchemaGenerator().get_schema(public=True)
    validate_schema(schema)
    assert not GENERATOR_STATS
    assert {"/api/v1/detections", "/api/v1/searches", "/api/v1/searches/{query_id}/click"} <= set(schema["paths"])


def test_a_seller_is_a_filter_in_json_in_a_form_and_in_a_link(client, catalog):
    theirs = Seller.objects.create(name="Nordhem & Sons")
    Offer.objects.filter(product__in=catalog.products[:3]).update(seller=theirs)
    asked = {"text": "chair", "filters": {"seller": "Nordhem & Sons"}}
    answers = [
        search(client, **asked),
        client.post("/api/v1/searches", {**asked, "filters": json.dumps(asked["filters"])}),
        client.get("/api/v1/searches", {"q": "chair", "seller": "Nordhem & Sons"}),
    ]
    for answer in answers:
        assert {result["sku"] for result in answer.json()["results"]} == {"SKU-0", "SKU-1", "SKU-2"}
    assert search(client, text="chair", filters={"seller": "nobody"}).json()["results"] == []
    assert search(client, text="chair", filters={"seller": "a\0b"}).status_code == 400
    assert search(client, text="chair", filters={"seller": "x" * 121}).status_code == 400


def test_the_schema_names_the_seller():
    schemas = SchemaGenerator().get_schema(public=True)
    link = schemas["paths"]["/api/v1/searches"]["get"]["parameters"]
    assert "seller" in {parameter["name"] for parameter in link}
    assert "seller" in schemas["components"]["schemas"]["FiltersRequest"]["properties"]
