"""The counter of what is searchable is read from the index itself, and each difference from the catalog has a name."""

import json

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob

from catalog.models import Image, Product
from search.build.build import build
from search.build.promote import promote
from search.build.settle import settle
from search.build.verify import verify
from search.models import ImageVector, ServingEvent
from search.retrieve import follow
from search.status.compare import Kind
from search.status.differences import named
from search.status.repair import repair
from search.status.tally import tally
from tests.vector_catalog import add_vectors, clustered, make_bundle

pytestmark = pytest.mark.django_db(transaction=True)
COLD, HOT = 60, 7


@pytest.fixture
def bundle(settings, tmp_path):
    """60 pictures in a live generation, 7 newer ones in the hot tier."""
    settings.SIGHTLINE_INDEX_DIR = tmp_path / "index"
    bundle = make_bundle(state="live")
    add_vectors(bundle, clustered(COLD))
    generation = build(bundle.pk, shards=2)
    assert verify(generation.pk).passed
    promote(generation.pk, "test")
    settle(bundle.pk)
    add_vectors(bundle, clustered(HOT, seed=1), first=COLD)
    yield bundle
    follow.stop()


def behind_its_back(sql: str, values: list) -> None:
    """As nothing of ours writes: no trigger notices."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(sql, values)
        cursor.execute("SET session_replication_role = DEFAULT")


def names(thorough: bool = False) -> list[tuple[str, int]]:
    return [(each.kind.value, each.image_id) for each in named(tally(thorough).differences)]


def test_both_tiers_are_counted_and_they_agree(bundle):
    found = tally(thorough=True)
    assert (found.searchable, found.pictures, found.products_searchable, found.products) == (67, 67, 67, 67)
    assert (found.cold, found.hot, found.disagreeing, found.percent) == (COLD, HOT, 0, 100.0)
    assert found != tally()  # each knows when it was counted, and two can be compared
    states = {"waiting": 0, "inspected": 0, "searchable": 67, "held": 0, "rejected": 0, "failed": 0, "hidden": 0}
    assert found.states == states


def test_what_is_blocked_waits_or_was_rejected_is_no_difference(bundle):
    ids = list(Image.objects.order_by("pk").values_list("pk", flat=True))
    Image.objects.filter(pk=ids[0]).update(blocked=True)
    Product.objects.filter(images__pk=ids[1]).update(blocked=True)
    Image.objects.filter(pk=ids[2]).update(status="rejected")
    Image.objects.filter(pk=ids[3]).update(status="pending")  # found as it was before, until then
    Image.objects.filter(pk=ids[-1]).update(status="failed")
    Image.objects.filter(pk=ids[-2]).delete()
    Image.objects.create(product=Product.objects.first(), source="new")
    found = tally(thorough=True)
    assert (found.searchable, found.pictures, found.disagreeing) == (62, 67, 0)
    states = {"waiting": 2, "inspected": 0, "searchable": 61, "held": 0, "rejected": 1, "failed": 1, "hidden": 2}
    assert found.states == states


def test_each_planted_difference_is_found_and_named(bundle):
    ids = list(Image.objects.order_by("pk").values_list("pk", flat=True))
    ImageVector.objects.filter(image=ids[0]).delete()  # from the cold tier
    ImageVector.objects.filter(image=ids[-1]).update(hot=False)  # in no tier now
    behind_its_back("UPDATE catalog_image SET status = 'rejected' WHERE id = %s", [ids[1]])
    behind_its_back("DELETE FROM catalog_image WHERE id = %s", [ids[2]])
    behind_its_back("UPDATE catalog_image SET product_id = product_id + 1, source = 'm' WHERE id = %s", [ids[3]])
    new = Image.objects.create(product=Product.objects.first(), source="new", status="indexed")
    missing = sorted([ids[0], ids[-1], new.pk])
    expected = [*(("missing", pk) for pk in missing), ("extra", ids[1]), ("extra", ids[2]), ("moved", ids[3])]
    assert names() == expected
    said = {each.image_id: (each.name, each.catalog_says, each.index_says) for each in named(tally().differences)}
    assert said[ids[0]] == (f"V-0, picture 1 (id {ids[0]})", "searchable", "does not hold it")
    assert said[ids[1]] == (f"V-1, picture 1 (id {ids[1]})", "rejected", "still finds it")
    assert said[ids[2]] == (f"picture {ids[2]}", "no such picture", "still finds it")


def test_vectors_that_are_older_or_not_kept_are_found_by_looking_at_all_of_them(bundle):
    ids = list(Image.objects.order_by("pk").values_list("pk", flat=True))
    ImageVector.objects.filter(image=ids[0]).update(vector=[1.0] * 64)
    behind_its_back("UPDATE search_imagevector SET hot = false WHERE image_id = %s", [ids[0]])
    behind_its_back("DELETE FROM search_imagevector WHERE image_id = %s", [ids[1]])
    follow.stop()  # a process that starts now holds the older row for the right one
    kinds = {image: kind for kind, image in names(thorough=True)}
    assert kinds == {ids[0]: "outdated", ids[1]: "unkept"}


def test_mending_takes_out_what_is_left_over_and_encodes_what_is_missing(bundle, monkeypatch):
    monkeypatch.setattr("catalog.services.default_storage.exists", lambda name: True)
    first, second = Image.objects.order_by("pk")[:2]
    Image.objects.filter(pk=first.pk).update(file="there.jpg")
    ImageVector.objects.filter(image=first).delete()
    behind_its_back("DELETE FROM catalog_image WHERE id = %s", [second.pk])
    assert repair([second.pk], "ada") == 1
    assert names() == [("missing", first.pk)]
    assert repair(None, "ada") == 1
    assert names() == []
    first.refresh_from_db()
    assert first.status == Image.Status.INSPECTED
    assert ProcrastinateJob.objects.filter(task_name="search.embed_image", args={"image_id": first.pk}).exists()
    assert list(ServingEvent.objects.filter(verb="repair").values_list("actor", flat=True)) == ["ada", "ada"]


def test_what_has_lost_its_file_is_fetched_again(bundle):
    image = Image.objects.order_by("pk").first()
    ImageVector.objects.filter(image=image).delete()
    assert repair(None, "ada") == 1
    image.refresh_from_db()
    assert image.status == Image.Status.PENDING
    assert ProcrastinateJob.objects.filter(task_name="catalog.inspect_image", args={"image_id": image.pk}).exists()


def test_a_lost_shard_is_counted_as_lost(bundle, settings):
    generation = next(settings.SIGHTLINE_INDEX_DIR.iterdir())
    (generation / "shard-0000" / "vectors.f16").unlink()
    follow.stop()
    found = tally()
    assert 0 < found.searchable < 67 and found.disagreeing == 67 - found.searchable
    assert "shard 0000" in found.wrong[0]


def test_the_command_ends_with_1_where_there_are_any(bundle, capsys):
    call_command("index", "differences")
    assert "67 of 67 pictures" in (said := capsys.readouterr().out) and "0 differences" in said
    image = Image.objects.order_by("pk").first()
    ImageVector.objects.filter(image=image).delete()
    with pytest.raises(CommandError, match="disagree on 1 picture"):
        call_command("index", "differences", "--json", "--repair")
    told = json.loads(capsys.readouterr().out)
    assert (told["differences"][0]["sku"], told["differences"][0]["kind"], told["repaired"]) == ("V-0", "missing", 1)
    call_command("index", "differences")


def test_without_a_generation_the_hot_tier_is_counted():
    bundle = make_bundle(state="live")
    add_vectors(bundle, clustered(5))
    found = tally(thorough=True)
    assert (found.searchable, found.hot, found.cold, found.generation_id, found.disagreeing) == (5, 5, 0, None, 0)


def test_without_a_bundle_nothing_is_searchable(db):
    assert (tally(thorough=True).searchable, tally().percent) == (0, 100.0)


def test_kinds_have_words():
    from search.status.differences import SAID

    assert set(SAID) == set(Kind)
