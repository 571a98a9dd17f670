"""What blocks do to pictures that are just being inspected, were inspected long ago, or were hidden by hand."""

from types import SimpleNamespace

import pytest

from catalog import tasks
from catalog.errors import NotOverridable
from catalog.ingest import inspect
from catalog.models import Image, PictureRule, Product
from catalog.review import services
from tests.conftest import picture

pytestmark = pytest.mark.django_db


@pytest.fixture
def make(tmp_path):
    """A product with one picture that waits to be inspected; pictures of one seed are copies."""

    def make(sku: str, seed: int = 1) -> Image:
        product = Product.objects.create(sku=sku, title=sku)
        (tmp_path / f"{sku}.jpg").write_bytes(picture(seed=seed, size=(300, 260)))
        return Image.objects.create(product=product, source=f"{sku}.jpg", folder=str(tmp_path))

    return make


def run(image: Image) -> Image:
    tasks.attempt(SimpleNamespace(job=SimpleNamespace(attempts=0)), image.pk, inspect.inspect_pending)
    image.refresh_from_db()
    return image


def test_a_block_that_comes_while_a_copy_is_inspected_counts_for_it(make, monkeypatch):
    first, late, store = run(make("A")), make("B"), inspect.store

    def meanwhile(jpeg: bytes) -> str:
        services.block_picture(first.pk, "ada")
        return store(jpeg)

    monkeypatch.setattr(inspect, "store", meanwhile)  # after it was judged, before that is written down
    run(late)
    assert (late.status, late.inspection.cause, late.file) == ("rejected", "blocklist", "")


def test_a_picture_from_before_there_were_thumbnails_can_be_blocked(make):
    old, other = run(make("A")), run(make("B", seed=2))
    Image.objects.filter(pk=old.pk).update(thumbnail=None)
    services.block_picture(old.pk, "ada")
    old.refresh_from_db()
    other.refresh_from_db()
    assert (old.blocked, other.blocked) == (True, False)
    assert run(make("C")).reason == "This picture is on the blocklist."
    services.withdraw_rule(PictureRule.objects.get().pk, "ada")
    old.refresh_from_db()
    assert not old.blocked


def test_what_could_never_be_read_cannot_be_shown_or_blocked():
    product = Product.objects.create(sku="A", title="A")
    image = Image.objects.create(product=product, source="gone.jpg", status="rejected", reason="It is not there.")
    services.reject_picture(image.pk, "ada")
    for decide in (services.allow_picture, services.block_picture):
        with pytest.raises(NotOverridable):
            decide(image.pk, "ada")


def test_what_was_hidden_by_hand_stays_hidden_when_a_rule_goes(make):
    by_hand, blocked = run(make("A")), run(make("B"))
    Image.objects.filter(pk=by_hand.pk).update(blocked=True)
    services.block_picture(blocked.pk, "ada")
    services.withdraw_rule(PictureRule.objects.get().pk, "ada")
    by_hand.refresh_from_db()
    blocked.refresh_from_db()
    assert (by_hand.blocked, blocked.blocked) == (True, False)
