"""Generations go live, come back, and are deleted: by conditional updates, with nothing in between."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone

from search.build import promote as generations
from search.build.promote import covers, promote, rollback
from search.build.retire import finish_removals, retire, retire_old
from search.errors import (
    ChangedMeanwhile,
    FailedVerification,
    NothingToGoBackTo,
    NotReady,
    RowsWouldBeLost,
    StillNeeded,
    UnknownGeneration,
)
from search.models import Bundle, Generation, ServingEvent
from tests.generations import lose_files, make_generation

pytestmark = pytest.mark.django_db


@pytest.fixture
def bundle():
    return Bundle.objects.create(id="one-1.0", dim=4, state="live")


def states() -> dict[str, str]:
    return dict(Generation.objects.values_list("pk", "state"))


def test_the_one_before_stays_and_can_be_gone_back_to(bundle):
    first, second = make_generation(bundle), make_generation(bundle)
    assert promote(first.pk, "ann").state == "live"
    assert promote(second.pk, "ann").state == "live"
    assert states() == {first.pk: "retired", second.pk: "live"}
    assert rollback(bundle.pk, "ben").pk == first.pk
    assert states() == {first.pk: "live", second.pk: "retired"}
    assert rollback(bundle.pk, "ben").pk == second.pk  # twice is back again
    said = list(ServingEvent.objects.order_by("pk").values_list("verb", "actor", "generation_id", "detail__before"))
    assert said == [
        ("promote", "ann", first.pk, None),
        ("promote", "ann", second.pk, first.pk),
        ("rollback", "ben", first.pk, second.pk),
        ("rollback", "ben", second.pk, first.pk),
    ]


@pytest.mark.parametrize(
    ("fields", "refusal"),
    [
        ({"state": "building"}, NotReady),
        ({"state": "failed"}, NotReady),
        ({"state": "retired"}, NotReady),
        ({"ok": None}, NotReady),
        ({"ok": False}, FailedVerification),
    ],
)
def test_what_is_not_ready_and_verified_is_refused_and_nothing_changes(bundle, fields, refusal):
    live = make_generation(bundle, "live")
    other = make_generation(bundle, **fields)
    before = states()
    with pytest.raises(refusal):
        promote(other.pk, "ann")
    assert states() == before and states()[live.pk] == "live"
    assert not ServingEvent.objects.exists()


def test_files_that_are_gone_are_noticed_before_the_switch(bundle):
    lost, foreign = make_generation(bundle), make_generation(Bundle.objects.create(id="other", dim=4, state="building"))
    lose_files(lost)
    Generation.objects.filter(pk=foreign.pk).update(bundle=bundle)
    for row in (lost, foreign):
        with pytest.raises(NotReady):
            promote(row.pk, "ann")
    with pytest.raises(UnknownGeneration):
        promote("20261121-000000-ffffff", "ann")


def test_rolling_back_passes_over_what_cannot_be_opened(bundle):
    first, second, third = (make_generation(bundle) for _ in range(3))
    Generation.objects.update(watermark=first.watermark)  # whatever else was committed between them
    with pytest.raises(NothingToGoBackTo):
        rollback(bundle.pk, "ann")
    for row in (first, second, third):
        promote(row.pk, "ann")
    lose_files(second)
    assert rollback(bundle.pk, "ann").pk == first.pk


def test_who_decided_by_an_older_sight_is_refused(bundle, monkeypatch):
    first, second = make_generation(bundle), make_generation(bundle)
    check_files = generations.check_files

    def another_is_faster(row):
        monkeypatch.setattr(generations, "check_files", check_files)
        promote(second.pk, "ben")
        check_files(row)

    monkeypatch.setattr(generations, "check_files", another_is_faster)
    with pytest.raises(ChangedMeanwhile):
        promote(first.pk, "ann")
    assert states() == {first.pk: "ready", second.pk: "live"}


def test_a_later_snapshot_covers_an_earlier_one():
    assert covers("10:20:12", "10:15:12,13")
    assert covers("10:20:", "10:20:")
    assert not covers("10:15:12,13", "10:20:12")
    assert not covers("10:20:12", "10:20:")  # 12 was running when the first was taken


def test_one_older_than_the_settled_rows_is_refused(bundle):
    old = make_generation(bundle, watermark="10:10:")
    promote(make_generation(bundle, watermark="20:20:").pk, "ann")
    promote(make_generation(bundle, watermark="30:30:").pk, "ann")
    with pytest.raises(RowsWouldBeLost):
        promote(old.pk, "ann")
    elsewhere = make_generation(bundle, watermark="5:5:", manifest={"cluster": "restored", "shards": []})
    assert promote(elsewhere.pk, "ann").state == "live"  # other cluster, other numbers: nothing to compare


def test_live_and_previous_are_kept_and_older_ones_go(bundle):
    rows = [make_generation(bundle) for _ in range(4)]
    stale = make_generation(bundle)
    for row in rows:
        promote(row.pk, "ann")
    Generation.objects.filter(pk=stale.pk).update(created_at=timezone.now() - timedelta(hours=1))
    Generation.objects.filter(pk=rows[3].pk).update(created_at=timezone.now())
    newer, failed = make_generation(bundle), make_generation(bundle, "failed")
    assert set(retire_old(bundle.pk, "worker")) == {rows[0].pk, rows[1].pk, stale.pk}
    assert finish_removals() == 3
    assert states() == {rows[2].pk: "retired", rows[3].pk: "live", newer.pk: "ready", failed.pk: "failed"}
    here = {path.name for path in Path(settings.SIGHTLINE_INDEX_DIR).iterdir()}
    assert here & {row.pk for row in (*rows, stale)} == {rows[2].pk, rows[3].pk}


def test_what_is_needed_is_not_deleted(bundle):
    first, second = make_generation(bundle), make_generation(bundle)
    at_work = make_generation(bundle, "building", heartbeat_at=timezone.now())
    promote(first.pk, "ann")
    promote(second.pk, "ann")
    for row in (first, second, at_work):
        with pytest.raises(StillNeeded):
            retire(row.pk, "ann")
    retire(first.pk, "ann", reason="disk is short")
    assert states() == {second.pk: "live", at_work.pk: "building"}


def test_a_killed_deletion_is_finished_by_the_next_run(bundle, monkeypatch):
    row = make_generation(bundle)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("search.build.retire.shutil.rmtree", interrupt)
        retire(row.pk, "ann")
    assert states() == {row.pk: "removing"}
    assert finish_removals() == 1
    assert states() == {}
    assert not generations.folder_of(row.pk).exists()


def interrupt(*_, **__):
    raise KeyboardInterrupt
