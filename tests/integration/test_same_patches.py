"""Pictures that are alike for the vectors, told apart patch by patch, through the whole search."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import ImageDraw

from catalog.models import Image
from ml.encode.patches import unpack
from search.build import embed
from search.build.embed import embed_image
from search.build.register import register_bundle
from search.models import ImageVector
from search.pipeline import find_objects, find_products
from search.serving import live_bundle_id, loaded_bundle
from search.types import Query
from tests.cartons import as_jpeg
from tests.prints import label
from tests.search_catalog import add_picture, make_product

pytestmark = pytest.mark.django_db
LABELS = range(4)


@pytest.fixture(autouse=True)
def by_patches_alone(settings):
    settings.SIGHTLINE_LOOK_TIMEOUT_MS = settings.SIGHTLINE_READ_TIMEOUT_MS = 0


@pytest.fixture
def shelf():
    """Four labels, all of them with the first one's vector."""
    register_bundle()
    for number in LABELS:
        product = make_product(number, title=f"Label {number}", brand="", attributes={})
        Image.objects.filter(product=product).delete()
        embed_image(add_picture(product, as_jpeg(label(number))).pk)
    ImageVector.objects.update(vector=ImageVector.objects.order_by("pk").first().vector)


def half_hidden(number: int):
    picture = label(number)
    ImageDraw.Draw(picture).rectangle((0, 0, picture.width * 2 // 5, picture.height), fill="#885522")
    return picture


def search(picture, **how):
    found = find_objects(as_jpeg(picture))
    whole = (0.0, 0.0, float(found.width), float(found.height))
    return find_products(Query(photo=found.photo, bbox=whole, mode="same_product", **how)).results


def test_a_half_hidden_thing_is_first_and_says_why(shelf):
    for number in LABELS:
        results = search(half_hidden(number))
        assert results[0].sku == f"SKU-{number}"
        assert results[0].scores["patches"] > results[1].scores["patches"] >= results[-1].scores["patches"] == 0


def test_patches_are_stored_with_the_vector_and_made_anew_with_it(shelf):
    row = ImageVector.objects.select_related("image").first()
    bundle = loaded_bundle(live_bundle_id())
    before = unpack(bytes(row.patches), bundle.patch_dim)
    expected = bundle.encode_with_patches([embed.open_stored(row.image.file)]).patches[0]
    assert (before * expected).sum(axis=1).min() > 0.99
    ImageVector.objects.update(patches=None)
    Image.objects.filter(pk=row.image_id).update(status=Image.Status.INSPECTED)
    embed_image(row.image_id)
    row.refresh_from_db()
    np.testing.assert_array_equal(unpack(bytes(row.patches), bundle.patch_dim), before)


def test_pictures_without_patches_are_found_by_their_vectors(shelf):
    ImageVector.objects.update(patches=None)
    results = search(label(2))
    assert len(results) == len(LABELS)
    assert all("patches" not in card.scores for card in results)


def test_with_words_the_vectors_decide(shelf):
    assert all("patches" not in card.scores for card in search(label(2), text="label"))


def test_a_bundle_without_patches_stores_none(shelf, monkeypatch):
    bundle = loaded_bundle(live_bundle_id())
    monkeypatch.setattr(bundle.image_encoder, "spec", replace(bundle.image_encoder.spec, patch_dim=0))
    image = Image.objects.first()
    Image.objects.filter(pk=image.pk).update(status=Image.Status.INSPECTED)
    embed_image(image.pk)
    assert ImageVector.objects.get(image=image).patches is None
    assert all("patches" not in card.scores for card in search(label(2)))
