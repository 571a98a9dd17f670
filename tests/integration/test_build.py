"""Whole builds from a real database: what is found, what is kept, what is refused."""

from dataclasses import replace

import numpy as np
import pytest
from django.db import connection

from catalog.models import Product
from search.build import build as builds
from search.build import job
from search.build.build import build
from search.build.job import folder_of, only_builder, somebody_builds
from search.build.manifest import write_manifest
from search.build.sample import sample_queries
from search.build.verify import verify
from search.errors import AlreadyBuilding, NotEnoughDisk, NothingToBuild
from search.models import Bundle, Generation, QuerySample, ServingEvent
from search.retrieve import generation as cold
from search.retrieve.manifest import cluster_id, read_manifest
from search.types import QueryVector
from tests.shop import server_connection
from tests.vector_catalog import DIM, add_vectors, clustered, make_bundle

pytestmark = pytest.mark.django_db
ROWS = 1200


@pytest.fixture(autouse=True)
def own_folder(tmp_path, settings):
    settings.SIGHTLINE_INDEX_DIR = tmp_path / "index"


@pytest.fixture
def stored() -> tuple[np.ndarray, np.ndarray]:
    vectors = clustered(ROWS)
    return add_vectors(make_bundle(), vectors), vectors


def best(images: np.ndarray, vectors: np.ndarray, query: np.ndarray, k: int) -> list[int]:
    return images[np.argsort(-(vectors.astype(np.float16).astype(np.float32) @ query), kind="stable")[:k]].tolist()


@pytest.mark.parametrize(("shards", "by"), [(1, "hash"), (3, "hash"), (3, "category")])
def test_what_was_built_finds_what_exact_search_finds(stored, shards, by):
    images, vectors = stored
    row = build("made-1.0", shards=shards, by=by)
    assert (row.state, row.rows, row.error) == ("ready", ROWS, "")
    generation = cold.Generation.open(folder_of(row.pk), bundle_id="made-1.0", dim=DIM, cluster=cluster_id())
    assert generation.missing == ()
    assert len(generation.parts) == shards
    assert sorted(np.concatenate([part.image_ids for part in generation.parts])) == images.tolist()
    for query in clustered(5, seed=7):
        found = generation.search(QueryVector("made-1.0", query), 20)
        assert found.image_ids.tolist() == best(images, vectors, query, 20)
        assert np.allclose(found.scores, found.vectors @ query, atol=1e-5)
        assert not found.partial
        assert len(found.explain["shards"]) == shards
    products = dict(Product.objects.values_list("images__pk", "pk"))
    assert found.product_ids.tolist() == [products[image] for image in found.image_ids.tolist()]
    assert not (folder_of(row.pk) / "work").exists()
    assert row.watermark == read_manifest(folder_of(row.pk)).watermark


def test_real_indexes_reach_the_recall_they_promise(stored, monkeypatch):
    monkeypatch.setattr("search.build.shard.choose_kind", lambda rows: "ivf")
    row = build("made-1.0")
    assert [entry["kind"] for entry in row.manifest["shards"]] == ["ivf"]
    report = verify(row.pk, actor="ann")
    assert report.passed, report.reasons
    assert report.recall.at_10 >= 0.94


def test_what_it_cost_is_written_down(stored):
    said = []
    row = build("made-1.0", actor="ann", progress=lambda stage, done, total: said.append(stage))
    assert row.manifest["build"]["seconds"] > 0
    assert row.manifest["build"]["peak_rss_bytes"] > 10_000_000
    assert row.bytes_disk > row.bytes_ram > 0
    assert {"reading rows", "shard-0000: filter columns", "writing cards"} <= set(said)
    event = ServingEvent.objects.get(verb="build")
    assert (event.actor, event.generation_id, event.detail["rows"]) == ("ann", row.pk, ROWS)


def test_one_builder_at_a_time(stored):
    with server_connection(connection.settings_dict["NAME"]) as other:
        key = "sightline.build:made-1.0"
        other.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [key])
        with pytest.raises(AlreadyBuilding):
            build("made-1.0")
        assert not Generation.objects.exists()
        other.execute("SELECT pg_advisory_unlock_all()")  # the end of a session is noticed a moment later
    assert build("made-1.0").state == "ready"
    with only_builder("made-1.0"):
        pass


def test_whether_somebody_builds_is_seen():
    for name in "abcdefgh":  # keys of both signs
        with only_builder(name):
            assert somebody_builds(name)
        assert not somebody_builds(name)


def test_without_vectors_there_is_nothing_to_build():
    make_bundle()
    with pytest.raises(NothingToBuild):
        build("made-1.0")
    row = Generation.objects.get()
    assert (row.state, row.error) == ("failed", NothingToBuild.__doc__)
    assert not folder_of(row.pk).exists()


def test_too_little_room_is_said_before_a_row_is_read(stored, monkeypatch):
    monkeypatch.setattr("search.build.disk.BYTES_PER_ROW", 10**12)
    with pytest.raises(NotEnoughDisk, match="are needed"):
        build("made-1.0")
    row = Generation.objects.get()
    assert row.state == "failed"
    assert row.watermark == ""
    assert not folder_of(row.pk).exists()


def test_a_failed_build_leaves_no_files_and_the_next_one_starts_clean(stored, monkeypatch):
    def fail(*args, **kwargs):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("search.build.parts.write_columns", fail)
        with pytest.raises(builds.BuildFailed, match="disk of the index was full"):
            build("made-1.0")
    failed = Generation.objects.get()
    assert failed.state == "failed"
    assert ServingEvent.objects.get(verb="build failed").detail["error"] == failed.error
    assert list(job.folder_of("x").parent.iterdir()) == []
    row = build("made-1.0")
    assert row.state == "ready"
    assert row.pk != failed.pk


def test_an_interrupted_build_goes_on_unless_another_went_live(stored, monkeypatch):
    def end(*args, **kwargs):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr("search.build.parts.write_columns", end)
        build("made-1.0")
    begun = Generation.objects.get()
    assert begun.state == "building"
    row = build("made-1.0")
    assert (row.pk, row.state, row.watermark) == (begun.pk, "ready", begun.watermark)
    assert row.manifest["build"]["attempts"] == 2

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr("search.build.parts.write_columns", end)
        build("made-1.0")
    late = Generation.objects.get(state="building")
    Generation.objects.filter(pk=row.pk).update(state="live", promoted_at=job.datetime.now(job.UTC))
    assert build("made-1.0").pk != late.pk
    late.refresh_from_db()
    assert (late.state, "went live meanwhile" in late.error) == ("failed", True)


@pytest.fixture
def built(stored) -> tuple[Generation, np.ndarray, np.ndarray]:
    images, vectors = stored
    return build("made-1.0", shards=3), images, vectors


def test_verify_passes_what_is_whole(built):
    row, _, _ = built
    report = verify(row.pk, actor="ann")
    assert report.passed, report.reasons
    assert [check.name for check in report.checks] == ["files", "ids", "rows", "vectors", "recall@10", "recall@100"]
    assert report.recall.at_10 == report.recall.at_100 == 1.0
    assert "only 0 real queries" in report.queries
    row.refresh_from_db()
    assert (row.state, row.recall["ok"], row.recall["recall_at_10"]) == ("ready", True, 1.0)


def test_verify_fails_what_has_no_shards(built):
    row, _, _ = built
    manifest = read_manifest(folder_of(row.pk))
    write_manifest(folder_of(row.pk), replace(manifest, shards=(), rows=0))
    report = verify(row.pk)
    assert report.reasons == ("it has no shards, so nothing can be found in it",)
    row.refresh_from_db()
    assert (row.state, row.recall["ok"]) == ("failed", False)


@pytest.mark.parametrize("file", ["vectors.f16", "image_ids.i64", "columns/price.f32", "../cards/lines.jsonl"])
def test_verify_finds_a_flipped_byte(built, file):
    row, _, _ = built
    path = next(folder_of(row.pk).glob("shard-0001")) / file
    if not path.exists():
        path = sorted(path.parent.iterdir())[0]
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    report = verify(row.pk)
    assert not report.passed
    assert "has other bytes" in report.reasons[0]
    row.refresh_from_db()
    assert (row.state, row.recall["ok"]) == ("failed", False)
    assert "Verification failed" in row.error


@pytest.mark.django_db(transaction=True)
def test_verify_misses_a_row_that_the_database_has(built):
    row, _, _ = built
    add_vectors(Bundle.objects.get(pk="made-1.0"), clustered(3, seed=4), first=ROWS)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_snapshot()::text")
        later = cursor.fetchone()[0]
    manifest = read_manifest(folder_of(row.pk))
    builds.write_manifest(folder_of(row.pk), builds.replace(manifest, watermark=later))
    report = verify(row.pk)
    assert report.reasons == (f"3 of {ROWS + 3:,} rows are missing",)


def test_verify_asks_for_what_the_live_one_reaches(built, settings):
    row, _, _ = built
    Generation.objects.filter(pk=row.pk).update(state="live")
    worse = build("made-1.0", shards=3)
    settings.SIGHTLINE_RECALL_FLOOR = 1.2
    report = verify(worse.pk)
    assert any("1.2000 is asked for" in reason for reason in report.reasons)
    assert Generation.objects.get(pk=worse.pk).state == "failed"


def test_verify_asks_the_golden_set(built, settings, tmp_path):
    row, _, _ = built
    settings.SIGHTLINE_GOLDEN = str(tmp_path)
    live = build("made-1.0")
    Generation.objects.filter(pk=live.pk).update(state="live")
    report = verify(row.pk, golden=lambda ref, generation: {"nDCG@10": 0.8 if generation == row.pk else 0.9})
    assert [reason for reason in report.reasons if "golden" in reason]


def test_a_build_killed_before_it_began_is_forgotten(stored):
    Generation.objects.create(id="x", bundle_id="made-1.0")
    (folder_of("x") / "work").mkdir(parents=True)
    row = build("made-1.0")
    assert list(Generation.objects.values_list("pk", "state")) == [(row.pk, "ready")]
    assert [path.name for path in folder_of("x").parent.iterdir()] == [row.pk]


def test_a_build_that_takes_its_process_down_each_time_is_given_up(stored, monkeypatch):
    def end(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(job, "MAX_ATTEMPTS", 2)
    with monkeypatch.context() as patched:
        patched.setattr("search.build.build.take_snapshot", end)
        for _ in range(3):
            with pytest.raises(KeyboardInterrupt):
                build("made-1.0")
    begun = Generation.objects.get()
    assert build("made-1.0").pk != begun.pk
    begun.refresh_from_db()
    assert (begun.state, begun.error[:25]) == ("failed", "It was interrupted 3 time")


def test_real_searches_are_what_recall_is_measured_with(built):
    row, _, _ = built
    samples = [QuerySample(bundle_id="made-1.0", vector=vector.tolist()) for vector in clustered(240, seed=8)]
    QuerySample.objects.bulk_create(samples)
    assert verify(row.pk).queries == "120 real queries"
    halves = [sample_queries("made-1.0", None, 200, odd=odd).vectors for odd in (False, True)]
    assert not {half.tobytes() for half in halves[0]} & {half.tobytes() for half in halves[1]}
