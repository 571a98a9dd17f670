"""Rows out of Postgres: all of them, in chunks, and after a kill from where it stopped."""

import json

import numpy as np
import pytest
from django.db import connection

from catalog.models import Image, Product
from search.build import snapshot as snapshots
from search.build.binary import WrongDimension
from search.build.snapshot import STATE, take_snapshot
from search.models import Bundle, ImageVector
from tests.vector_catalog import DIM, add_vectors, clustered, make_bundle

pytestmark = pytest.mark.django_db(transaction=True)
ROWS = 250


@pytest.fixture
def stored(monkeypatch) -> tuple[np.ndarray, np.ndarray]:
    """Image ids and vectors of a bundle; another bundle has vectors of the same images. Chunks of 60."""
    monkeypatch.setattr(snapshots, "CHUNK_ROWS", 60)
    vectors = clustered(ROWS)
    bundle = make_bundle()
    images = add_vectors(bundle, vectors)
    other = make_bundle("other-1.0", DIM, state=Bundle.State.BUILDING)
    first = Image.objects.get(pk=images[0])
    ImageVector.objects.create(image=first, product=first.product, bundle=other, vector=vectors[1])
    return images, vectors


def test_all_rows_of_the_bundle_and_of_no_other(stored, tmp_path):
    images, vectors = stored
    Image.objects.filter(pk=images[3]).update(blocked=True)
    Product.objects.filter(pk=Image.objects.get(pk=images[4]).product_id).update(blocked=True)
    taken = take_snapshot(tmp_path, "made-1.0", DIM)
    assert taken.column("image_ids").tolist() == images.tolist()
    assert np.array_equal(taken.vectors[:], vectors.astype(np.float16))
    products = dict(Image.objects.values_list("pk", "product_id"))
    assert taken.column("product_ids").tolist() == [products[image] for image in images]
    categories = dict(Product.objects.values_list("pk", "category_id"))
    assert taken.column("category_ids").tolist() == [categories[products[image]] for image in images]
    assert taken.column("fresh").all()


def test_the_watermark_is_older_than_the_rows(stored, tmp_path):
    images, _ = stored
    heard = []
    taken = take_snapshot(tmp_path, "made-1.0", DIM, on_watermark=heard.append)
    add_vectors(Bundle.objects.get(pk="made-1.0"), clustered(2, seed=5), first=ROWS)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FILTER (WHERE pg_visible_in_snapshot(written, %s::pg_snapshot)), count(*)"
            " FROM search_imagevector WHERE bundle_id = 'made-1.0'",
            [taken.watermark],
        )
        assert cursor.fetchone() == (ROWS, ROWS + 2)
    assert heard == [taken.watermark]


class Killed(Exception):
    """Stands for kill -9; the real one is tried in test_build_killed.py."""


@pytest.mark.parametrize("calls", [1, 3])
def test_it_goes_on_after_its_last_whole_chunk(stored, tmp_path, calls):
    images, vectors = stored

    def die(done, total):
        if done >= 60 * calls:
            raise Killed

    with pytest.raises(Killed):
        take_snapshot(tmp_path, "made-1.0", DIM, progress=die)
    before = json.loads((tmp_path / STATE).read_text())
    with (tmp_path / "vectors").open("ab") as file:
        file.write(b"half a row")  # what a kill in the middle of a chunk leaves
    seen = []
    taken = take_snapshot(tmp_path, "made-1.0", DIM, progress=lambda done, total: seen.append((done, total)))
    assert taken.watermark == before["watermark"]
    assert seen[0] == (60 * (calls + 1), ROWS)
    assert taken.column("image_ids").tolist() == images.tolist()
    assert np.array_equal(taken.vectors[:], vectors.astype(np.float16))


def test_a_vector_of_another_dimension_is_refused(stored, tmp_path):
    ImageVector.objects.filter(bundle_id="made-1.0").order_by("image_id").first().delete()
    image = Image.objects.order_by("pk").first()
    ImageVector.objects.create(image=image, product=image.product, bundle_id="made-1.0", vector=[1.0] * (DIM + 1))
    with pytest.raises(WrongDimension):
        take_snapshot(tmp_path, "made-1.0", DIM)
