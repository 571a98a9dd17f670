"""One contract for every tier: the fake compares everything exactly, and the hot tier must agree with it."""

from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import pytest
from django.db import connection

from catalog.models import Category, Image, Offer, Product, Seller
from search.build.register import create_index
from search.models import Bundle, ImageVector
from search.retrieve.fake import FakeRow, FakeTier
from search.retrieve.hot import TOO_MANY, HotTier
from search.types import Filters, QueryVector

pytestmark = pytest.mark.django_db
DIM, ROWS = 16, 120


@dataclass(frozen=True)
class Stock:
    """The same rows in PostgreSQL and in the fake. Images 0..119 of products 0..59, two each."""

    rows: tuple[FakeRow, ...]

    def tier(self, kind: str):
        if kind == "fake":
            return FakeTier(self.rows)
        return HotTier(exact_max_rows={"hot, exact": 4000, "hot, matching": 1, "hot, index": 0}[kind])


@pytest.fixture
def stock() -> Stock:
    random = np.random.default_rng(7)
    live = Bundle.objects.create(id="it's-1.0", dim=DIM)
    other = Bundle.objects.create(id="other-1.0", dim=DIM, state=Bundle.State.RETIRED)
    for bundle in (live, other):
        create_index(bundle)
    seller = Seller.objects.create(name="S")
    root = Category.objects.create(name="Furniture", path="Furniture", slug="furniture")
    leaves = [
        Category.objects.create(name=name, path=f"Furniture > {name}", slug=name.lower(), parent=root)
        for name in ("Chair", "Lamp")
    ]
    products = Product.objects.bulk_create(
        Product(
            sku=str(number), title="x", category=leaves[number % 2], blocked=number % 10 == 9,
            attributes={"color": "Red" if number % 3 else "blue"},
        )
        for number in range(ROWS // 2)
    )  # fmt: skip
    in_stock = [number % 4 != 0 for number in range(ROWS // 2)]
    Offer.objects.bulk_create(
        Offer(product=product, seller=seller, price=number, availability="in_stock" if there else "out_of_stock")
        for number, (product, there) in enumerate(zip(products, in_stock, strict=True))
    )
    images = Image.objects.bulk_create(
        Image(product=product, source=str(position), status="indexed") for product in products for position in range(2)
    )
    rows, vectors = [], []
    for count, image in enumerate(images):
        number = count // 2
        product = products[number]
        for bundle in (live, other):
            vector = random.normal(size=DIM).astype(np.float32)
            vector = (vector / np.linalg.norm(vector)).astype(np.float16).astype(np.float32)
            vectors.append(ImageVector(image=image, product=product, bundle=bundle, vector=vector))
            rows.append(
                FakeRow(bundle.pk, image.pk, product.pk, vector, ("furniture", leaves[number % 2].slug), number,
                        in_stock[number], product.blocked, product.attributes)
            )  # fmt: skip
    ImageVector.objects.bulk_create(vectors)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE search_imagevector, catalog_product, catalog_offer")
    return Stock(tuple(rows))


def query(seed: int = 1, bundle: str = "it's-1.0") -> QueryVector:
    vector = np.random.default_rng(seed).normal(size=DIM).astype(np.float32)
    return QueryVector(bundle, vector / np.linalg.norm(vector))


SLOW_MATCHING = """SELECT pg_sleep(5) FROM search_imagevector v JOIN catalog_product p ON {condition}
    WHERE v.bundle_id = {bundle} AND {hot} AND %s::halfvec <> '[0]' LIMIT %s"""
KINDS = ["fake", "hot, exact", "hot, matching", "hot, index"]
FILTERS = [
    Filters(),
    Filters(category="chair"),
    Filters(category="furniture", in_stock=True),
    Filters(price_min=Decimal(20), price_max=Decimal(24)),
    Filters(attributes={"color": "red"}, in_stock=True, price_max=Decimal(30)),
    Filters(category="nothing"),
]


@pytest.mark.parametrize("filters", FILTERS, ids=str)
@pytest.mark.parametrize("kind", KINDS)
def test_every_tier_finds_what_exact_search_finds(stock, kind, filters):
    right = FakeTier(stock.rows).candidates(query(), filters, 20)
    found = stock.tier(kind).candidates(query(), filters, 20)
    assert found.image_ids.tolist() == right.image_ids.tolist()
    assert found.product_ids.tolist() == right.product_ids.tolist()
    assert np.allclose(found.scores, right.scores, atol=1e-5)
    assert np.allclose(found.vectors, right.vectors, atol=1e-6)
    assert found.vectors.dtype == found.scores.dtype == np.float32
    assert not found.partial


@pytest.mark.parametrize("kind", KINDS)
def test_vectors_of_another_bundle_are_never_compared(stock, kind):
    live, other = (stock.tier(kind).candidates(query(bundle=name), Filters(), 5) for name in ("it's-1.0", "other-1.0"))
    assert live.scores.tolist() != other.scores.tolist()
    assert len(stock.tier(kind).candidates(query(bundle="unknown"), Filters(), 5)) == 0


@pytest.mark.parametrize("kind", KINDS)
def test_fewer_rows_than_asked_for_are_no_error(stock, kind):
    assert len(stock.tier(kind).candidates(query(), Filters(), 500)) == 108  # six of sixty are blocked


def test_a_broad_search_walks_the_index(stock):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(
            "EXPLAIN SELECT image_id FROM search_imagevector WHERE bundle_id = 'it''s-1.0' AND hot"
            f" ORDER BY vector::halfvec({DIM}) <#> %s::halfvec({DIM}) LIMIT 5",
            [str([1.0] * DIM)],
        )
        assert "hnsw_" in "\n".join(row[0] for row in cursor.fetchall())


def test_past_the_deadline_it_says_so_and_the_connection_goes_on(stock, monkeypatch):
    monkeypatch.setattr("search.retrieve.hot.ROWS", "SELECT count(*), pg_sleep(5) FROM search_imagevector"
                        " WHERE bundle_id = %s AND hot LIMIT %s")  # fmt: skip
    found = HotTier(timeout_ms=50).candidates(query(), Filters(), 5)
    assert found.partial
    assert found.notes == ("the hot tier did not answer in time",)
    assert len(found) == 0
    assert Product.objects.exists()


def test_what_a_generation_holds_is_left_to_it_unless_that_cannot_be_opened(stock):
    ImageVector.objects.update(hot=False)
    assert len(HotTier().candidates(query(), Filters(), 500)) == 0
    assert len(HotTier(everything=True).candidates(query(), Filters(), 500)) == 108


def test_too_many_rows_to_compare_them_all_leave_the_hot_ones(stock, monkeypatch):
    ImageVector.objects.filter(image_id__gt=stock.rows[11].image_id).update(hot=False)
    monkeypatch.setattr("search.retrieve.hot.MATCHING", SLOW_MATCHING)
    found = HotTier(timeout_ms=1000, everything=True).candidates(query(), Filters(), 500)
    assert found.partial
    assert found.notes == (TOO_MANY,)
    assert 0 < len(found) <= 12
