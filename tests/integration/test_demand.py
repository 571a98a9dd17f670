"""Unmet demand: what is kept of a search, how it is counted and put together, and the page."""

import uuid
from datetime import timedelta

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalog.models import Product
from search.demand.attention import count_attention
from search.demand.models import DemandGroup, DemandQuery, ProductDemand
from search.demand.refresh import refresh
from search.models import Click, Flag, QueryLog
from search.pipeline import find_objects, find_products, record_flag
from search.types import Filters, Query
from tests.conftest import picture
from tests.people import person
from tests.search_catalog import make_catalog
from tests.vector_catalog import add_vectors, clustered, make_bundle

pytestmark = pytest.mark.django_db
PAGE = "/manage/demand/"


@pytest.fixture
def products() -> list[int]:
    add_vectors(make_bundle(state="live"), clustered(8))
    Product.objects.update(created_at=timezone.now() - timedelta(days=60))
    return list(Product.objects.order_by("pk").values_list("pk", flat=True))


@pytest.fixture
def admin(client):
    client.force_login(person("catalog-admin"))
    return client


def searched(days_ago: float, products=(), direction=None, words: str = "", **fields) -> DemandQuery:
    """A search with its log, so many days ago; a photo where it has a direction."""
    at = timezone.now() - timedelta(days=days_ago)
    log = QueryLog.objects.create(asked={}, ranking=[[product, 0.5, {}, []] for product in products])
    vector = None if direction is None else np.eye(4)[direction]
    row = DemandQuery.objects.create(
        id=log.pk,
        kind="text" if direction is None else "photo",
        words=words,
        vector=vector,
        products=list(products),
        **{"closeness": "" if direction is None else "nothing_close", "bundle_id": "made-1.0", **fields},
    )
    for each in (row, log):
        type(each).objects.filter(pk=each.pk).update(created_at=at)
    return row


def clicked(row: DemandQuery, product: int) -> None:
    Click.objects.create(query_id=row.pk, product_id=product, rank=1)


def test_a_search_leaves_what_it_was_made_with_unless_it_was_plainly_found():
    catalog = make_catalog(6)
    found = find_objects(picture(seed=900))
    answer = find_products(Query(photo=found.photo))
    kept = DemandQuery.objects.get(pk=answer.query_id)
    assert kept.closeness == answer.understanding["closeness"]["kind"] != "exact"
    assert (kept.photo_token, len(kept.products)) == (found.photo, 6)
    assert np.linalg.norm(kept.vector) == pytest.approx(1, abs=0.01)
    nothing = find_products(Query(text="zeppelin"))
    assert DemandQuery.objects.get(pk=nothing.query_id).words == "zeppelin"
    for query in (
        Query(text="green chair"),
        Query(text="zeppelin", logged=False),
        Query(text="zeppelin of ada@example.com"),
        Query(text="zeppelin", filters=Filters(in_stock=True)),
        Query(product_id=catalog.products[0].pk),
    ):
        assert not DemandQuery.objects.filter(pk=find_products(query).query_id).exists()


def test_groups_with_their_trend_and_what_is_nearest(products):
    near = [searched(1, products[:3], 0, photo_token="one"), searched(2, products[:2], 0, photo_token="one")]
    searched(9, products[:1], 0, sees="Kayak"), searched(10, products[:1], 0)
    searched(1, products[5:], 1)
    clicked(searched(1, products, 1), products[0])
    searched(1, products, 2, closeness="similar")
    searched(40, products, 0)
    refresh()
    largest, other = DemandGroup.objects.filter(kind="photo").order_by("-searches")
    assert (largest.searches, largest.this_week, largest.week_before) == (3, 1, 2)  # one photo, tapped twice, is one
    assert (largest.sees, largest.products[0]) == ("Kayak", products[0])
    assert near[0].pk in largest.examples and other.searches == 1
    assert not DemandQuery.objects.filter(created_at__lt=timezone.now() - timedelta(days=28)).exists()


def test_a_result_marked_as_no_match_makes_a_search_unmet_until_it_is_taken_back(products):
    row = searched(1, products, 0, closeness="similar")
    flag = record_flag(str(row.pk), products[0])
    refresh()
    assert DemandGroup.objects.count() == 1
    assert Flag.objects.get() == flag
    record_flag(str(row.pk), products[0], withdrawn=True)
    refresh()
    assert not DemandGroup.objects.exists()


def test_the_same_words_are_one_wish(products):
    for words in ("Blue kayak", "kayak  blue", "blue kayak"):
        searched(1, words=words)
    searched(1, words="canoe")
    refresh()
    assert sorted(DemandGroup.objects.values_list("searches", flat=True)) == [1, 3]


def test_what_was_shown_and_clicked_is_counted_once(products):
    first = searched(3, products[:2], words="a")
    searched(2, products[:2], words="b")
    clicked(first, products[0])
    clicked_at = timezone.now() - timedelta(days=2, hours=12)
    Click.objects.update(created_at=clicked_at)
    assert count_attention() > 0
    count_attention()
    assert {row.pk: row.unclicked for row in ProductDemand.objects.all()} == {products[0]: 1, products[1]: 2}
    refresh()
    count = ProductDemand.objects.get(pk=products[0])
    assert (count.unclicked, count.clicked_at) == (1, clicked_at)


def test_the_page_and_its_lists(admin, products):
    searched(1, products[:1], 0, sees="Kayak")
    searched(1, words="blue kayak")
    assert b"it has not yet" in admin.get(PAGE).content
    refresh()
    page = admin.get(PAGE).content.decode()
    assert "Kayak" in page and "Nearest category" in page and "/findability/" in page
    assert "blue kayak" in admin.get(PAGE, {"list": "text"}).content.decode()
    unseen = admin.get(PAGE, {"list": "unseen"}).content.decode()
    assert "V-1<" in unseen or unseen.count("/findability/") == len(products) - 1
    assert "shown 1 time" in admin.get(PAGE, {"list": "unclicked"}).content.decode()
    part = admin.get(PAGE, {"list": "text"}, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part and "blue kayak" in part
    assert admin.get(PAGE, {"list": "nonsense", "after": "x" * 90}).status_code == 200


def test_pages_follow_each_other_and_the_number_of_queries_stays(admin, products):
    for number in range(3):
        searched(1, products[:2], 0, photo_token=f"p{number}")
    refresh()
    rows = DemandGroup.objects.values("kind", "this_week", "week_before", "newest_at", "examples", "products")[0]
    counts = {}
    for total in (1, 45):
        DemandGroup.objects.all().delete()
        DemandGroup.objects.bulk_create(DemandGroup(searches=number + 1, **rows) for number in range(total))
        with CaptureQueriesContext(
            connection,
        ) as queries:
            admin.get(PAGE)
        counts[total] = len(queries)
    assert counts[1] == counts[45]
    seen, address = [], PAGE
    while address:
        page = admin.get(address).context
        seen += [wish.group.searches for wish in page["page"].rows]
        address = page["next_url"]
    assert seen == list(range(45, 0, -1))


def test_no_photo_is_shown_that_was_not_left_to_the_shop(admin, products):
    row = searched(1, products[:1], 0, photo_token="secret")
    assert admin.get(f"{PAGE}photos/{row.pk}.jpg").status_code == 404
    assert admin.get(f"{PAGE}photos/{uuid.uuid4()}.jpg").status_code == 404
