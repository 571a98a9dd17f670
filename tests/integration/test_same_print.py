"""Labels that are alike for the vectors, told apart point by point."""

from threading import Event

import pytest
from PIL import Image as Picture

from catalog.models import Image
from ml.inspect.local import VERSION, unpack
from search.build import details
from search.build.embed import embed_image
from search.build.register import register_bundle
from search.models import ImageDetail, ImageVector
from search.pipeline import find_objects, find_products
from search.types import Query
from search.understand import looking
from tests.cartons import as_jpeg
from tests.prints import label, photographed
from tests.search_catalog import add_picture, make_product
from tests.waits import waits_for_futures

pytestmark = pytest.mark.django_db
LABELS = range(5)


@pytest.fixture(autouse=True)
def time_to_look(settings):
    """On a busy machine, too; and words do not help."""
    settings.SIGHTLINE_LOOK_TIMEOUT_MS = 10_000
    settings.SIGHTLINE_READ_TIMEOUT_MS = 0


@pytest.fixture
def shelf(monkeypatch):
    """Five labels, all of them with the first one's vector: what the vectors say of them is worth nothing."""
    monkeypatch.setattr(details, "words_in", lambda picture: {"words_version": details.WORDS_VERSION})
    register_bundle()
    for number in LABELS:
        product = make_product(number, title=f"Label {number}", brand="", attributes={})
        Image.objects.filter(product=product).delete()
        embed_image(add_picture(product, as_jpeg(label(number))).pk)
    details.fill_missing(slice_s=600)
    ImageVector.objects.update(vector=ImageVector.objects.order_by("pk").first().vector)


def search(picture: Picture.Image, **how):
    found = find_objects(as_jpeg(picture))
    whole = (0.0, 0.0, float(found.width), float(found.height))
    return find_products(Query(photo=found.photo, bbox=whole, mode="same_product", **how))


def test_the_same_print_is_first_and_says_so(shelf):
    for number in LABELS:
        results = search(photographed(label(number), number)).results
        assert results[0].sku == f"SKU-{number}"
        assert results[0].scores["local"] > 0.5
        assert all(card.scores.get("local", 0) < results[0].scores["local"] for card in results[1:])


def test_a_plain_thing_asks_for_no_features(shelf, django_assert_max_num_queries):
    found = find_objects(as_jpeg(Picture.new("RGB", (400, 300), "#cc8844")))
    with django_assert_max_num_queries(16):
        answer = find_products(Query(photo=found.photo))
    assert len(answer.results) == len(LABELS)
    assert "local" not in answer.results[0].scores


def test_features_of_another_file_or_version_do_not_count(shelf):
    ImageDetail.objects.filter(image__product__sku="SKU-2").update(file="products/older.jpg")
    assert "local" not in card_of("SKU-2").scores
    ImageDetail.objects.update(local_version=VERSION + 1)
    assert "local" not in card_of("SKU-1").scores
    assert details.missing().count() == len(LABELS)


def card_of(sku: str):
    number = int(sku[-1])
    return next(card for card in search(photographed(label(number), number)).results if card.sku == sku)


def test_late_features_are_not_waited_for(shelf, monkeypatch, settings):
    settings.SIGHTLINE_LOOK_TIMEOUT_MS = 20
    answered, waits = Event(), waits_for_futures(monkeypatch)
    monkeypatch.setattr(looking, "local_features", lambda *_: answered.wait(60))
    answer = search(label(1))
    assert len(answer.results) == len(LABELS) and not answer.partial
    (wait_s,) = waits
    assert wait_s <= 0.02
    answered.set()
    looking.pool().submit(int).result()  # the late one has ended


def test_features_that_fail_are_done_without(shelf, monkeypatch):
    def fail(*_):
        raise RuntimeError("no memory")

    monkeypatch.setattr(looking, "local_features", fail)
    assert len(search(label(1)).results) == len(LABELS)


def test_a_busy_process_and_a_shop_without_it_do_without(shelf, monkeypatch, settings):
    monkeypatch.setattr(looking, "_places", looking.threading.BoundedSemaphore(1))
    with looking._places:
        assert "local" not in search(label(1)).results[0].scores
    assert "local" in search(label(1)).results[0].scores
    settings.SIGHTLINE_LOOK_TIMEOUT_MS = 0
    assert "local" not in search(label(1)).results[0].scores


def test_features_are_filled_for_pictures_that_have_details_already(shelf):
    kept = unpack(ImageDetail.objects.get(image__product__sku="SKU-3").local)
    assert len(kept) > 100
    ImageDetail.objects.update(local=None, local_version=0)
    assert details.fill_missing(slice_s=600)
    assert (unpack(ImageDetail.objects.get(image__product__sku="SKU-3").local) == kept).all()
