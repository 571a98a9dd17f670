"""Imports by API: started, watched, stopped, and their wrong rows fetched and sent again."""

import csv
import io
import json

import pytest
from asgiref.sync import async_to_sync
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from catalog.feeds.job import work
from catalog.feeds.models import FeedSource, Import
from catalog.models import Edit, Product
from catalog.webhooks.models import Delivery, Webhook
from tests.integration.test_catalog_api import assert_problem, send
from tests.people import person

pytestmark = pytest.mark.django_db
FEED = b"id,title,price\nA,Armchair,10.00 EUR\nB,Bench,a lot\nC,Chair,12.00 EUR\n"


@pytest.fixture
def admin() -> Client:
    client = Client()
    client.force_login(person("catalog-admin"))
    return client


@pytest.fixture(autouse=True)
def feeds_folder(settings, tmp_path):
    settings.SIGHTLINE_FEEDS_DIR = tmp_path


def start(admin, data: bytes = FEED, key: str = "", **fields):
    file = SimpleUploadedFile("feed.csv", data)
    headers = {"idempotency-key": key} if key else {}
    return admin.post("/api/v1/imports", {"file": file, **fields}, headers=headers)


def finish(answer) -> dict:
    """What the worker would do."""
    work(answer.json()["import_id"], lambda: False)
    return answer.json()


def test_an_import_is_an_operation(admin):
    Webhook.objects.create(url="https://a.example/", events=["import.finished"], salt="x", created_by="ada")
    answer = start(admin)
    assert (answer.status_code, answer["Retry-After"]) == (202, "2")
    assert answer.json() | {"state": "uploaded", "done": False, "name": "feed.csv"} == answer.json()
    assert admin.get(answer["Location"])["Retry-After"] == "2"
    finish(answer)
    now = admin.get(answer["Location"])
    assert now.json() | {"state": "finished", "done": True, "rows_total": 3} == now.json()
    assert "Retry-After" not in now and now.json()["counts"]["new"] == 2
    assert set(Product.objects.values_list("sku", flat=True)) == {"A", "C"}
    assert Delivery.objects.get().data | {"import_id": now.json()["import_id"], "state": "finished"} == (
        Delivery.objects.get().data
    )
    assert [one["import_id"] for one in admin.get("/api/v1/imports").json()["results"]] == [now.json()["import_id"]]


@async_to_sync
async def text_of(response) -> str:
    return "".join([part.decode() async for part in response.streaming_content])


def test_wrong_rows_are_listed_and_go_in_when_they_are_mended(admin):
    answer = start(admin)
    finish(answer)
    problems = admin.get(f"{answer['Location']}/problems").json()["results"]
    assert [(one["line"], one["sku"]) for one in problems] == [(3, "B")] and "a lot" in problems[0]["reason"]
    file = text_of(admin.get(f"{answer['Location']}/errors.csv"))
    assert len(list(csv.reader(io.StringIO(file)))) == 2
    finish(start(admin, file.replace("a lot", "11.00 EUR").encode()))
    assert Product.objects.filter(sku="B").exists()


def test_columns_can_be_named(admin):
    file = b"code;benennung\nA;Sofa\n"
    answer = start(admin, file)
    work(answer.json()["import_id"])
    waits = admin.get(answer["Location"])
    assert (waits.json()["state"], "Retry-After" in waits) == ("uploaded", False)  # for somebody to name them
    mapping = {"code": "id", "benennung": "title"}
    finish(start(admin, file, mapping=json.dumps(mapping)))
    assert Product.objects.get(sku="A").title == "Sofa"
    for wrong in ("{", "[]", '{"code": "article"}'):
        answer = start(admin, file, mapping=wrong)
        assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    named = {"size": len(file), "mapping": mapping}
    assert admin.post("/api/v1/imports", named, content_type="application/json").status_code == 202


def test_a_dry_run_waits_for_a_yes(admin):
    answer = start(admin, run="false")
    finish(answer)
    path = answer["Location"].removeprefix("/api/v1/")
    assert send(admin, "get", path).json()["state"] == "checked" and not Product.objects.exists()
    found = admin.get(f"/api/v1/{path}/differences?kind=new").json()["results"]
    assert [one["sku"] for one in found] == ["A", "C"]
    assert_problem(admin.get(f"/api/v1/{path}/differences?kind=odd"), 400)
    assert send(admin, "post", f"{path}/run", {}).json()["state"] == "running"
    assert send(admin, "post", f"{path}/pause").json()["state"] == "paused"
    assert_problem(send(admin, "post", f"{path}/pause"), 409)
    assert send(admin, "post", f"{path}/resume").json()["state"] == "running"
    cancelled = send(admin, "post", f"{path}/cancel")
    assert (cancelled.json()["state"], cancelled.json()["done"]) == ("cancelled", True)
    assert "Retry-After" not in cancelled
    assert_problem(send(admin, "post", f"{path}/run", {}), 409)


def test_a_large_file_comes_in_pieces(admin):
    answer = send(admin, "post", "imports", {"size": len(FEED), "name": "feed.csv"})
    assert answer.json()["state"] == "uploading"

    def piece(offset, end=None):
        headers = {"upload-offset": str(offset)}
        kind = "application/octet-stream"
        return admin.patch(f"{answer['Location']}/file", FEED[offset or 0 : end], kind, headers=headers)

    assert piece(0, 20)["Upload-Offset"] == "20"
    assert_problem(piece(30), 409)
    assert piece(20).json()["state"] == "uploaded"
    assert_problem(admin.patch(f"{answer['Location']}/file", FEED, "application/octet-stream"), 400)
    finish(answer)
    assert Product.objects.count() == 2


def test_the_same_start_again_is_one_import(admin):
    first, again = (start(admin, key="k-1") for _ in range(2))
    assert first.json() == again.json() and again["Location"] == first["Location"]
    assert Import.objects.count() == 1


def test_it_can_belong_to_a_feed(admin):
    FeedSource.objects.create(name="Nightly", part="offers")
    answer = start(admin, feed="Nightly")
    assert answer.json()["feed"] == "Nightly" and Import.objects.get().part == "offers"
    assert_problem(start(admin, feed="unknown"), 404)


def test_a_file_that_its_feed_brought_before_is_an_import_like_any_other(admin):
    FeedSource.objects.create(name="Nightly", part="offers")
    for _ in range(2):
        answer = start(admin, feed="Nightly")
        finish(answer)
        assert admin.get(answer["Location"]).json()["state"] == "finished"


@pytest.mark.parametrize(
    "body", [{}, {"url": "ftp://a.example/"}, {"url": "https://a.example/", "size": 3}, {"size": 0}, {"x": 1}]
)
def test_what_cannot_be_started_is_refused(admin, body):
    assert_problem(send(admin, "post", "imports", body), 400)
    assert not Import.objects.exists()


@pytest.mark.parametrize("step", ["", "/problems", "/differences", "/errors.csv"])
def test_an_unknown_import_is_not_found(admin, step):
    assert_problem(admin.get(f"/api/v1/imports/1{step}"), 404)


def test_what_a_program_changes_is_in_the_history(admin):
    send(admin, "post", "products", {"sku": "A", "title": "Armchair"})
    send(admin, "patch", "products/A", {"title": "Armchair with a footstool"})
    assert list(Edit.objects.order_by("pk").values_list("who", "what")) == [
        ("catalog-admin", "Product created"),
        ("catalog-admin", "Product changed"),
    ]
