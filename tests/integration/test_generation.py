"""What is left of a generation when parts of it are broken, late or of somebody else."""

import json
import os
import threading
import time
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from django.conf import settings

from catalog.models import Product
from search.build.build import build
from search.build.job import folder_of
from search.retrieve.columns import read_facts_for
from search.retrieve.generation import Generation, WrongBundle
from search.retrieve.manifest import BrokenGeneration, ForeignGeneration, cluster_id
from search.types import Filters, QueryVector
from tests.vector_catalog import DIM, add_vectors, clustered, make_bundle

pytestmark = pytest.mark.django_db
ROWS = 300
SOON_S = 2.0  # for shards that answer; one that may not is given up then


@pytest.fixture
def built(tmp_path, settings) -> Generation:
    """Three shards, split by category: Chair, Lamp, Table."""
    settings.SIGHTLINE_INDEX_DIR = tmp_path / "index"
    add_vectors(make_bundle(), clustered(ROWS))
    row = build("made-1.0", shards=3, by="category")
    return Generation.open(folder_of(row.pk))


def again(generation: Generation) -> Generation:
    return Generation.open(generation.folder)


def query(seed: int = 5) -> QueryVector:
    return QueryVector("made-1.0", clustered(1, seed=seed)[0])


def test_a_vector_of_another_bundle_is_refused(built):
    with pytest.raises(WrongBundle, match="Query: other-1.0"):
        built.search(QueryVector("other-1.0", query().vector), 5)


@pytest.mark.parametrize("expected", [{"bundle_id": "other-1.0"}, {"dim": DIM + 1}, {"cluster": "12345"}])
def test_a_generation_of_another_bundle_or_database_is_refused(built, expected):
    assert Generation.open(built.folder, bundle_id="made-1.0", dim=DIM, cluster=cluster_id()).missing == ()
    with pytest.raises(ForeignGeneration):
        Generation.open(built.folder, **expected)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot be read"),
        ("{", "cannot be read"),
        ("[]", "cannot be read"),
        ('{"format": 2}', "has format 2"),
        ('{"format": 1, "shards": []}', "cannot be read"),
    ],
)
def test_without_a_manifest_it_can_read_it_opens_nothing(built, content, said):
    path = built.folder / "manifest.json"
    path.unlink() if content is None else path.write_text(content)
    with pytest.raises(BrokenGeneration, match=said):
        again(built)


def remove(folder):
    for path in sorted(folder.rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    folder.rmdir()


def cut(path):
    os.truncate(path, path.stat().st_size // 2)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda shard: remove(shard), "shard 0001 is missing"),
        (lambda shard: (shard / "vectors.f16").unlink(), "shard 0001 is missing vectors.f16"),
        (lambda shard: cut(shard / "vectors.f16"), "shard 0001 is damaged: vectors.f16 has another size"),
        (lambda shard: cut(shard / "image_ids.i64"), "shard 0001 is damaged: image_ids.i64 has another size"),
        (lambda shard: next((shard / "columns").iterdir()).unlink(), "shard 0001 is missing columns/"),
    ],
)
def test_a_broken_shard_is_left_out_and_said(built, damage, said):
    whole = built.search(query(), ROWS)
    lost = set(built.parts[1].image_ids.tolist())
    damage(built.folder / "shard-0001")
    rest = again(built)
    assert len(rest.missing) == 1
    assert rest.missing[0].startswith(said)
    found = rest.search(query(), ROWS)
    assert found.partial
    assert found.notes == rest.missing
    assert found.image_ids.tolist() == [image for image in whole.image_ids.tolist() if image not in lost]


def test_with_no_shard_left_it_does_not_open(built):
    for number in range(3):
        remove(built.folder / f"shard-{number:04}")
    with pytest.raises(BrokenGeneration, match="none of its shards"):
        again(built)


def test_a_flipped_byte_is_found_when_the_pages_are_touched(built):
    path = built.folder / "shard-0002" / "vectors.f16"
    data = bytearray(path.read_bytes())
    data[1000] ^= 4
    path.write_bytes(data)
    opened = again(built)
    assert opened.missing == ()
    opened.touch()
    assert opened.missing == ("shard 0002 is damaged: vectors.f16 has other bytes",)
    assert opened.search(query(), 5).partial


def test_a_file_that_shrinks_under_it_is_let_go_of(built):
    cut(built.folder / "shard-0000" / "product_ids.i64")
    assert built.watch() == ("shard 0000 is damaged: product_ids.i64 has another size",)
    assert built.search(query(), 5).partial


class Slow:
    """A shard that answers when it is let, or fails."""

    def __init__(self, shard, may: threading.Event | None = None, error: Exception | None = None):
        self.shard, self.may, self.error = shard, may, error
        self.rows = shard.rows

    def search(self, *args):
        if self.may is not None:
            self.may.wait(120)
        if self.error:
            raise self.error
        return self.shard.search(*args)


def with_slow(generation: Generation, number: int, **how) -> Generation:
    parts = list(generation.parts)
    parts[number] = replace(parts[number], shard=Slow(parts[number].shard, **how))
    generation.parts = tuple(parts)
    return generation


def test_a_late_shard_is_not_waited_for(built):
    may = threading.Event()
    slow = with_slow(built, 1, may=may)
    found = slow.search(query(), ROWS, deadline_s=SOON_S)
    assert (found.partial, found.notes) == (True, ("shard 0001 did not answer in time",))
    assert len(found) == ROWS - slow.parts[1].shard.rows
    slow.search(query(), 5, deadline_s=SOON_S)
    assert slow.parts[1].late.calls == 2
    assert slow.search(query(), 5, deadline_s=120).partial  # it owes two answers, and is not asked for a third
    assert slow.parts[1].late.calls == 2
    may.set()
    while slow.parts[1].late.calls:
        time.sleep(0.01)
    assert not slow.search(query(), 5, deadline_s=120).partial


def test_a_failing_shard_is_a_missing_one(built, caplog):
    found = with_slow(built, 2, error=RuntimeError("bad block")).search(query(), ROWS)
    assert (found.partial, found.notes) == (True, ("shard 0002 failed",))
    assert "bad block" in caplog.text


def test_the_largest_inner_products_are_kept(built):
    found = built.search(query(), 10)
    vectors = np.concatenate([np.asarray(part.shard.vectors).astype(np.float32) for part in built.parts])
    assert np.allclose(found.scores, np.sort(vectors @ query().vector)[::-1][:10], atol=1e-5)


def test_a_filter_on_a_category_asks_its_shard_alone(built):
    found = built.search(query(), 20, filters=Filters(category="lamp"))
    asked = [each["shard"] for each in found.explain["shards"] if each["plan"] not in ("skipped", "nothing")]
    assert len(asked) == 1
    right = set(Product.objects.filter(category__slug="lamp").values_list("pk", flat=True))
    assert len(found) == 20
    assert set(found.product_ids.tolist()) <= right


def test_a_product_that_moved_to_another_category_is_found_there(built):
    lamp = Product.objects.filter(category__slug="lamp").first()
    Product.objects.filter(pk=lamp.pk).update(category=Product.objects.filter(category__slug="chair").first().category)
    refresh(built, lamp.pk)
    found = built.search(query(), ROWS, filters=Filters(category="chair"))
    assert lamp.pk in found.product_ids
    assert lamp.pk not in built.search(query(), ROWS, filters=Filters(category="lamp")).product_ids


def refresh(generation: Generation, *product_ids: int) -> None:
    """What follow.py does. Rows of this test's own transaction count as visible."""
    facts = read_facts_for(list(product_ids), "made-1.0", "1:9999999999:")
    for part in generation.parts:
        part.columns.refresh(facts)


def test_what_is_blocked_disappears_and_comes_back(built):
    best = int(built.search(query(), 1).product_ids[0])
    for blocked in (True, False):
        Product.objects.filter(pk=best).update(blocked=blocked)
        refresh(built, best)
        found = built.search(query(), 10)
        assert (best in found.product_ids) is not blocked
        assert len(found) == 10


def test_filters_leave_full_pages(built):
    found = built.search(query(), 30, filters=Filters(price_max=Decimal(20), attributes={"color": "Blue"}))
    wanted = Product.objects.filter(offers__price__lte=20, attributes__color="blue")
    assert len(found) == min(30, wanted.count()) > 5
    assert set(found.product_ids.tolist()) <= set(wanted.values_list("pk", flat=True))
    assert json.dumps(found.explain)


def test_closed_it_finds_nothing_and_says_so(built):
    built.close()
    found = built.search(query(), 5)
    assert (len(found), found.partial) == (0, True)
    assert settings.SIGHTLINE_INDEX_DIR.exists()
