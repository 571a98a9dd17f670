"""Blue and green: a second model is filled beside the first, tried, takes over, is taken back, and is given up."""

import json
import shutil

import pytest
from django.core.files.storage import default_storage
from django.db import connection

from catalog.models import Image
from search import serving
from search.build import bundles, golden, register
from search.build.embed import bundles_to_fill, embed_image, fill_bundle
from search.build.retire import finish_bundle_removals, retire_bundle, retire_old_bundles
from search.errors import ChangedMeanwhile, NothingToGoBackTo, NotReady, StillNeeded, UnknownBundle
from search.models import Bundle, Generation, ImageVector, ServingEvent
from tests.fake_bundles import FakeBundle, make_bundle, make_item
from tests.generations import make_generation

pytestmark = pytest.mark.django_db


@pytest.fixture
def blue(settings):
    """Live, with eight items."""
    blue = make_bundle("blue", 16)
    Bundle.objects.create(id=blue.id, dim=blue.dim, state="live")
    for number in range(8):
        embed_image(make_item(number).pk)
    check_constraints()
    return blue


@pytest.fixture
def green(blue):
    """Known, and empty yet."""
    green = make_bundle("green", 24)
    Bundle.objects.create(id=green.id, dim=green.dim, state="building")
    return green


@pytest.fixture(autouse=True)
def own_folder(settings, tmp_path):
    settings.SIGHTLINE_BUNDLES_DIR = tmp_path
    yield
    serving.forget()


def fill(bundle: FakeBundle) -> None:
    while fill_bundle(bundle.id):
        pass


def states() -> dict[str, str]:
    return dict(Bundle.objects.values_list("pk", "state"))


def check_constraints() -> None:
    """Now instead of at the end of the test: no index can be made or dropped while they wait."""
    connection.check_constraints()


def count(bundle: FakeBundle) -> int:
    return ImageVector.objects.filter(bundle_id=bundle.id).count()


def test_pictures_wait_where_there_is_no_bundle_yet_and_the_first_one_is_filled_with_them():
    image = make_item(1)
    assert embed_image(image.pk) == 0
    image.refresh_from_db()
    assert image.status == Image.Status.INSPECTED
    blue = make_bundle("blue", 16)
    Bundle.objects.create(id=blue.id, dim=blue.dim, state="live")
    fill(blue)
    image.refresh_from_db()
    assert image.status == Image.Status.INDEXED


def test_a_bundle_goes_live_when_every_picture_has_its_vector(blue, green):
    with pytest.raises(NotReady, match="8 pictures have no vector of it yet"):
        bundles.promote(green.id, "ann")
    assert states() == {blue.id: "live", green.id: "building"}
    fill(green)
    assert bundles.promote(green.id, "ann").state == "live"
    assert states() == {blue.id: "retired", green.id: "live"}
    assert serving.live_bundle_id() == green.id


def test_a_reason_overrules_and_is_kept(blue, green):
    bundles.promote(green.id, "ann", force="blue is wrong")
    event = ServingEvent.objects.get(verb="bundle promote")
    assert (event.actor, event.detail["force"], len(event.detail["against"])) == ("ann", "blue is wrong", 1)


def test_what_cannot_be_loaded_is_not_promoted_for_any_reason(blue, green):
    fill(green)
    shutil.rmtree(register.installed_folder(green.id))
    with pytest.raises(NotReady, match="files are not on this machine"):
        bundles.promote(green.id, "ann", force="now")
    with pytest.raises(UnknownBundle):
        bundles.promote("red", "ann")


def test_pictures_whose_file_was_lost_hold_up_nothing(blue, green):
    default_storage.delete(Image.objects.first().file)
    fill(green)
    ready = bundles.readiness(green.id)
    assert (ready.vectors, ready.missing, ready.lost, ready.reasons) == (7, 0, 1, ())


def test_a_picture_that_no_bundle_has_encoded_yet_holds_up_nothing(blue, green):
    fill(green)
    make_item(30)
    assert bundles.promote(green.id, "ann").state == "live"


def test_the_bundle_before_is_filled_on_so_that_going_back_misses_nothing(blue, green):
    fill(green)
    bundles.promote(green.id, "ann")
    assert set(bundles_to_fill()) == {blue.id, green.id}
    embed_image(make_item(20).pk)
    assert count(blue) == count(green) == 9
    assert bundles.rollback("ben").pk == blue.id
    assert states() == {blue.id: "live", green.id: "retired"}
    assert bundles.rollback("ben").pk == green.id


def test_going_back_to_a_bundle_with_gaps_is_refused(blue, green):
    with pytest.raises(NothingToGoBackTo):
        bundles.rollback("ann")
    fill(green)
    bundles.promote(green.id, "ann")
    ImageVector.objects.filter(bundle_id=blue.id).first().delete()
    with pytest.raises(NothingToGoBackTo):
        bundles.rollback("ann")


def test_its_verified_generation_goes_live_with_it(blue, green):
    fill(green)
    row = Bundle.objects.get(pk=green.id)
    make_generation(row, ok=False)
    generation = make_generation(row)
    bundles.promote(green.id, "ann")
    assert list(Generation.objects.filter(state="live").values_list("pk", flat=True)) == [generation.pk]


def test_a_large_bundle_needs_a_verified_generation(blue, green, monkeypatch):
    monkeypatch.setattr(bundles, "HOT_ALONE_MAX_ROWS", 7)
    fill(green)
    with pytest.raises(NotReady, match="no verified generation"):
        bundles.promote(green.id, "ann")
    make_generation(Bundle.objects.get(pk=green.id))
    assert bundles.promote(green.id, "ann").state == "live"


def test_a_share_of_the_visitors_tries_it(blue, green):
    with pytest.raises(NotReady, match="cannot answer yet"):
        bundles.share_traffic(green.id, 0.1, "ann")
    fill(green)
    row = bundles.share_traffic(green.id, 0.1, "ann")
    assert (row.state, row.share) == ("shadow", 0.1)
    row = bundles.share_traffic(green.id, 0, "ann")
    assert (row.state, row.share) == ("building", 0)
    for share, bundle in ((1.5, green), (0.5, blue)):
        with pytest.raises(NotReady):
            bundles.share_traffic(bundle.id, share, "ann")


def test_two_who_promote_two_bundles_at_once(blue, green, monkeypatch):
    red = make_bundle("red", 8)
    Bundle.objects.create(id=red.id, dim=red.dim, state="building")
    fill(green)
    fill(red)
    readiness = bundles.readiness

    def another_is_faster(bundle_id, *_):
        monkeypatch.setattr(bundles, "readiness", readiness)
        bundles.promote(red.id, "ben")
        return readiness(bundle_id)

    monkeypatch.setattr(bundles, "readiness", another_is_faster)
    with pytest.raises(ChangedMeanwhile):
        bundles.promote(green.id, "ann")
    assert states() == {blue.id: "retired", green.id: "building", red.id: "live"}


def test_a_bundle_that_came_with_the_software_takes_over_by_itself(blue, green, settings):
    assert not bundles.promote_when_complete()
    fill(green)
    settings.SIGHTLINE_AUTO_PROMOTE = False
    assert not bundles.promote_when_complete()
    settings.SIGHTLINE_AUTO_PROMOTE = True
    assert bundles.promote_when_complete()
    assert states() == {blue.id: "retired", green.id: "live"}


@pytest.mark.parametrize(("verb", "of"), [("bundle promote", "blue"), ("bundle register", "green")])
def test_where_a_person_has_decided_nothing_takes_over_by_itself(blue, green, verb, of):
    fill(green)
    register.note_bundle(verb, "ann", {"blue": blue, "green": green}[of].id)
    assert not bundles.promote_when_complete()


def test_the_golden_set_has_a_say(blue, green, settings):
    fill(green)
    settings.SIGHTLINE_GOLDEN = "/golden"
    with pytest.raises(NotReady, match="was not measured"):
        bundles.promote(green.id, "ann")
    for bundle, score in ((blue, 0.9), (green, 0.88)):
        register.note_bundle(golden.VERB, "ann", bundle.id, folder="/golden", score=score)
    with pytest.raises(NotReady, match="0.8800 on the golden set .nDCG@10., less than 0.99"):
        bundles.promote(green.id, "ann")
    register.note_bundle(golden.VERB, "ann", green.id, folder="/golden", score=0.895)
    assert bundles.promote(green.id, "ann").state == "live"


def test_the_golden_figure_counts_each_query_once():
    figures = {
        "same_product": {"ndcg_at_10": 0.5, "queries": 30},
        "text": {"ndcg_at_10": 1.0, "queries": 10},
        "photo_and_text": {"ndcg_at_10": None, "queries": 0},
    }
    assert golden.overall(figures) == pytest.approx(0.625)
    with pytest.raises(NotReady):
        golden.overall({name: {"queries": 0} for name in figures})


def test_a_bundle_that_is_given_up_leaves_nothing_but_its_name(blue, green):
    fill(green)
    generation = make_generation(Bundle.objects.get(pk=green.id))
    bundles.promote(green.id, "ann")
    with pytest.raises(StillNeeded):
        retire_bundle(green.id, "ann")
    with pytest.raises(StillNeeded):
        retire_bundle(blue.id, "ann")
    bundles.rollback("ann")
    retire_bundle(green.id, "ann", reason="worse")
    assert states()[green.id] == "removing"
    assert set(bundles_to_fill()) == {blue.id}
    check_constraints()
    assert finish_bundle_removals() == 1
    assert states()[green.id] == "removed"
    fill_bundle(green.id)  # a worker that had begun before
    finish_bundle_removals()
    assert (count(green), count(blue)) == (0, 8)
    assert not Generation.objects.filter(pk=generation.pk).exists()
    assert serving.find_folder(green.id) is None


def test_a_bundle_that_was_retired_long_ago_is_given_up(blue, green):
    fill(green)
    bundles.promote(green.id, "ann")
    assert retire_old_bundles(7, "worker") == []
    assert retire_old_bundles(0, "worker") == [blue.id]


def test_registering_copies_the_folder_and_wakes_what_was_removed(blue, settings, tmp_path, monkeypatch):
    monkeypatch.setattr(register, "load_bundle", lambda folder: FakeBundle("loaded", 4))
    monkeypatch.setattr(FakeBundle, "close", lambda self: None, raising=False)
    folder = tmp_path / "elsewhere" / "mine"
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text(json.dumps({"name": "mine", "version": "2.0", "dim": 4}))
    row = register.register_folder(folder, "ann")
    shutil.rmtree(folder.parent)
    assert (row.state, row.dim) == ("building", 4)
    assert serving.find_folder(row.pk) == register.installed_folder(row.pk)
    Bundle.objects.filter(pk=row.pk).update(state="removed")
    assert register.register_folder(register.installed_folder(row.pk), "ann").state == "building"


def test_a_start_leaves_alone_what_was_retired(blue, settings):
    Bundle.objects.create(id=register.register_bundle().pk + "-x", dim=4, state="retired")
    shipped = register.register_bundle()
    assert shipped.state == "building"
    Bundle.objects.filter(pk=shipped.pk).update(state="retired")
    assert register.register_bundle().state == "retired"
