"""A product whose words change has its pictures encoded again, and is found meanwhile."""

from datetime import timedelta

import pytest
from django.utils import timezone

from catalog.models import Image, Product
from search.build import embed
from search.models import Bundle, ImageVector
from tests import fake_bundles

pytestmark = pytest.mark.django_db


@pytest.fixture
def image(settings, tmp_path) -> Image:
    settings.SIGHTLINE_BUNDLES_DIR = tmp_path
    bundle = fake_bundles.make_bundle("worded", 16)
    Bundle.objects.create(pk=bundle.id, dim=16, state=Bundle.State.LIVE)
    image = fake_bundles.make_item(3)
    embed.embed_image(image.pk)
    image.refresh_from_db()
    assert image.status == Image.Status.INDEXED
    return image


def change(image: Image, **fields) -> str:
    """The picture's state after its product was saved with these fields."""
    Product.objects.filter(pk=image.product_id).update(**fields)
    image.refresh_from_db()
    return image.status


@pytest.mark.parametrize("fields", [{"title": "Another thing"}, {"attributes": {"color": "green"}}])
def test_other_words_send_the_pictures_back(image, fields):
    yesterday = timezone.now() - timedelta(days=1)
    Image.objects.filter(pk=image.pk).update(waiting_since=yesterday)
    assert change(image, **fields) == Image.Status.INSPECTED
    assert image.waiting_since > yesterday  # not a day late when it is encoded again
    assert ImageVector.objects.filter(image=image).count() == 1
    assert embed.embed_image(image.pk) == 1
    assert change(image) == Image.Status.INDEXED


@pytest.mark.parametrize("fields", [{"title": "Thing"}, {"attributes": {"style": "modern"}}, {"blocked": True}])
def test_what_is_no_word_of_a_vector_changes_nothing(image, fields):
    assert change(image, **fields) == Image.Status.INDEXED


def test_a_rejected_picture_stays_rejected(image):
    Image.objects.filter(pk=image.pk).update(status=Image.Status.REJECTED)
    assert change(image, title="Another thing") == Image.Status.REJECTED


def test_the_words_of_its_product_are_encoded_with_a_picture(image, monkeypatch):
    said = []
    monkeypatch.setattr(
        fake_bundles.FakeBundle,
        "encode_catalog_with_patches",
        lambda bundle, images, words: said.extend(words) or bundle.encode_with_patches(images),
    )
    change(image, title="Lund sofa", attributes={"color": "green"})
    embed.embed_image(image.pk)
    assert said == ["Lund sofa, green"]
