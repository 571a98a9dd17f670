"""How will shoppers find this? What one product's page finds out, and that nothing of it is logged."""

import re

import numpy as np
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from catalog.models import Image, Product
from search.build.embed import embed_image
from search.findability.advice import advise
from search.findability.facts import Known
from search.findability.report import findability
from search.models import QueryLog, QueryPhoto, QuerySample
from tests.conftest import picture
from tests.people import person
from tests.search_catalog import make_catalog

pytestmark = pytest.mark.django_db


@pytest.fixture
def catalog():
    return make_catalog(6)


def words(product: Product, image_id: int | None = None) -> str:
    return " ".join(each.text for each in findability(product, image_id).advice)


def add(product: Product, data: bytes) -> Image:
    file = default_storage.save("products/more.jpg", ContentFile(data))
    image = Image.objects.create(product=product, source=file, file=file, position=1, status="inspected")
    embed_image(image.pk)
    return image


def test_its_own_picture_and_title_find_it_and_nothing_is_logged(catalog, settings):
    settings.SIGHTLINE_SAMPLE_EVERY = 1
    found = findability(catalog.products[0])
    assert found.picture.whole.place == 1 and found.picture.unseen is None
    assert {crop.attempt.place for crop in found.picture.crops} <= {1, 2, 3, 4, 5, 6}
    assert found.by_title.place == 1
    assert len(found.rivals) == 5 and catalog.products[0].pk not in {rival.card.id for rival in found.rivals}
    likeness = [rival.likeness for rival in found.rivals]
    assert likeness == sorted(likeness, reverse=True) and -1 <= likeness[-1] <= likeness[0] <= 1.01
    assert not QueryLog.objects.exists() and not QueryPhoto.objects.exists() and not QuerySample.objects.exists()


def test_a_twin_is_named_and_so_is_who_comes_before(catalog):
    product, twin = catalog.products[0], catalog.products[1]
    add(twin, catalog.picture_of(0))
    found = findability(product)
    assert found.rivals[0].card.sku == twin.sku and found.rivals[0].is_twin
    assert f"{twin.sku} looks the same" in words(product)


def test_without_this_picture_its_others_are_asked(catalog):
    more = add(catalog.products[0], picture(seed=7))
    found = findability(catalog.products[0], more.pk)
    assert found.chosen.image_id == more.pk
    assert found.picture.whole.place == 1 and found.picture.unseen.place != 1 or found.picture.unseen.is_first
    assert found.picture.unseen.first != ()


def test_what_is_wrong_is_said(catalog):
    product = catalog.products[2]
    assert "The picture is only 240 x 200 pixels" in words(product)
    Image.objects.filter(product=product).update(status="failed", reason="Timeout.")
    assert "1 picture is failed" in words(product)
    Image.objects.filter(product=product).update(file="gone.jpg")
    assert "cannot be read" in findability(product).refused
    Image.objects.filter(product=product).delete()
    assert "It has no picture" in words(product)
    Product.objects.filter(pk=product.pk).update(blocked=True)
    product.refresh_from_db()
    assert "This product is blocked" in words(product)


def test_nothing_known_is_nothing_wrong():
    known = Known(Product(), (), None, None, None, ())
    assert [each.wrong for each in advise(known)] == [True]  # it has no picture


def test_the_page(catalog, client):
    client.force_login(person("catalog-admin"))
    product = catalog.products[0]
    address = f"/manage/products/{product.sku}/findability/"
    page = " ".join(re.sub(r"<[^>]+>", " ", client.get(address).content.decode()).split())
    assert "How will shoppers find this?" in page and "Found first" in page and "Nearest in the index" in page
    part = client.get(address + "?picture=x", headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part and "By its title" in part
    assert client.get("/manage/products/none/findability/").status_code == 404
    client.logout()
    assert client.get(address).status_code == 302
    client.force_login(person("rater"))
    assert client.get(address).status_code == 403


def test_a_product_that_no_picture_of_is_indexed_yet(catalog, client):
    client.force_login(person("catalog-admin"))
    product = Product.objects.create(sku="new/1", title="Something new")
    page = client.get("/manage/products/new%2F1/findability/").content.decode()
    assert product.sku in page and "It has no picture" in page and "None of its pictures is in the index" in page
    assert np.isfinite(findability(catalog.products[1]).rivals[0].likeness)
