"""What the worker does for the index by itself, and what it takes up again after it was killed."""

import io
import json

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from catalog.models import Category, Product
from search import serving
from search.build import pins, retire, upkeep
from search.build.embed import embed_image, fill_bundle
from search.build.job import folder_of
from search.build.merge import merge
from search.build.upkeep import keep_index, renew_foreign_rows
from search.models import Bundle, Click, Generation, ImageVector, Pin, QueryLog, ServingEvent
from tests.fake_bundles import make_bundle, make_item
from tests.shop import server_connection

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def blue(settings, tmp_path):
    """Live, with forty items and no generation yet."""
    settings.SIGHTLINE_BUNDLES_DIR, settings.SIGHTLINE_INDEX_DIR = tmp_path / "bundles", tmp_path / "index"
    settings.SIGHTLINE_MERGE_MIN_ROWS = 20
    blue = make_bundle("blue", 16, lambda number: number // 5)
    Bundle.objects.create(id=blue.id, dim=blue.dim, state="live")
    for number in range(40):
        make_item(number)
    while fill_bundle(blue.id):
        pass
    yield blue
    serving.forget()


def here(*arguments: str) -> None:
    """The long work in this process: the command is the same."""
    call_command(*arguments, "--json", stdout=io.StringIO())


def nothing(*arguments: str) -> None:
    """A worker that is killed whenever it begins something long."""


def states() -> list[str]:
    return list(Generation.objects.order_by("created_at").values_list("state", flat=True))


def hot() -> int:
    return ImageVector.objects.filter(hot=True).count()


def test_the_first_generation_is_merged_verified_promoted_and_settled(blue):
    keep_index(here)
    assert (states(), hot()) == (["live"], 0)
    assert list(ServingEvent.objects.order_by("pk").values_list("verb", "actor")) == [
        ("build", "worker"),
        ("verify", "worker"),
        ("promote", "worker"),
    ]
    keep_index(here)
    assert states() == ["live"]


def test_new_rows_are_hot_until_the_next_merge(blue):
    keep_index(here)
    embed_image(make_item(40).pk)
    keep_index(here)
    assert (states(), hot()) == (["live"], 1)
    merge(blue.id, actor="worker")
    keep_index(here)
    assert (states(), hot()) == (["retired", "live"], 1)  # the one before does not hold it
    merge(blue.id, actor="worker")
    keep_index(here)
    keep_index(here)
    assert (states(), hot()) == (["retired", "live"], 0)


def test_what_was_killed_after_building_is_verified_by_the_next_run(blue):
    merge(blue.id, actor="worker")
    keep_index(nothing)
    assert states() == ["ready"]
    keep_index(here)
    assert states() == ["live"]


def test_what_another_process_is_building_is_left_to_it(blue):
    Generation.objects.create(id="x", bundle_id=blue.id)
    with server_connection(connection.settings_dict["NAME"]) as other:
        other.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [f"sightline.build:{blue.id}"])
        keep_index(here)
        assert states() == ["building"]
        other.execute("SELECT pg_advisory_unlock_all()")  # the end of a session is noticed a moment later
    keep_index(here)
    assert states() == ["live"]


def test_an_operators_generation_waits_for_the_operator(blue, settings):
    merge(blue.id, actor="ann")
    keep_index(here)
    assert states() == ["ready"]
    settings.SIGHTLINE_AUTO_PROMOTE_MERGES = False
    Generation.objects.all().delete()
    keep_index(here)
    assert states() == ["ready"]


@pytest.mark.parametrize("damage", ["deleted", "shortened", "flipped"])
def test_a_damaged_generation_is_built_again(blue, damage):
    keep_index(here)
    folder = folder_of(Generation.objects.get().pk)
    file = max(folder.rglob("*"), key=lambda path: path.stat().st_size if path.is_file() else 0)
    data = bytearray(file.read_bytes())
    if damage == "deleted":
        file.unlink()
    elif damage == "shortened":
        file.write_bytes(data[:-100])
    else:
        data[len(data) // 2] ^= 1
        file.write_bytes(data)
        keep_index(here)
        assert states() == ["live"]  # sizes say nothing of it
        with pytest.raises(CommandError, match="is not promoted"):
            upkeep.check_live(here)
    keep_index(here)
    assert states() == ["retired", "live"]


def test_after_a_restore_rows_are_renewed_and_built_again(blue):
    keep_index(here)
    live = Generation.objects.get()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE search_imagevector SET written = '99999999999'::xid8")
    manifest = json.loads((folder_of(live.pk) / "manifest.json").read_text()) | {"cluster": "another"}
    (folder_of(live.pk) / "manifest.json").write_text(json.dumps(manifest))
    Generation.objects.update(manifest=manifest)
    keep_index(here)
    assert states() == ["retired", "live"]
    assert renew_foreign_rows(blue.id) == 0


def test_a_complete_new_bundle_is_given_its_generation_before_it_takes_over(blue):
    keep_index(here)
    green = make_bundle("green", 24)
    Bundle.objects.create(id=green.id, dim=green.dim, state="building")
    keep_index(here)
    assert not Generation.objects.filter(bundle_id=green.id).exists()  # it is still being filled
    while fill_bundle(green.id):
        pass
    keep_index(here)
    assert Bundle.objects.get(state="live").pk == green.id
    assert Generation.objects.get(bundle_id=green.id).state == "live"
    assert Generation.objects.get(bundle_id=blue.id).state == "live"  # warm, for going back


def test_removals_are_finished(blue):
    keep_index(here)
    green = Bundle.objects.create(id="green", dim=4, state="building")
    retire.retire_bundle(green.pk, "ann")
    keep_index(here)
    assert Bundle.objects.get(pk="green").state == "removed"


def test_what_shoppers_want_is_pinned(blue):
    chairs, lamps, beds = (
        Category.objects.create(name=name, path=f"Furniture > {name}", slug=name.lower())
        for name in ("Chairs", "Lamps", "Beds")
    )
    pins.pin(beds.pk, "ann")
    logs = [QueryLog(asked={"filters": {"category": "lamps"}}, bundle_id=blue.id) for _ in range(30)]
    QueryLog.objects.bulk_create(logs)
    Product.objects.update(category=chairs)
    clicks = [Click(query=logs[0], product=Product.objects.first(), rank=1) for _ in range(25)]
    Click.objects.bulk_create(clicks)
    assert pins.pin_by_traffic(0) == ()
    assert pins.pin_by_traffic(5) == (lamps.pk, chairs.pk)
    assert pins.pin_by_traffic(1) == (lamps.pk,)
    assert dict(Pin.objects.values_list("category__slug", "why")) == {"beds": "policy", "lamps": "traffic"}
