"""Filter columns against the truth: after every change they say what the same filters select in PostgreSQL."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from django.db import connection
from django.db.models import Max

from catalog.models import Product
from catalog.visible import SHOWN
from search import remembered
from search.build.columns import frequent_names, write_columns
from search.filters import where
from search.models import Change
from search.retrieve.columns import Columns, Wanted, read_facts_for
from search.types import Filters
from tests.random_catalog import BUNDLE, CHANGES, World

pytestmark = pytest.mark.django_db(transaction=True)
TRUTH = f"""SELECT i.id FROM catalog_image i JOIN catalog_product p ON p.id = i.product_id
    JOIN search_imagevector v ON v.image_id = i.id AND v.bundle_id = %s
    WHERE i.id = ANY(%s) AND {SHOWN}
        AND NOT (v.hot AND NOT pg_visible_in_snapshot(v.written, %s::pg_snapshot)) AND {{condition}}"""


def snapshot() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_snapshot()::text")
        return cursor.fetchone()[0]


def truth(filters: Filters, image_ids: np.ndarray, watermark: str) -> set[int]:
    condition, values = where(filters)
    with connection.cursor() as cursor:
        cursor.execute(TRUTH.format(condition=condition), [BUNDLE, image_ids.tolist(), watermark, *values])
        return {row[0] for row in cursor.fetchall()}


@pytest.mark.parametrize("seed", range(3))
def test_columns_say_what_the_database_selects(seed, tmp_path):
    world = World(seed)
    images, products = world.rows()
    watermark = snapshot()
    columns = opened(tmp_path, images, products)
    asked = [Filters(), *(world.filters() for _ in range(12))]
    seen = Change.objects.aggregate(Max("id"))["id__max"]
    happened = "nothing"
    for _ in range(40):
        remembered.forget()
        for filters in [*asked, world.filters()]:
            mask = columns.match(filters)
            told = images[mask.nonzero()].tolist()
            assert set(told) == truth(filters, images, watermark), (happened, filters)
            assert mask.count == len(told)
            assert np.array_equal(np.unpackbits(mask.bits, bitorder="little")[: len(images)], mask.rows)
        assert columns.dead_count == len(images) - columns.alive.count
        happened = world.change((*CHANGES, "fold"))
        changes = Change.objects.filter(id__gt=seen)
        changed = list(changes.values_list("product_id", flat=True).distinct())
        seen = max([seen, *changes.values_list("id", flat=True)])
        columns.refresh(read_facts_for(changed, BUNDLE, watermark))
    written_now = opened(tmp_path / "again", images, products)
    written_now.refresh(read_facts_for(np.unique(products), BUNDLE, watermark))
    for filters in asked:
        assert np.array_equal(written_now.match(filters).rows, columns.match(filters).rows), filters


def opened(folder, images, products, names=None) -> Columns:
    write_columns(folder, images, products, frequent_names(products) if names is None else names)
    return Columns.open(folder, images, products)


def test_the_most_frequent_attributes_get_a_column(monkeypatch):
    world = World(5)
    _, products = world.rows()
    assert set(frequent_names(products)) == {"color", "size"}
    Product.objects.update(attributes={"size": "5"})
    Product.objects.filter(pk__in=products[:5].tolist()).update(attributes={"color": "red", "odd": None})
    monkeypatch.setattr("search.build.columns.MAX_NAMES", 2)
    assert frequent_names(products) == ["size", "color"]


def test_an_attribute_without_a_column_is_looked_up(tmp_path, monkeypatch):
    world = World(5)
    images, products = world.rows()
    columns = opened(tmp_path, images, products, names=["color"])
    assert columns.names == {"color"}
    watermark = snapshot()
    for attributes in ({"odd": "x"}, {"size": "5"}, {"color": "red"}, {"size": "5", "color": "blue"}):
        mask = columns.match(Filters(attributes=attributes))
        assert set(images[mask.nonzero()].tolist()) == truth(Filters(attributes=attributes), images, watermark)
    monkeypatch.setattr("search.retrieve.columns.wanted.MAX_PRODUCTS", 0)
    remembered.forget()
    assert columns.match(Filters(attributes=attributes)).count > mask.count  # too many: left to hydration


def test_masks_are_corrected_while_they_are_read(tmp_path):
    """Many readers, one writer: nobody ever sees a row that was never in stock, and no correction is lost."""
    world = World(6)
    images, products = world.rows()
    columns, watermark = opened(tmp_path, images, products), snapshot()
    facts = read_facts_for(np.unique(products), BUNDLE, watermark)
    sold_out = [replace(fact, offers=tuple(replace(offer, in_stock=False) for offer in fact.offers)) for fact in facts]
    full = columns.match(Filters(in_stock=True)).rows.copy()
    wanted = [Wanted(in_stock=True, price_max=1000.0 + number) for number in range(40)]  # more than are kept
    done = threading.Event()

    def read(number: int) -> bool:
        right = True
        while not done.is_set():
            mask = columns.match(wanted[number % len(wanted)])
            right &= not (mask.rows & ~full).any() and len(mask.bits) == -(-len(full) // 8)
            number += 1
        return right

    with ThreadPoolExecutor(4) as pool:
        readers = [pool.submit(read, number * 10) for number in range(4)]
        for _ in range(100):
            columns.refresh(sold_out)
            columns.refresh(facts)
        done.set()
        assert all(reader.result() for reader in readers)
    for one in wanted:
        assert np.array_equal(columns.match(one).rows, full)
        assert np.array_equal(np.unpackbits(columns.match(one).bits, bitorder="little")[: len(full)], full)
