"""Words on cartons: read at ingest and in the query, and matched beside the vectors."""

import re
from threading import Event
from types import SimpleNamespace

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from procrastinate.contrib.django.models import ProcrastinateJob

from catalog.models import Image, Product
from catalog.services import delete_products
from ml.inspect.text import QUICK, Reader
from ml.inspect.words import Word
from search import tasks
from search.build import details
from search.build.embed import embed_image
from search.build.register import register_bundle
from search.models import ImageDetail, QueryLog
from search.pipeline import find_objects, find_products
from search.rerank.printed import match
from search.retrieve import gather
from search.types import Filters, Query
from search.understand import reading
from tests.cartons import as_jpeg, carton
from tests.search_catalog import add_picture, make_product
from tests.waits import waits_for_futures

pytestmark = pytest.mark.django_db

BRANDS = ["Bravo", "Oatly", "Tropicana", "Valio"]


@pytest.fixture(autouse=True)
def time_to_read(monkeypatch, settings):
    """On a busy machine, too; and nothing is remembered from the test before."""
    settings.SIGHTLINE_READ_TIMEOUT_MS = 10_000
    monkeypatch.setattr(reading, "_memory", reading.Memory())


@pytest.fixture
def shelf(monkeypatch):
    """Four cartons that differ by the word on them alone, and whose titles do not name it."""
    monkeypatch.setattr(details, "THOROUGH", QUICK)
    register_bundle()
    made = []
    for number, brand in enumerate(BRANDS):
        product = make_product(number, title=f"Carton {number}", brand="", attributes={})
        Image.objects.filter(product=product).delete()
        embed_image(add_picture(product, as_jpeg(carton(brand, "Premium"))).pk)
        made.append(product)
    details.fill_missing(slice_s=600)
    return made


def photo_of(brand: str) -> bytes:
    return as_jpeg(carton(brand, "Premium", turn=7))


def whole(found) -> tuple[float, float, float, float]:
    return 0.0, 0.0, float(found.width), float(found.height)


def search(data: bytes, **how):
    found = find_objects(data)
    return find_products(Query(photo=found.photo, bbox=whole(found), **how))


def test_look_alikes_are_told_apart_by_their_words(shelf):
    for number, brand in enumerate(BRANDS):
        answer = search(photo_of(brand), mode="same_product")
        assert answer.results[0].sku == f"SKU-{number}"
        assert answer.results[0].scores["words_in_picture"] > answer.results[1].scores["words_in_picture"]
        assert brand.lower() in answer.understanding["words_in_picture"]


def test_titles_count_as_well_where_the_picture_shows_no_words(shelf):
    Product.objects.filter(sku="SKU-3").update(title="Valio Premium")
    ImageDetail.objects.update(words=[], weights=[])
    assert search(photo_of("Valio"), mode="same_product").results[0].sku == "SKU-3"


def test_a_misread_letter_does_no_harm(shelf):
    detail = ImageDetail.objects.get(image__product__sku="SKU-2")
    detail.words = [word.replace("tropicana", "tropicona") for word in detail.words]
    detail.save()
    assert search(photo_of("Tropicana"), mode="same_product").results[0].sku == "SKU-2"


def test_what_the_vectors_miss_is_found_by_its_words(shelf, monkeypatch):
    monkeypatch.setattr(gather, "CANDIDATE_IMAGES", 1)
    found = {search(photo_of(brand), mode="same_product").results[0].sku for brand in BRANDS}
    assert found == {f"SKU-{number}" for number in range(len(BRANDS))}


def test_filters_hold_for_what_is_found_by_words(shelf, monkeypatch):
    monkeypatch.setattr(gather, "CANDIDATE_IMAGES", 1)
    answer = search(photo_of("Oatly"), filters=Filters(category="lamp"))
    assert "SKU-1" not in [card.sku for card in answer.results]


def test_words_that_no_product_shows_are_nobodys_business(shelf):
    answer = search(as_jpeg(carton("Oatly", "Dear Catherine")))
    assert "catherine" not in answer.understanding["words_in_picture"]
    assert "catherine" not in str(QueryLog.objects.get(pk=answer.query_id).asked)


def test_the_page_says_what_was_read(shelf, client):
    found = find_objects(photo_of("Oatly"))
    page = client.get(f"/photo/{found.photo}/", {"bbox": f"0,0,{found.width},{found.height}"}).content.decode()
    assert re.search(r"We read: [^<]*oatly", page)


def test_a_photo_without_words_pays_with_no_query(shelf, django_assert_max_num_queries):
    found = find_objects(as_jpeg(carton()))
    with django_assert_max_num_queries(16):
        answer = find_products(Query(photo=found.photo, bbox=whole(found)))
    assert answer.understanding["words_in_picture"] == []
    assert "words_in_picture" not in answer.results[0].scores


def test_a_reader_that_fails_is_done_without(shelf, monkeypatch):
    def fail(*_):
        raise RuntimeError("the model is broken")

    monkeypatch.setattr(Reader, "read", fail)
    answer = search(photo_of("Oatly"))
    assert len(answer.results) == 4
    assert not answer.partial and answer.understanding["words_in_picture"] == []


def test_a_reader_that_is_late_is_not_waited_for(shelf, monkeypatch, settings):
    settings.SIGHTLINE_READ_TIMEOUT_MS, settings.SIGHTLINE_LOOK_TIMEOUT_MS = 20, 0
    answered, waits = Event(), waits_for_futures(monkeypatch)
    monkeypatch.setattr(Reader, "read", lambda *_: answered.wait(60) and [])
    answer = search(photo_of("Oatly"))
    assert len(answer.results) == 4
    (wait_s,) = waits
    assert wait_s <= 0.02
    answered.set()
    reading.pool().submit(int).result()  # the late one has ended


def test_with_too_many_readings_at_once_the_next_does_without(shelf, monkeypatch):
    monkeypatch.setattr(reading, "_places", reading.threading.BoundedSemaphore(1))
    with reading._places:
        assert search(photo_of("Oatly")).understanding["words_in_picture"] == []
    assert search(photo_of("Oatly")).understanding["words_in_picture"]


def test_a_crop_is_read_once(shelf, monkeypatch):
    found = find_objects(photo_of("Oatly"))
    first = find_products(Query(photo=found.photo, bbox=whole(found)))
    monkeypatch.delattr(Reader, "read")
    again = find_products(Query(photo=found.photo, bbox=whole(found), filters=Filters(price_max=1000)))
    assert again.understanding["words_in_picture"] == first.understanding["words_in_picture"] != []


def test_details_are_filled_once_and_again_for_another_file(shelf, monkeypatch):
    image = Image.objects.get(product__sku="SKU-1")
    assert not details.missing().exists()
    assert ImageDetail.objects.get(image=image).words[0] == "oatly"
    image.file = default_storage.save("products/other.jpg", ContentFile(as_jpeg(carton("Zeunerts"))))
    image.save()
    assert [missing.pk for missing in details.missing()] == [image.pk]
    details.fill([image.pk])
    assert ImageDetail.objects.get(image=image).words == ["zeunerts"]
    monkeypatch.setattr(details, "WORDS_VERSION", 99)
    assert details.missing().count() == 4


def test_lost_files_are_passed_over_and_looked_for_again(shelf):
    lost = Image.objects.get(product__sku="SKU-3")
    ImageDetail.objects.all().delete()
    default_storage.delete(lost.file)
    assert details.fill_missing(slice_s=600)
    assert ImageDetail.objects.count() == 3
    assert [image.pk for image in details.missing()] == [lost.pk]


def test_the_backfill_yields_to_pictures_that_wait(shelf):
    ImageDetail.objects.all().delete()
    Image.objects.filter(product__sku="SKU-0").update(status=Image.Status.PENDING)
    tasks.fill_details(SimpleNamespace(should_abort=lambda: False))
    assert ImageDetail.objects.count() == 1
    assert ProcrastinateJob.objects.filter(task_name="search.fill_details", status="todo").count() == 1


def test_a_worker_that_is_told_to_stop_leaves_the_rest(shelf):
    ImageDetail.objects.all().delete()
    details.fill([image.pk for image in details.missing()], lambda: True)
    assert not ImageDetail.objects.exists()
    assert not details.fill_missing(lambda: True)
    assert ImageDetail.objects.count() == 1
    assert details.fill_missing(slice_s=600)
    assert ImageDetail.objects.count() == 4


def test_indexing_a_picture_asks_for_its_details(shelf):
    image = Image.objects.get(product__sku="SKU-2")
    job = ProcrastinateJob.objects.filter(task_name="search.look_closely", args={"image_ids": [image.pk]}).get()
    assert job.priority < 0


def test_details_go_with_their_picture(shelf):
    delete_products(["SKU-0", "SKU-1"])
    assert ImageDetail.objects.count() == 2


def test_a_word_that_every_product_shows_says_nothing():
    read = [Word("premium", 1.0), Word("oatly", 0.8)]
    found = match(read, {1: {"premium": 1.0, "oatly": 1.0}, 2: {"premium": 1.0}, 3: {"premium": 1.0}})
    assert found.evidence.values.keys() == {1}
    assert found.known == ("premium", "oatly")
