"""Searches while the database is away: they go on with the cold tier, say so, and lose nothing."""

import json
from decimal import Decimal
from time import perf_counter

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from catalog.models import Offer, Product
from catalog.services import block_product
from search.build.build import build
from search.build.promote import promote
from search.build.settle import settle
from search.build.verify import verify
from search.errors import Unavailable, UnknownProduct
from search.models import Bundle, Click, ImageVector, QueryLog, QueryPhoto
from search.pipeline import find_objects, find_products, record_click
from search.respond import spool
from search.respond.answer import AS_LAST_KNOWN
from search.retrieve import follow
from search.types import Filters, Query
from tests.outages import database  # noqa: F401 - a fixture
from tests.search_catalog import make_catalog

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def catalog(settings, tmp_path):
    """Twelve products, all of them in a live generation of three shards, none in the hot tier."""
    settings.SIGHTLINE_INDEX_DIR = tmp_path / "index"
    settings.SIGHTLINE_SPOOL_DIR = tmp_path / "spool"
    made = make_catalog()
    bundle = Bundle.objects.get()
    row = build(bundle.pk, shards=3)
    assert verify(row.pk).passed
    promote(row.pk, "test")
    settle(bundle.pk)
    assert not ImageVector.objects.filter(hot=True).exists()
    follow.catch_up()
    yield made
    follow.stop()


@pytest.fixture
def away(catalog, database):  # noqa: F811
    return database


def skus(answer) -> list[str]:
    return [card.sku for card in answer.results]


def shown(answer) -> list[tuple]:
    return [(card.sku, card.title, card.price, card.currency, card.in_stock, card.image_url) for card in answer.results]


def queries(catalog) -> list[Query]:
    return [
        Query(image=catalog.picture_of(4), bbox=(0, 0, 240, 200), limit=5),
        Query(product_id=catalog.products[2].pk, limit=20),
        Query(image=catalog.picture_of(3), filters=Filters(in_stock=True, price_max=Decimal(80)), limit=20),
        Query(image=catalog.picture_of(3), filters=Filters(category="Lamp"), limit=20),
    ]


def test_searches_by_image_and_product_find_what_they_found_before(away, catalog):
    before = [find_products(query) for query in queries(catalog)]
    assert not any(answer.degraded for answer in before)
    away.away()
    during = [find_products(query) for query in queries(catalog)]
    assert [shown(answer) for answer in during] == [shown(answer) for answer in before]
    assert all(AS_LAST_KNOWN in answer.degraded and answer.partial for answer in during)
    assert [answer.generation for answer in during] == [answer.generation for answer in before]
    assert away.asked == 0


def test_the_search_that_notices_it_is_answered_too(away, catalog):
    away.away(known=False)
    answer = find_products(Query(image=catalog.picture_of(4), bbox=(0, 0, 240, 200)))
    assert skus(answer)[0] == "SKU-4" and AS_LAST_KNOWN in answer.degraded
    assert away.asked == 1


def test_they_take_no_longer(away, catalog):
    def quickest_s() -> float:
        times = []
        for _ in range(8):
            began = perf_counter()
            find_products(Query(product_id=catalog.products[1].pk))
            times.append(perf_counter() - began)
        return min(times)

    before_s = quickest_s()
    away.away()
    assert quickest_s() < before_s + 0.01


def test_words_alone_are_answered_by_their_vector(away, catalog):
    assert find_products(Query(text="red lamp")).results
    away.away()
    answer = find_products(Query(text="red lamp", limit=12))
    assert len(answer.results) == 12 and AS_LAST_KNOWN in answer.degraded


def test_prices_stock_and_blocks_are_as_last_known(away, catalog):
    cheap, sold, blocked = catalog.products[4:7]
    Offer.objects.filter(product=cheap).update(price=Decimal("7.35"))
    Offer.objects.filter(product=sold).update(availability="out_of_stock")
    block_product(blocked.sku)
    follow.catch_up()
    away.away()
    cards = {card.sku: card for card in find_products(Query(product_id=catalog.products[0].pk, limit=50)).results}
    assert cards[cheap.sku].price == Decimal("7.35") and not cards[sold.sku].in_stock
    assert blocked.sku not in cards and len(cards) == 10


def test_further_pages_clicks_and_logs(away, catalog):
    away.away()
    answer = find_products(Query(image=catalog.picture_of(1), bbox=(0, 0, 240, 200), limit=5))
    rest = find_products(Query(cursor=answer.next_cursor, limit=20))
    assert len(set(skus(answer)) | set(skus(rest))) == 12 and AS_LAST_KNOWN in rest.degraded
    record_click(answer.query_id, answer.results[0].product_id, 1)
    with pytest.raises(UnknownProduct):
        record_click(answer.query_id, 999_999, 1)
    away.back()
    assert find_products(Query(cursor=answer.next_cursor, limit=20)).results  # before it is written
    spool.spool().flush()
    spool.spool().flush()
    log = QueryLog.objects.get()
    assert (str(log.pk), log.partial, log.generation) == (answer.query_id, True, answer.generation)
    assert Click.objects.get().query_id == log.pk


def test_a_photo_is_kept_and_tapped(away, catalog):
    away.away()
    found = find_objects(catalog.picture_of(4))
    assert find_products(Query(photo=found.photo, bbox=(0, 0, 240, 200))).results[0].sku == "SKU-4"
    assert away.asked == 0
    away.back()
    spool.spool().flush()
    assert QueryPhoto.objects.get().token == found.photo and QueryLog.objects.get().photo_token == found.photo


def test_pages_and_api(away, catalog, client):
    client.get("/")  # the categories
    away.away()
    sent = client.post("/photo/", {"image": SimpleUploadedFile("a.jpg", catalog.picture_of(4), "image/jpeg")})
    page = client.get(sent["Location"], {"bbox": "0,0,240,200"})
    assert page.status_code == 200 and b"as we last knew them" in page.content and b"Chair" in page.content
    product = catalog.products[4]
    assert client.get(sent["Location"] + "image.jpg").status_code == 200
    opened = client.get(reverse("product", args=[product.pk]))
    assert opened.status_code == 200 and product.title.encode() in opened.content
    assert client.get(reverse("similar", args=[product.pk])).status_code == 200
    answer = client.post(
        "/api/v1/searches", {"image": SimpleUploadedFile("a.jpg", catalog.picture_of(4), "image/jpeg")}
    )
    assert answer.status_code == 200 and AS_LAST_KNOWN in answer.json()["degraded"] and answer.json()["partial"]
    detected = client.post("/api/v1/detections", {"image": SimpleUploadedFile("a.jpg", catalog.picture_of(4))})
    tapped = json.dumps({"photo": detected.json()["photo"]})
    assert client.post("/api/v1/searches", tapped, content_type="application/json").status_code == 200
    assert away.asked == 0


def test_what_needs_the_database_says_so(away, catalog, client):
    Product.objects.filter(pk=catalog.products[11].pk).update(sku="SKU-L")
    answer = find_products(Query(text="lamp", limit=2))
    with pytest.MonkeyPatch.context() as patch:  # a search of another process
        patch.setattr("search.respond.record.recent.rows", {})
        away.away()
        response = client.post("/api/v1/searches", {"cursor": answer.next_cursor})
    assert (response.status_code, response["Retry-After"]) == (503, "2")
    assert "catalog database, which is away" in response.json()["detail"]
    asked = {"product_id": catalog.products[0].pk, "filters": json.dumps({"attributes": {"never asked": "before"}})}
    response = client.post("/api/v1/searches", asked)
    assert (response.status_code, response["Retry-After"]) == (503, "2")


def test_without_a_generation_nothing_can_be_found(database, settings, tmp_path, client):  # noqa: F811
    settings.SIGHTLINE_SPOOL_DIR = tmp_path / "spool"
    catalog = make_catalog(2)
    find_products(Query(text="lamp"))
    database.away()
    with pytest.raises(Unavailable):
        find_products(Query(image=catalog.picture_of(1)))
    response = client.get("/search/", {"q": "lamp"})
    assert (response.status_code, response["Retry-After"]) == (503, "2")
    follow.stop()
