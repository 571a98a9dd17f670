"""The shopper's pages as a browser asks for them, without one: statuses, parts and wholes, words for every refusal."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image
from rest_framework.throttling import ScopedRateThrottle

from catalog.models import Category, Offer, Product, Seller
from search import photos, serving
from search.build.register import register_bundle
from search.types import FoundObject, Photo
from tests.conftest import picture
from tests.search_catalog import make_catalog

pytestmark = pytest.mark.django_db

PART = {"HX-Request": "true"}
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="90" height="90"/>'


@pytest.fixture
def bundle():
    register_bundle()


@pytest.fixture
def no_bundle():
    serving.forget()
    yield
    serving.forget()


@pytest.fixture
def photo_page() -> str:
    objects = (FoundObject((10, 10, 200, 150), 0.9, ""), FoundObject((220, 20, 390, 280), 0.8, ""))
    return f"/photo/{photos.keep(Photo(Image.new('RGB', (400, 300)), 400, 300), objects, False)}/"


@pytest.fixture
def product() -> Product:
    kind = Category.objects.create(name="Sofas", path="Furniture > Sofas", slug="sofas")
    product = Product.objects.create(sku="S-1", title="Lund sofa", category=kind, attributes={"color": "green"})
    Offer.objects.create(product=product, seller=Seller.objects.create(name="Nord"), price=499)
    return product


def send(client: Client, data: bytes, **headers):
    return client.post("/photo/", {"image": SimpleUploadedFile("photo.jpg", data, "image/jpeg")}, headers=headers)


def test_a_plain_form_is_sent_on_to_the_photos_page(client, bundle):
    answer = send(client, picture())
    assert answer.status_code == 302
    assert client.get(answer["Location"]).status_code == 200


def test_the_uploading_script_gets_the_address_only(client, bundle):
    answer = send(client, picture(), **{"X-Upload": "1"})
    assert (answer.status_code, answer.content) == (201, b"")
    assert answer["Location"].startswith("/photo/")


@pytest.mark.parametrize(
    ("data", "status", "title"),
    [
        (b"", 422, "This photo cannot be used"),
        (b"no picture", 422, "This photo cannot be used"),
        (picture()[:400], 422, "This photo cannot be used"),
        (SVG, 415, "This kind of file does not work"),
    ],
)
def test_a_bad_photo_is_refused_in_plain_words(client, bundle, data, status, title):
    whole, part = send(client, data), send(client, data, **{"X-Upload": "1"})
    assert (whole.status_code, part.status_code) == (status, status)
    assert title in whole.content.decode() and title in part.content.decode()
    assert b"<html" in whole.content and b"<html" not in part.content


def test_a_form_without_a_photo(client):
    answer = client.post("/photo/")
    assert answer.status_code == 422
    assert "No photo came with that" in answer.content.decode()


def test_without_a_bundle_it_asks_for_patience(client, no_bundle):
    answer = send(client, picture())
    assert answer.status_code == 503
    assert "Try again" in answer.content.decode()


def test_photos_in_a_flood_have_to_wait(client, monkeypatch):
    monkeypatch.setattr(ScopedRateThrottle, "THROTTLE_RATES", {"detections": "1/min"})
    assert client.post("/photo/").status_code == 422
    flooded = client.post("/photo/")
    assert flooded.status_code == 429
    assert 0 < int(flooded["Retry-After"]) <= 60
    assert "Try again in a moment" in flooded.content.decode()


def test_a_form_from_elsewhere_is_refused(bundle):
    answer = send(Client(enforce_csrf_checks=True), picture())
    assert answer.status_code == 403
    assert "Not this way" in answer.content.decode()


def test_the_photos_page_offers_every_box_as_a_button(client, photo_page):
    page = client.get(photo_page).content.decode()
    assert page.count('<button class="box"') == page.count('<button class="chip"') == 2
    assert "Tap what you like" in page


def test_of_many_boxes_the_keyboard_stops_at_the_first_twelve_and_at_all_beside_the_photo(client, bundle):
    objects = tuple(FoundObject((20 * n, 10, 20 * n + 60, 150), 0.9, "") for n in range(14))
    token = photos.keep(Photo(Image.new("RGB", (400, 300)), 400, 300), objects, False)
    page = client.get(f"/photo/{token}/").content.decode()
    boxes = page.count('class="box"'), page.count('class="box" type="submit" tabindex="-1"')
    assert (*boxes, page.count('class="chip"')) == (14, 2, 14)


def test_a_part_a_whole_and_a_restored_page(client, bundle, photo_page):
    part = client.get(photo_page, {"box": 1}, headers=PART)
    whole = client.get(photo_page, {"box": 1}, headers={**PART, "HX-History-Restore-Request": "true"})
    assert b"<html" not in part.content and b'data-box="1"' in part.content
    assert b"<html" in whole.content
    assert part.content.count(b"<title>") == whole.content.count(b"<title>") == 1
    assert "HX-Request" in part["Vary"]


def test_the_photo_itself_is_for_its_owner(client, photo_page):
    answer = client.get(photo_page + "image.jpg")
    assert answer["Content-Type"] == "image/jpeg"
    assert "private" in answer["Cache-Control"]


@pytest.mark.parametrize("way", ["", "image.jpg", "?box=1"])
def test_an_unknown_photo_is_gone(client, way):
    answer = client.get(f"/photo/{'x' * 43}/{way}")
    assert answer.status_code == 410
    assert "This photo is gone" in answer.content.decode()


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"box": "99"}, 200),
        ({"box": "0"}, 422),
        ({"box": "one"}, 422),
        ({"bbox": "1,2,3"}, 422),
        ({"bbox": "nan,0,9,9"}, 422),
        ({"bbox": "300,10,200,90"}, 422),
        ({"bbox": "900,900,990,990"}, 422),
        ({"box": "1", "price_min": "-1"}, 422),
        ({"box": "1", "q": "x" * 100_000}, 422),
        ({"box": "1", "q": "a\0b"}, 422),
        ({"box": "1", "cursor": "forged"}, 400),
        ({"box": "1", "category": "no-such-thing", "unknown": "1"}, 200),
    ],
)
def test_odd_addresses_are_answered(client, bundle, photo_page, asked, status):
    assert client.get(photo_page, asked).status_code == status


def test_a_product_page(client, product):
    page = client.get(f"/products/{product.pk}/").content.decode()
    assert "Lund sofa" in page and "€499" in page and "Green" in page
    assert client.get("/products/999999/").status_code == 404


def test_a_link_from_a_forgotten_search_still_opens(client, product):
    for link in ("?from=nonsense&rank=1", "?from=3f2504e0-4f89-41d3-9a0c-0305e82c3301&rank=1", "?from=&rank=x"):
        assert client.get(f"/products/{product.pk}/{link}").status_code == 200


def test_an_empty_shop_says_so(client):
    assert "The catalog is still empty" in client.get("/").content.decode()


def test_samples_only_where_there_are_some(client, settings):
    settings.SAMPLE_PHOTOS = None
    assert "Borrow one" not in client.get("/").content.decode()
    assert client.get("/samples/1/image.jpg").status_code == 404


def test_a_link_to_one_seller_keeps_to_it(client):
    catalog = make_catalog(products=4)
    Offer.objects.filter(product=catalog.products[1]).update(seller=Seller.objects.create(name="Nord & Sons"))
    page = client.get("/search/?q=chair&seller=Nord+%26+Sons").content.decode()
    assert "Blue chair number 1" in page and "number 3" not in page
    assert "sold by Nord &amp; Sons" in page
    assert '<input type="hidden" name="seller" value="Nord &amp; Sons">' in page


def test_words_that_no_product_holds_find_the_nearest_and_say_so(client):
    make_catalog(products=4)
    page = client.get("/search/?q=zeppelin").content.decode()
    assert "Nothing here is called “zeppelin”. The nearest that we have" in page
    assert 'class="card' in page
    assert "Best match" not in page
    assert "Best match" in client.get("/search/?q=chair").content.decode()
