"""A photo dropped on the product list leads to the list of what it shows."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from search.models import QueryLog, QueryPhoto
from tests.people import person
from tests.search_catalog import make_catalog

pytestmark = pytest.mark.django_db
DOOR = reverse("find_by_photo")
LIST = reverse("admin:catalog_product_changelist")


@pytest.fixture
def admin(client):
    client.force_login(person("catalog-admin"))
    return client


def drop(admin, data: bytes):
    return admin.post(DOOR, {"image": SimpleUploadedFile("photo.jpg", data, "image/jpeg")}, follow=True)


def test_the_sku_is_found_and_nothing_is_kept(admin):
    catalog = make_catalog(6)
    page = drop(admin, catalog.picture_of(3))
    assert page.redirect_chain[0][0].startswith(f"{LIST}?found=")
    assert page.context["cl"].result_list[0].sku == "SKU-3"
    assert "All products" in page.content.decode()
    assert not QueryLog.objects.exists() and not QueryPhoto.objects.exists()


def test_what_cannot_be_searched_with_says_so(admin):
    make_catalog(1)
    page = drop(admin, b"no picture")
    assert page.redirect_chain == [(LIST, 302)] and len(list(page.context["messages"])) == 1
    assert "No photo came" in admin.post(DOOR, follow=True).content.decode()
    assert admin.get(DOOR).status_code == 405
