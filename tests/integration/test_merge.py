"""Folding the hot tier in: what a merge takes over, what it reads again, and when it is worth it."""

from contextlib import nullcontext
from datetime import timedelta

import numpy as np
import pytest
from django.utils import timezone

from catalog.models import Image
from search.build import shard, snapshot
from search.build.build import build
from search.build.job import folder_of
from search.build.merge import merge, should_merge
from search.build.verify import verify
from search.models import Bundle, Generation, ImageVector
from search.retrieve import generation as cold
from tests.vector_catalog import DIM, add_vectors, clustered, make_bundle

pytestmark = pytest.mark.django_db(transaction=True)
ROWS = 800


@pytest.fixture(autouse=True)
def own_folder(tmp_path, settings, monkeypatch):
    """And cells from the first row on, trained by one thread: so small, two only wait for each other."""
    monkeypatch.setattr(shard, "all_cores", nullcontext)
    settings.SIGHTLINE_INDEX_DIR = tmp_path / "index"
    monkeypatch.setattr(shard, "choose_kind", lambda rows: "ivf")
    monkeypatch.setattr("search.build.cells.choose_kind", shard.choose_kind)
    monkeypatch.setattr("search.build.cells.MAX_DRIFT", 1.5)  # lists of a dozen rows fit their own rows too well


@pytest.fixture
def live() -> Generation:
    """800 rows in two shards."""
    add_vectors(make_bundle(), clustered(ROWS))
    return go_live(build("made-1.0", shards=2))


def go_live(row: Generation) -> Generation:
    Generation.objects.filter(state="live").update(state="retired", retired_at=timezone.now())
    Generation.objects.filter(pk=row.pk).update(state="live", promoted_at=timezone.now())
    row.refresh_from_db()
    return row


def add(count: int, vectors: np.ndarray | None = None) -> np.ndarray:
    first = 10_000 + Image.objects.count()
    return add_vectors(Bundle.objects.get(), clustered(count, seed=first) if vectors is None else vectors, first)


def rows_of(row: Generation) -> dict[int, np.ndarray]:
    generation = cold.Generation.open(folder_of(row.pk))
    return {
        int(image): vector.copy()
        for part in generation.parts
        for image, vector in zip(part.image_ids, np.asarray(part.shard.vectors), strict=True)
    }


@pytest.fixture
def read(monkeypatch) -> list[int]:
    """Image ids whose vectors a merge reads from Postgres."""
    ids = []
    real = snapshot.read_vectors

    def count(bundle_id, dim, image_ids):
        ids.extend(image_ids)
        return real(bundle_id, dim, image_ids)

    monkeypatch.setattr(snapshot, "read_vectors", count)
    return ids


def test_only_what_is_new_is_read_and_what_is_gone_is_dropped(live, read):
    before = rows_of(live)
    new = add(40)
    changed, gone = sorted(before)[0], sorted(before)[1]
    ImageVector.objects.filter(image_id=changed).update(vector=clustered(1, seed=77)[0].tolist())
    Image.objects.filter(pk=gone).delete()
    row = merge("made-1.0")
    assert sorted(read) == sorted([changed, *new.tolist()])
    after = rows_of(row)
    assert after.keys() == (before.keys() | set(new.tolist())) - {gone}
    assert np.array_equal(after[changed], clustered(1, seed=77)[0].astype(np.float16))
    assert all(np.array_equal(after[image], before[image]) for image in before if image not in (changed, gone))
    assert (row.manifest["base"], row.manifest["mode"]) == (live.pk, "incremental")
    assert [entry["cells"] for entry in row.manifest["shards"]] == ["kept", "kept"]
    report = verify(row.pk)
    assert report.passed, report.reasons


def test_figures_of_the_training_are_handed_on(live):
    add(40)
    second = go_live(merge("made-1.0"))
    add(40)
    third = merge("made-1.0")
    for name in ("trained_rows", "distance", "imbalance"):
        figures = [[entry[name] for entry in row.manifest["shards"]] for row in (live, second, third)]
        assert figures[0] == figures[1] == figures[2]


def test_rows_of_another_kind_train_new_cells(live):
    strange = np.random.default_rng(5).normal(size=(100, DIM)).astype(np.float32)
    add(100, strange / np.linalg.norm(strange, axis=1, keepdims=True))
    row = merge("made-1.0")
    assert row.manifest["mode"] == "full"
    assert {entry["cells"] for entry in row.manifest["shards"]} == {"trained"}
    assert all("times as far" in entry["cells_why"] for entry in row.manifest["shards"])


def test_so_does_growth(live):
    add(600)
    row = merge("made-1.0")
    assert [entry["cells_why"].split(" rows,")[0] for entry in row.manifest["shards"]] == [
        f"{entry['rows']:,}" for entry in row.manifest["shards"]
    ]


def test_shards_that_grow_too_large_are_split_anew(live, settings):
    settings.SIGHTLINE_ROWS_PER_SHARD = 100
    assert len(merge("made-1.0").manifest["shards"]) == 8


def test_a_broken_live_generation_is_repaired_from_the_database(live, read):
    before = rows_of(live)
    path = folder_of(live.pk) / "shard-0001" / "vectors.f16"
    data = bytearray(path.read_bytes())
    data[500] ^= 1
    path.write_bytes(data)
    row = merge("made-1.0")
    assert read == []  # in whole chunks, not by image
    assert row.manifest["base"] is None
    after = rows_of(row)
    assert after.keys() == before.keys()
    assert all(np.array_equal(after[image], before[image]) for image in before)


def test_without_a_live_generation_a_merge_is_a_build():
    add_vectors(make_bundle(), clustered(50))
    assert merge("made-1.0").manifest["mode"] == "full"


def test_the_first_generation_waits_for_rows_and_for_pictures_under_way(settings):
    settings.SIGHTLINE_MERGE_MIN_ROWS = 50
    images = add_vectors(make_bundle(), clustered(49))
    assert should_merge("made-1.0") is None
    add(1)
    assert should_merge("made-1.0") == "50 rows have no generation yet"
    Image.objects.filter(pk=images[0]).update(status="pending")
    assert should_merge("made-1.0") is None


def test_a_merge_waits_until_enough_is_hot(live, monkeypatch):
    monkeypatch.setattr("search.build.merge.HOT_ROWS", 30)
    assert should_merge("made-1.0") is None
    add(81)
    assert should_merge("made-1.0") == "more than 80 rows are newer than the live generation"
    waiting = build("made-1.0")
    assert should_merge("made-1.0") is None  # somebody has to promote it first
    go_live(waiting)
    assert should_merge("made-1.0") is None


def test_a_broken_file_is_a_reason_at_once_and_a_failure_to_wait(live):
    (folder_of(live.pk) / "shard-0000" / "vectors.f16").unlink()
    assert "shard-0000/vectors.f16" in should_merge("made-1.0")
    failed = Generation.objects.create(id="x", bundle_id="made-1.0", state="failed")
    assert should_merge("made-1.0") is None
    hour_ago = timezone.now() - timedelta(hours=1)
    Generation.objects.filter(pk=live.pk).update(created_at=hour_ago - timedelta(hours=1))
    Generation.objects.filter(pk=failed.pk).update(created_at=hour_ago)
    assert should_merge("made-1.0")
    for number in range(3):
        row = Generation.objects.create(id=f"y-{number}", bundle_id="made-1.0", state="failed")
        Generation.objects.filter(pk=row.pk).update(created_at=hour_ago)
    assert should_merge("made-1.0") is None  # four in a row rest longer than an hour
