"""The pages for feeds: catalog admins only, and every door does what its button says."""

import csv
import io

import pytest
from asgiref.sync import async_to_sync
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from catalog.feeds import job, services
from catalog.feeds.models import FeedSource, Import
from catalog.feeds.moves import State
from catalog.models import Product
from tests.people import person

pytestmark = pytest.mark.django_db(transaction=True)
FEED = b"id,title,price\nA,Sofa,5 EUR\nB,Lamp,?\n"


@pytest.fixture
def admin(client):
    client.force_login(person("catalog-admin"))
    return client


def checked() -> Import:
    found = services.start_import(actor="ada", file=ContentFile(FEED), name="feed.csv")
    job.work(found.pk)
    return found


def test_others_are_refused_and_nothing_changes(client):
    found = checked()
    paths = [
        "/manage/feeds/",
        f"/manage/feeds/{found.pk}/",
        "/manage/feeds/sources/new/",
        "/manage/feeds/export/shopify/",
    ]
    assert [client.get(path).status_code for path in paths] == [302] * 4
    client.force_login(person("rater"))
    assert [client.get(path).status_code for path in paths] == [403] * 4
    posts = [f"/manage/feeds/{found.pk}/run/", "/manage/feeds/import/", "/manage/feeds/upload/"]
    assert [client.post(path).status_code for path in posts] == [403] * 3
    assert Import.objects.get().state == State.CHECKED


def test_a_file_is_brought_checked_and_run(admin):
    answer = admin.post("/manage/feeds/import/", {"file": SimpleUploadedFile("shop.csv", FEED), "part": "all"})
    found = Import.objects.get()
    assert answer.url == reverse("feed", args=[found.pk])
    job.work(found.pk)
    page = admin.get(answer.url).content.decode()
    assert "Checked: nothing has changed yet" in page and "Import 1 row<" in page
    admin.post(f"/manage/feeds/{found.pk}/run/", {"missing": "keep"})
    job.work(found.pk)
    found.refresh_from_db()
    assert (found.state, found.actor) == (State.FINISHED, "catalog-admin")
    assert "The price" in admin.get(f"{answer.url}?show=wrong").content.decode()


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"url": "ftp://a.example/f.csv"},
        {"url": "https://a.example/f", "folder": "x"},
        {"folder": "/etc"},
        {"source": "99"},
    ],
)
def test_what_cannot_be_brought_is_said(admin, data):
    page = admin.post("/manage/feeds/import/", data, follow=True).content.decode()
    assert 'class="notice error"' in page
    assert not Import.objects.exists()


def test_a_large_file_comes_in_pieces(admin):
    begun = admin.post("/manage/feeds/upload/", {"name": "shop.csv", "size": len(FEED), "part": "all"})
    assert begun.status_code == 201
    piece = begun.json()["piece"]
    first = admin.post(f"{piece}?offset=0", FEED[:9], content_type="application/octet-stream")
    assert first.json() == {"bytes": 9}
    gap = admin.post(f"{piece}?offset=20", FEED[20:], content_type="application/octet-stream")
    assert (gap.status_code, gap.json()["detail"]) == (409, "The upload stands at byte 9.")
    admin.post(f"{piece}?offset=9", FEED[9:], content_type="application/octet-stream")
    assert Import.objects.get().state == State.UPLOADED


def test_a_wrong_move_is_said_and_changes_nothing(admin):
    found = checked()
    page = admin.post(f"/manage/feeds/{found.pk}/resume/", follow=True).content.decode()
    assert "This import is checked." in page
    assert admin.post(f"/manage/feeds/{found.pk}/explode/").status_code == 404
    assert admin.get("/manage/feeds/99999/").status_code == 404
    assert not Product.objects.exists()


def read(client, path: str) -> str:
    """A streamed answer, part by part as the server reads it."""

    async def collect(parts) -> bytes:
        return b"".join([part async for part in parts])

    return async_to_sync(collect)(client.get(path).streaming_content).decode()


def test_the_error_file_and_the_exports_are_streamed(admin):
    found = checked()
    rows = list(csv.reader(io.StringIO(read(admin, f"/manage/feeds/{found.pk}/errors.csv").removeprefix("\ufeff"))))
    assert rows[0] == ["error_line", "error_reason", "error_import", "id", "title", "price"]
    assert rows[1][0:1] + rows[1][2:] == ["3", str(found.pk), "B", "Lamp", "?"]
    services.run(found.pk, "ada")
    job.work(found.pk)
    assert "A,Sofa" in read(admin, "/manage/feeds/export/sightline/")


def test_a_source_is_kept_changed_and_given_up(admin):
    fields = {"name": "Main", "kind": "url", "location": "https://shop.example/feed.xml", "every_minutes": "60"}
    fields |= {"part": "offers", "missing": "keep", "currency": "usd"}
    assert admin.post("/manage/feeds/sources/new/", {**fields, "every_minutes": "1"}).status_code == 422
    assert admin.post("/manage/feeds/sources/new/", {**fields, "location": "file:///etc/passwd"}).status_code == 422
    admin.post("/manage/feeds/sources/new/", fields)
    source = FeedSource.objects.get()
    assert (source.currency, source.part, source.next_at is not None) == ("USD", "offers", True)
    admin.post(f"/manage/feeds/sources/{source.pk}/", {**fields, "every_minutes": ""})
    source.refresh_from_db()
    assert source.next_at is None
    admin.post(f"/manage/feeds/sources/{source.pk}/delete/")
    assert not FeedSource.objects.exists()


def test_columns_are_mapped_on_the_page(admin):
    found = services.start_import(actor="ada", file=ContentFile(b"code,benennung\nA,Sofa\n"), name="odd.csv")
    job.work(found.pk)
    page = admin.get(f"/manage/feeds/{found.pk}/").content.decode()
    assert "It needs an answer first" in page and "benennung" in page
    admin.post(f"/manage/feeds/{found.pk}/columns/", {"field-0": "id", "field-1": "title"})
    job.work(found.pk)
    found.refresh_from_db()
    assert (found.state, found.found["new"]) == (State.CHECKED, 1)


def test_refused_columns_are_shown_once_more_to_be_mended(admin):
    found = services.start_import(actor="ada", file=ContentFile(b"code,benennung\nA,Sofa\n"), name="odd.csv")
    job.work(found.pk)
    where = f"/manage/feeds/{found.pk}/"
    refused = admin.post(f"{where}columns/", {"field-0": "", "field-1": "title"}, follow=True)
    assert "No column of this file" in refused.content.decode()
    assert '<option value="title" selected>' in refused.content.decode()
    assert '<option value="title" selected>' not in admin.get(where).content.decode()


def test_lists_cost_the_same_however_long_they_are(admin):
    def cost(path: str) -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert admin.get(path).status_code == 200
        return len(queries)

    found = checked()
    FeedSource.objects.create(name="Main")
    few = cost("/manage/feeds/"), cost(f"/manage/feeds/{found.pk}/")
    for number in range(12):
        Import.objects.create(name=f"more {number}", source=FeedSource.objects.create(name=f"feed {number}"))
    assert (cost("/manage/feeds/"), cost(f"/manage/feeds/{found.pk}/")) == few
