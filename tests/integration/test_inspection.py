"""What inspection lets through, holds and rejects, and what people's decisions change about it, for good."""

import io
from types import SimpleNamespace

import pytest
from django.core.files.storage import default_storage, storages
from django.db import DatabaseError, transaction
from PIL import Image as PillowImage
from procrastinate.contrib.django.models import ProcrastinateJob

from catalog import services as catalog_services
from catalog import tasks
from catalog.errors import DecidedAlready, NoDecision, NotOverridable
from catalog.find import STATE_OF
from catalog.ingest import inspect, judge
from catalog.ingest.sources import UPLOAD
from catalog.ingest.upload import add_upload
from catalog.models import Category, Decision, Image, NearDuplicate, PictureRule, Product, Seller
from catalog.review import kept, services, undo
from catalog.review.pairs import accept_suggestion, decide_pairs, decline_suggestion
from catalog.review.queries import counts, history, lacking, next_group, next_picture
from ml.inspect.safety import Part
from search.status.pictures import State, picture_statuses
from tests.conftest import picture

pytestmark = pytest.mark.django_db
FOOT = Part("FEET_EXPOSED", 0.8, (10, 10, 60, 60))  # a harmless part stands in for those that the policy is for


@pytest.fixture
def make(tmp_path):
    """Makes a product with one picture, and inspects it as the worker does."""

    def make(sku: str, seed: int = 1, data: bytes | None = None, **fields) -> Image:
        product, _ = Product.objects.get_or_create(sku=sku, defaults={"title": sku, **fields})
        source = f"{sku}-{seed}.jpg"
        (tmp_path / source).write_bytes(data or picture(seed=seed, size=(300, 260)))
        image = Image.objects.create(product=product, source=source, folder=str(tmp_path))
        return run(image)

    return make


def run(image: Image) -> Image:
    tasks.attempt(SimpleNamespace(job=SimpleNamespace(attempts=0)), image.pk, inspect.inspect_pending)
    image.refresh_from_db()
    return image


def fetched_again(image: Image) -> Image:
    Image.objects.filter(pk=image.pk).update(status="pending")
    return run(image)


@pytest.fixture
def sees(monkeypatch):
    """Says what the detector of bare skin sees from now on."""
    seen: list[Part] = []
    monkeypatch.setattr(judge, "skin_detector", lambda: SimpleNamespace(find=lambda image: tuple(seen)))

    def sees(*parts: Part) -> None:
        seen[:] = parts

    return sees


@pytest.fixture
def barefoot(settings, sees):
    """Feet are held from 0.3 on and rejected from 0.9 on; one of 0.8 is in every picture."""
    settings.SIGHTLINE_SAFETY_HOLD, settings.SIGHTLINE_SAFETY_REJECT = {"FEET_EXPOSED": 0.3}, {"FEET_EXPOSED": 0.9}
    settings.SIGHTLINE_SAFETY_TOLERANT_HOLD = {}
    sees(FOOT)


def embeddings() -> int:
    return ProcrastinateJob.objects.filter(task_name="search.embed_image").count()


def private_files() -> list[str]:
    return storages["private"].listdir("held")[1] if storages["private"].exists("held") else []


@pytest.fixture
def no_copies():
    """Other tests leave theirs: what they wrote in their transaction is gone, what they stored is not."""
    for name in private_files():
        storages["private"].delete(f"held/{name}")


def encoded(image: Image, quality: int) -> bytes:
    """The stored picture, as another server might send it."""
    with default_storage.open(image.file) as file:
        out = io.BytesIO()
        PillowImage.open(file).save(out, "JPEG", quality=quality)
    return out.getvalue()


def test_a_doubtful_picture_is_held_and_nobody_outside_can_see_it(make, barefoot):
    image = make("A")
    assert (image.status, image.file, embeddings()) == ("held", "", 0)
    assert "feet exposed" in image.reason and "80%" in image.reason
    assert image.inspection.parts == [["FEET_EXPOSED", 0.8, [10, 10, 60, 60]]]
    assert kept.read_kept(image.inspection.kept)[:2] == b"\xff\xd8"
    assert counts().held == 1 and next_picture("held", 0) == image
    assert not catalog_services.mark_indexed(image.pk)
    assert catalog_services.requeue(Image.objects.all()) == 0  # no way around a person


def test_an_upload_is_public_once_it_was_inspected_and_not_before(make, barefoot, django_capture_on_commit_callbacks):
    make("A")
    upload = add_upload("A", picture(seed=5))
    assert upload.file == "" and not default_storage.exists(upload.source.removeprefix(UPLOAD))
    upload = run(upload)
    assert (upload.status, upload.file) == ("held", "")
    assert not default_storage.exists(upload.source.removeprefix(UPLOAD))
    services.allow_picture(upload.pk, "ada", "held")
    upload.refresh_from_db()
    assert default_storage.exists(upload.file)
    with django_capture_on_commit_callbacks(execute=True):
        catalog_services.delete_images(Image.objects.filter(pk=upload.pk))
    assert not default_storage.exists(upload.file)
    assert not storages["uploads"].exists(upload.source.removeprefix(UPLOAD))


def test_yes_publishes_it_and_counts_when_it_is_fetched_again(make, barefoot):
    image = make("A")
    services.allow_picture(image.pk, "ada", "held")
    image.refresh_from_db()
    assert (image.status, image.reason, embeddings()) == ("inspected", "", 1)
    assert default_storage.exists(image.file)
    assert fetched_again(image).status == "inspected"
    (decision,) = Decision.objects.all()
    assert (decision.by, decision.queue, decision.said, decision.subject) == ("ada", "held", "may be shown", "A")


def test_yes_counts_for_the_same_product_when_its_server_encodes_it_anew(make, barefoot):
    image = make("A")
    services.allow_picture(image.pk, "ada")
    image.refresh_from_db()
    again = encoded(image, quality=60)
    image.delete()
    assert make("A", data=again).status == "inspected"
    assert make("B", data=again).status == "held"  # another product's picture is another question
    assert make("C", data=picture(seed=1, size=(300, 260))).status == "inspected"  # these very bytes were looked at


def test_no_rejects_it_for_good_until_that_is_taken_back(make, barefoot):
    image = make("A")
    services.reject_picture(image.pk, "ada", "held")
    image.refresh_from_db()
    assert (image.status, counts().held, counts().rejected) == ("rejected", 0, 0)
    assert fetched_again(image).status == "rejected"
    assert image.reason == judge.BY_PERSON
    undo.undo_last("ada")
    image.refresh_from_db()
    assert image.status == "held"


def test_what_is_clearly_explicit_is_rejected_and_can_be_overridden(make, barefoot, sees):
    sees(Part("FEET_EXPOSED", 0.95, (0, 0, 9, 9)))
    image = make("A")
    assert (image.status, image.inspection.cause, counts().rejected) == ("rejected", "safety", 1)
    services.allow_picture(image.pk, "ada")
    image.refresh_from_db()
    assert image.status == "inspected"


@pytest.mark.parametrize(("skin", "status"), [("strict", "held"), ("tolerant", "inspected"), ("off", "inspected")])
def test_a_category_may_expect_skin(make, barefoot, skin, status):
    above = Category.objects.create(name="Clothes", path="Clothes", slug="clothes", skin=skin)
    below = Category.objects.create(name="Socks", path="Clothes > Socks", slug="socks", parent=above)
    assert make("A", category=below).status == status
    Category.objects.filter(pk=below.pk).update(skin="strict")
    assert make("B", seed=2, category=below).status == "held"  # the nearest one that says anything


def test_the_house_may_look_at_nothing(make, barefoot, settings):
    settings.SIGHTLINE_SAFETY = "off"
    assert make("A").status == "inspected"


def test_undo_holds_what_was_shown(make, barefoot):
    image = make("A")
    services.allow_picture(image.pk, "ada")
    catalog_services.mark_indexed(image.pk)
    undo.undo_last("ada")
    image.refresh_from_db()
    assert (image.status, PictureRule.objects.filter(withdrawn_at=None).count()) == ("held", 0)
    assert fetched_again(image).status == "held"
    with pytest.raises(NoDecision):
        undo.undo_last("ada")


def test_a_quality_policy_warns_rejects_or_looks_away(make, settings):
    small = picture(seed=3, size=(120, 110))
    image = make("A", data=small)
    assert (image.status, counts().warnings) == ("inspected", 1)
    assert image.inspection.warnings[0][0] == "small"
    settings.SIGHTLINE_QUALITY = {**settings.SIGHTLINE_QUALITY, "small": "reject"}
    assert "120 x 110" in make("B", data=small).reason
    settings.SIGHTLINE_QUALITY = {**settings.SIGHTLINE_QUALITY, "small": "off"}
    assert not hasattr(make("C", data=small), "inspection")


def test_a_warning_that_was_looked_at_does_not_come_again(make):
    image = make("A", data=picture(seed=3, size=(120, 110)))
    services.allow_picture(image.pk, "ada", "warnings")
    assert counts().warnings == 0
    image = fetched_again(image)
    assert (image.status, counts().warnings) == ("inspected", 0)


def test_a_block_hides_every_copy_and_refuses_new_ones(make):
    first, copy, other = make("A"), make("B"), make("C", seed=2)
    services.block_picture(first.pk, "ada", "held")
    blocked = set(Image.objects.filter(blocked=True).values_list("pk", flat=True))
    assert blocked == {first.pk, copy.pk}
    late = make("D", data=encoded(other, 90))
    assert late.status == "inspected"
    late = make("E", data=encoded(first, 55))
    assert (late.status, late.reason) == ("rejected", judge.ON_BLOCKLIST)
    with pytest.raises(NotOverridable):
        services.allow_picture(late.pk, "ada")
    undo.undo_last("ada")
    assert not Image.objects.filter(blocked=True).exists()
    assert fetched_again(late).status == "inspected"


def test_a_picture_that_two_rules_block_stays_blocked_when_one_goes(make):
    first, copy = make("A"), make("B")
    services.block_picture(first.pk, "ada")
    services.block_picture(copy.pk, "ada")
    one, two = PictureRule.objects.order_by("pk")
    services.withdraw_rule(one.pk, "ada")
    assert Image.objects.filter(blocked=True).count() == 2
    services.withdraw_rule(two.pk, "ada")
    assert Image.objects.filter(blocked=True).count() == 0
    with pytest.raises(DecidedAlready):
        services.withdraw_rule(two.pk, "ada")


def test_copies_go_with_their_pictures(no_copies, make, barefoot, django_capture_on_commit_callbacks):
    image = make("A")
    assert len(private_files()) == 1
    with django_capture_on_commit_callbacks(execute=True):
        fetched_again(image)
    assert len(private_files()) == 1
    with django_capture_on_commit_callbacks(execute=True):
        catalog_services.delete_products(["A"])
    assert private_files() == []


def test_forgotten_copies_are_deleted_after_a_day(no_copies, make, barefoot, monkeypatch):
    make("A")
    kept.keep(b"forgotten")
    assert kept.purge_copies() == 0
    monkeypatch.setattr(kept, "FORGOTTEN_H", -1)
    assert kept.purge_copies() == 1
    assert len(private_files()) == 1


def test_look_alikes_of_other_products_are_grouped(make):
    make("A"), make("B"), make("C"), make("D", seed=2)
    assert NearDuplicate.objects.count() == 3
    group = next_group(0)
    assert [member.product.sku for member in group.members] == ["A", "B", "C"]
    assert (group.bits, group.distance) == (0, 0.0)
    decide_pairs(["A", "B"], "same_product", "ada")
    assert counts().duplicates == 2  # C still is a question
    decide_pairs(["C", "A", "B"], "different", "ada")
    assert (counts().duplicates, next_group(0)) == (0, None)
    undo.undo_last("ada")
    assert counts().duplicates == 2


def test_variants_and_equal_gtins_are_no_question(make):
    make("A", group_id="G"), make("B", group_id="G"), make("C", gtin="4006381333931"), make("D", gtin="4006381333931")
    pairs = {(pair.image.product.sku, pair.other.product.sku) for pair in NearDuplicate.objects.all()}
    assert ("B", "A") not in pairs
    assert counts().duplicates == 4  # A and B with C and D


def test_a_verdict_outlives_pictures_and_products(make):
    make("A"), make("B")
    decide_pairs(["A", "B"], "different", "ada")
    catalog_services.delete_products(["A", "B"])
    make("B"), make("A")
    assert (NearDuplicate.objects.count(), counts().duplicates) == (1, 0)


def test_a_picture_of_very_many_products_makes_a_star(make, monkeypatch):
    for number in range(9):
        make(f"S{number}")
    assert NearDuplicate.objects.filter(image__product__sku="S8").count() == 5
    assert len(next_group(0).members) == 9


def test_suggestions_fill_in_what_is_missing_and_no_more(make):
    chairs = Category.objects.create(name="Chairs", path="Chairs", slug="chairs")
    image = make("A", attributes={"color": "red"})
    catalog_services.mark_indexed(image.pk)
    assert lacking().get().sku == "A"
    accept_suggestion(image.product_id, chairs.pk, {"color": "blue", "material": "oak"}, "ada")
    product = Product.objects.get(sku="A")
    assert (product.category, product.attributes) == (chairs, {"color": "red", "material": "oak"})
    with pytest.raises(DecidedAlready):
        accept_suggestion(image.product_id, chairs.pk, {"material": "steel"}, "ada")
    undo.undo_last("ada")
    product.refresh_from_db()
    assert (product.category, product.attributes) == (None, {"color": "red"})
    decline_suggestion(image.product_id, "ada")
    assert not lacking().exists()
    undo.undo_last("ada")
    assert lacking().exists()


def test_a_blocked_seller_is_a_decision_like_any_other():
    seller = Seller.objects.create(name="Harbour")
    services.block_seller(seller.pk, True, "ada")
    assert Seller.objects.get().blocked
    undo.undo_last("ada")
    assert not Seller.objects.get().blocked
    assert [line.said for line in history()] == ["taken back", "blocked"]


def test_the_log_only_grows():
    seller = Seller.objects.create(name="Harbour")
    decision = services.block_seller(seller.pk, True, "ada")
    for change in (lambda: Decision.objects.update(by="eve"), lambda: Decision.objects.filter(pk=decision.pk).delete()):
        with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
            change()
    assert Decision.objects.get().by == "ada"


def test_nobody_takes_back_what_another_decided(make, barefoot):
    services.allow_picture(make("A").pk, "ada")
    with pytest.raises(NoDecision):
        undo.undo_last("bob")


def test_every_state_of_a_picture_has_its_place_in_lists(make, barefoot):

    assert set(STATE_OF) == set(Image.Status)
    image = make("A")
    assert picture_statuses([image.pk])[image.pk].state == State.HELD
