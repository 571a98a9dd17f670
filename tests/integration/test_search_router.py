"""The contract of every tier, for the cold tier and for both behind the router: what exact search finds."""

import math
from dataclasses import replace
from decimal import Decimal
from threading import Event

import numpy as np
import pytest
from django.db import connection

from catalog.models import Image, Product
from search.build.build import build
from search.build.promote import promote
from search.build.register import create_index
from search.build.verify import verify
from search.models import Bundle, ImageVector
from search.retrieve import follow
from search.retrieve.fake import FakeRow, FakeTier
from search.retrieve.generation import WrongBundle
from search.retrieve.hot import HotTier
from search.retrieve.router import LATE, Router, merge_tiers
from search.serving import Serving
from search.types import Candidates, Filters, QueryVector
from tests.vector_catalog import DIM, add_vectors, clustered, make_bundle

pytestmark = pytest.mark.django_db(transaction=True)
ROWS = 120
FILTERS = [
    Filters(),
    Filters(category="chair"),
    Filters(category="furniture", in_stock=True),
    Filters(price_min=Decimal(20), price_max=Decimal(44)),
    Filters(attributes={"color": "Red"}, in_stock=True, price_max=Decimal(60)),
    Filters(seller="Shop", price_max=Decimal(30)),
    Filters(seller="Nobody"),
    Filters(category="nothing"),
]


@pytest.fixture
def bundle() -> Bundle:
    """Another bundle has vectors of the same pictures, which must never be met."""
    bundle, other = make_bundle("live-1.0", state="live"), make_bundle("other-1.0", state="retired")
    create_index(bundle)
    add_vectors(bundle, clustered(ROWS).astype(np.float16).astype(np.float32))
    for row in ImageVector.objects.all():
        ImageVector.objects.create(image=row.image, product=row.product, bundle=other, vector=row.vector)
    Product.objects.filter(sku__endswith="7").update(blocked=True)
    Image.objects.filter(product__sku__endswith="3").update(status="rejected")
    generation = build(bundle.pk)
    assert verify(generation.pk).passed
    promote(generation.pk, "test")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE search_imagevector")
    return bundle


def fake(bundle: Bundle) -> FakeTier:
    rows = []
    for row in ImageVector.objects.filter(bundle=bundle).select_related("product__category", "image"):
        offer = row.product.offers.get()
        shown = not row.product.blocked and row.image.status != "rejected"
        rows.append(
            FakeRow(
                bundle.pk, row.image_id, row.product_id, np.array(row.vector, np.float32),
                ("furniture", row.product.category.slug), float(offer.price), True, not shown,
                row.product.attributes, "Shop",
            )
        )  # fmt: skip
    return FakeTier(tuple(rows))


def settled(share: float) -> None:
    """This share of the rows, by image, is in the cold tier alone."""
    ids = sorted(ImageVector.objects.values_list("image_id", flat=True).distinct())
    ImageVector.objects.update(hot=True)
    ImageVector.objects.filter(image_id__in=ids[: round(len(ids) * share)]).update(hot=False)


def queries() -> list[QueryVector]:
    return [QueryVector("live-1.0", vector) for vector in clustered(3, seed=5)]


@pytest.mark.parametrize("share", [1.0, 0.5, 0.0])
def test_both_tiers_together_find_what_exact_search_finds(bundle, share):
    settled(share)
    oracle, serving = fake(bundle), follow.catch_up()
    for router in (Router(serving), Router(replace(serving, hot={bundle.pk: ROWS}, seen_at_s=math.inf))):
        for filters in FILTERS:
            for query in queries():
                right, found = oracle.candidates(query, filters, 15), router.candidates(query, filters, 15)
                assert found.image_ids.tolist() == right.image_ids.tolist(), filters
                assert found.product_ids.tolist() == right.product_ids.tolist()
                assert np.allclose(found.scores, right.scores, atol=1e-5)
                assert np.allclose(found.vectors, right.vectors, atol=1e-6)
                assert found.vectors.dtype == found.scores.dtype == np.float32
                assert not found.partial


def test_the_cold_tier_alone_when_the_hot_one_is_known_to_be_empty(bundle, monkeypatch):
    settled(1.0)
    monkeypatch.setattr(HotTier, "candidates", None)  # calling it would fail
    router = Router(replace(follow.catch_up(), hot={bundle.pk: 0}, seen_at_s=math.inf))
    for filters in FILTERS:
        right = fake(bundle).candidates(queries()[0], filters, 15)
        assert router.candidates(queries()[0], filters, 15).image_ids.tolist() == right.image_ids.tolist()


def test_a_vector_meets_vectors_of_its_own_bundle_alone(bundle):
    serving = follow.catch_up()
    query = replace(queries()[0], bundle_id="other-1.0")
    with pytest.raises(WrongBundle):
        serving.cold[bundle.pk].search(query, 5)
    generation = serving.cold[bundle.pk].id
    found = Router(serving).candidates(query, Filters(), 5, explain=True)
    assert len(found) == 5  # of its own, from the hot tier
    assert found.explain["cold"] is None
    assert generation not in str(found.explain)
    assert len(Router(serving).candidates(replace(query, bundle_id="unknown"), Filters(), 5)) == 0


def test_a_late_cold_tier_leaves_the_hot_one_and_says_so(bundle, monkeypatch):
    settled(0.5)
    serving, answered = follow.catch_up(), Event()
    monkeypatch.setattr(type(serving.cold[bundle.pk]), "search", lambda *_, **__: answered.wait(60))
    found = Router(serving, deadline_ms=1000).candidates(queries()[0], Filters(), 5)
    answered.set()
    assert found.partial
    assert found.notes == (LATE,)
    assert len(found) == 5


def test_without_its_generation_everything_is_found_in_the_database_and_that_is_said(bundle):
    settled(1.0)
    serving = Serving(bundle.pk, notes={bundle.pk: ("generation x cannot be opened",)})
    found = Router(serving).candidates(queries()[0], Filters(), 15)
    assert found.image_ids.tolist() == fake(bundle).candidates(queries()[0], Filters(), 15).image_ids.tolist()
    assert found.notes == ("generation x cannot be opened",)


def test_the_hot_row_of_an_image_wins_over_the_cold_one():
    def tier(images: list[int], scores: list[float]) -> Candidates:
        ids = np.array(images, np.int64)
        return Candidates(ids, ids, np.zeros((len(ids), DIM), np.float32), np.array(scores, np.float32))

    hot, cold = tier([1, 2], [0.5, 0.1]), tier([2, 3, 4], [0.9, 0.4, 0.3])
    found = merge_tiers(hot, replace(cold, partial=True, notes=("shard 0003 is missing",)), 3)
    assert found.image_ids.tolist() == [1, 3, 4]
    assert found.partial
    assert found.notes == ("shard 0003 is missing",)
