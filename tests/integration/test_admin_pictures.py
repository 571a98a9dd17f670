"""One product's pictures on its page: ordered, described, hidden, removed, tried again; with HTMX and without."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateJob

from catalog.edits.undo import undo
from catalog.models import Edit, Image, Product
from tests.conftest import picture
from tests.people import person

pytestmark = pytest.mark.django_db


@pytest.fixture
def product():
    product = Product.objects.create(sku="A", title="Sofa", group_id="G")
    Product.objects.create(sku="B", title="Sofa in red", group_id="G")
    for position, status in enumerate(("indexed", "failed", "rejected")):
        Image.objects.create(product=product, source=f"{position}.jpg", position=position, status=status, reason="why")
    return product


@pytest.fixture
def press(client, product):
    client.force_login(person("catalog-admin", username="ada"))

    def send(verb: str, htmx: bool = True, **data):
        url = reverse("admin:catalog_product_pictures", args=[product.pk, verb])
        return client.post(url, data, headers={"HX-Request": "true"} if htmx else {})

    return send


def order(product) -> list[str]:
    return [source[0] for source in product.images.order_by("position").values_list("source", flat=True)]


def ids(product) -> list[int]:
    return list(product.images.order_by("position").values_list("pk", flat=True))


def test_the_page_shows_pictures_and_variants(client, product, press):
    page = client.get(reverse("admin:catalog_product_change", args=[product.pk])).content.decode()
    assert page.count('sl-picture"') == 3 and "Sofa in red" in page and "why" in page
    assert "How will shoppers find this?" in page and reverse("catalog_status_sku", args=["A"]) in page


def test_pictures_change_places(product, press):
    first, second, third = ids(product)
    assert b'id="pictures"' in press("reorder", order=f"{third},{first},{second}").content
    assert order(product) == ["2", "0", "1"]
    press("move", image=second, to="earlier")
    assert order(product) == ["2", "1", "0"]
    press("move", image=third, to="earlier")  # is the first already
    assert order(product) == ["2", "1", "0"]
    undo(Edit.objects.latest("pk"), "ada")
    assert order(product) == ["2", "0", "1"]


@pytest.mark.parametrize("wrong", ["1,2", "", "1,2,x", "9999999999999999999999"])
def test_a_wrong_order_changes_nothing(product, press, wrong):
    response = press("reorder", order=wrong)
    assert response.status_code in (200, 404) and order(product) == ["0", "1", "2"]
    if response.status_code == 200:
        assert b"have changed meanwhile" in response.content


def test_alt_texts_and_blocks_and_retries(product, press):
    first, second, _ = ids(product)
    press("describe", image=first, alt="  A blue sofa from the front ")
    press("hide", image=first)
    image = Image.objects.get(pk=first)
    assert (image.alt, image.blocked) == ("A blue sofa from the front", True)
    press("show", image=first)
    assert not Image.objects.filter(blocked=True).exists()
    assert b"waits for the worker" in press("retry", image=second).content
    assert Image.objects.get(pk=second).status == "pending" and ProcrastinateJob.objects.count() == 1
    assert b"on its way already" in press("retry", image=first).content


def test_a_picture_is_removed_and_brought_back(product, press):
    first = ids(product)[0]
    assert press("remove", htmx=False, image=first).status_code == 302
    assert order(product) == ["1", "2"]
    undo(Edit.objects.latest("pk"), "ada")
    assert order(product) == ["0", "1", "2"] and Image.objects.get(pk=first).status == "pending"


def test_uploads_wait_for_the_worker_and_bad_files_are_named(product, press):
    good = [SimpleUploadedFile(f"{seed}.jpg", picture(seed=seed), "image/jpeg") for seed in (1, 2)]
    assert b"2 pictures wait" in press("upload", files=good).content
    assert product.images.count() == 5 and Edit.objects.latest("pk").who == "ada"
    bad = press("upload", files=[SimpleUploadedFile("x.jpg", b"no picture", "image/jpeg")])
    assert b"sl-said bad" in bad.content and product.images.count() == 5
    assert b"Choose a picture first" in press("upload").content


def test_anothers_picture_and_unknown_verbs_are_not_there(product, press, client):
    other = Image.objects.create(product=Product.objects.get(sku="B"), source="x.jpg")
    for verb in ("describe", "remove", "hide", "move"):
        press(verb, image=other.pk, alt="x")
    other.refresh_from_db()
    assert (other.alt, other.blocked, other.position) == ("", False, 0)
    assert press("explode", image=other.pk).status_code == 404
    assert press("hide", image="x").status_code == 404
    assert client.get(reverse("admin:catalog_product_pictures", args=[product.pk, "hide"])).status_code == 405


def test_the_form_of_one_picture_leaves_to_the_worker_what_is_the_workers(client, product):
    client.force_login(person("catalog-admin", username="ada"))
    image = product.images.first()
    with CaptureQueriesContext(connection) as asked:
        client.post(reverse("admin:catalog_image_change", args=[image.pk]), {"alt": "A sofa"})
    (update,) = [each["sql"] for each in asked if each["sql"].startswith('UPDATE "catalog_image"')]
    assert '"alt"' in update and '"status"' not in update
