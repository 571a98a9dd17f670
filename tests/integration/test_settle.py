"""What leaves the hot tier is held by the live generation and by the one before it, so that each is still complete."""

import pytest
from django.db import connection

from catalog.models import Category, Product
from search.build.settle import prune_changes, settle
from search.models import Change, Generation, ImageVector, Pin
from tests.generations import current_snapshot, make_generation
from tests.vector_catalog import add_vectors, clustered, make_bundle

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def bundle():
    return make_bundle(state="live")


def add(bundle, count: int) -> set[int]:
    first = Product.objects.count()
    return set(add_vectors(bundle, clustered(count), first=first).tolist())


def hot() -> set[int]:
    return set(ImageVector.objects.filter(hot=True).values_list("image_id", flat=True))


def test_what_both_generations_hold_leaves_and_what_is_newer_stays(bundle):
    add(bundle, 5)
    assert settle(bundle.pk) == 0  # no generation: everything stays
    before = make_generation(bundle, "retired", retired_at="2026-01-01T00:00Z")
    between = add(bundle, 4)
    make_generation(bundle, "live")
    after = add(bundle, 3)
    assert settle(bundle.pk) == 5
    assert hot() == between | after  # the one before does not hold those between
    before.delete()
    assert settle(bundle.pk) == 4
    assert hot() == after
    assert settle(bundle.pk) == 0


def test_a_vector_written_again_is_hot_again(bundle):
    images = add(bundle, 4)
    make_generation(bundle, "live")
    settle(bundle.pk)
    image = min(images)
    ImageVector.objects.filter(image_id=image).update(vector=[1.0] * 64)
    settle(bundle.pk)
    assert hot() == {image}


def test_a_pinned_category_and_all_below_it_stays_and_comes_back(bundle):
    add(bundle, 9)
    make_generation(bundle, "live")
    assert settle(bundle.pk) == 9
    pin = Pin.objects.create(category=Category.objects.get(slug="chair"))
    assert settle(bundle.pk) == 0
    chairs = set(ImageVector.objects.filter(product__category__slug="chair").values_list("image_id", flat=True))
    assert len(chairs) == 3
    assert hot() == chairs
    pin.delete()
    Pin.objects.create(category=Category.objects.get(slug="furniture"), why="traffic")
    settle(bundle.pk)
    assert len(hot()) == 9


def test_without_a_live_generation_everything_is_hot(bundle):
    add(bundle, 4)
    make_generation(bundle, "live")
    settle(bundle.pk)
    Generation.objects.update(state="failed")
    settle(bundle.pk)
    assert len(hot()) == 4


def test_changes_are_kept_as_long_as_a_generation_may_need_them(bundle):
    add(bundle, 2)
    kept_from = Change.objects.count()
    make_generation(bundle, "retired", retired_at="2026-01-01T00:00Z")
    Product.objects.update(blocked=True)
    newer = set(Change.objects.order_by("pk")[kept_from:].values_list("pk", flat=True))
    with connection.cursor() as cursor:
        assert prune_changes() == 0  # younger than an hour
        cursor.execute("UPDATE search_change SET at = at - interval '2 hours'")
    assert prune_changes() == kept_from
    assert set(Change.objects.values_list("pk", flat=True)) == newer
    Generation.objects.update(watermark=current_snapshot())
    prune_changes()
    assert not Change.objects.exists()
