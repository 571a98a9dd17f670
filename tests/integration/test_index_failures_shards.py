"""Files of a live generation that are lost, cut short or changed: what is left answers, the next build repairs it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection

from search.build.build import build
from search.build.job import folder_of
from search.build.merge import merge, should_merge
from search.build.promote import promote
from search.build.settle import settle
from search.build.verify import verify
from search.models import Generation
from search.retrieve import follow
from search.retrieve.generation import Generation as Opened
from search.retrieve.router import retriever
from search.types import Filters, QueryVector
from tests.shop import ROOT
from tests.vector_catalog import add_vectors, clustered, make_bundle

pytestmark = pytest.mark.django_db(transaction=True)
ROWS, SHARDS, K = 450, 3, 100


@pytest.fixture
def live(settings, tmp_path, monkeypatch, request) -> Generation:
    """A live generation of three shards, of the kind that the test asks for; the hot tier is empty."""
    kind = getattr(request, "param", "exact")
    settings.SIGHTLINE_INDEX_DIR = tmp_path / "index"
    monkeypatch.setattr("search.build.shard.choose_kind", lambda rows: kind)
    add_vectors(make_bundle(), clustered(ROWS))
    row = made(build("made-1.0", shards=SHARDS))
    yield row
    follow.stop()


def made(row: Generation) -> Generation:
    report = verify(row.pk)
    assert report.passed, report.reasons
    promote(row.pk, "test")
    settle(row.bundle_id)
    follow.catch_up()
    return row


def find(filters: Filters = Filters()):  # noqa: B008 - frozen
    query = QueryVector("made-1.0", clustered(1, seed=5)[0])
    return retriever().candidates(query, filters, K)


def damage(path: Path, how: str) -> None:
    """In place, as a disk does it; a deleted file stays readable for who has it open."""
    if how == "deleted":
        path.unlink()
    elif how == "truncated":
        os.truncate(path, path.stat().st_size // 2)
    else:
        flip(path, path.stat().st_size // 2)


def flip(path: Path, at: int) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        byte = file.read(1)
        file.seek(at)
        file.write(bytes([byte[0] ^ 0x40]))


def reopen() -> None:
    """As another process would find it."""
    follow.stop()
    follow.catch_up()


@pytest.mark.parametrize(
    ("live", "name", "how"),
    [
        ("exact", "vectors.f16", "deleted"),
        ("exact", "vectors.f16", "flipped"),
        ("hnsw", "index.faiss", "truncated"),
        ("exact", "image_ids.i64", "flipped"),
    ],
    indirect=["live"],
)
def test_searches_go_on_readiness_tells_and_the_next_build_repairs(live, client, name, how):
    whole = find()
    assert len(whole) == K and not whole.partial
    damage(folder_of(live.pk) / "shard-0001" / name, how)
    reopen()
    for generation in follow.current().cold.values():
        generation.touch()  # what each process does in the background before it switches
    left = find()
    assert left.partial and any("shard 0001" in note for note in left.notes)
    assert len(left) == K and left.scores[0] <= whole.scores[0] + 1e-6
    if how != "flipped":
        ready = client.get("/readyz").json()
        assert "shard" in str(ready["generation"]["missing"]).lower() and ready["generation"]["live"] == live.pk
    assert not verify(live.pk).passed
    assert should_merge("made-1.0")
    made(merge("made-1.0") if name == "vectors.f16" else build("made-1.0", shards=SHARDS))
    again = find()
    assert not again.partial and len(again) == K


def test_an_open_shard_that_shrinks_is_dropped_before_it_is_read(live):
    (generation,) = follow.current().cold.values()
    damage(generation.parts[0].folder / "vectors.f16", "truncated")
    follow.catch_up()  # what the follower does at least once a second
    left = find()
    assert left.partial and "shard 0000" in left.notes[0] and len(left) == K


def test_files_that_are_deleted_under_an_open_generation_do_no_harm(live):
    whole = find()
    shutil.rmtree(folder_of(live.pk))
    follow.catch_up()
    assert find().image_ids.tolist() == whole.image_ids.tolist()


def test_without_any_file_the_hot_tier_answers_from_the_vectors_in_postgres(live):
    whole = find()
    shutil.rmtree(folder_of(live.pk))
    reopen()
    left = find()
    assert any(live.pk in note for note in left.notes)
    assert set(whole.image_ids.tolist()) <= set(left.image_ids.tolist())


FLIPS = """
import sys
from pathlib import Path
import django
import numpy as np
django.setup()
from search.retrieve.columns import Wanted
from search.retrieve.generation import Generation
from search.types import QueryVector
from tests.integration.test_index_failures_shards import flip
from tests.vector_catalog import clustered
folder, random = Path(sys.argv[1]), np.random.default_rng(1)
query = QueryVector("made-1.0", clustered(1, seed=5)[0])
wanted = [Wanted(), Wanted(in_stock=True, price_max=50.0), Wanted(category_ids=(1, 2)), Wanted(seller_ids=(1,)),
    Wanted(attributes=(("color", "green"),))]
for path in sorted(path for path in folder.glob("shard-0000/**/*") if path.is_file()):
    size = path.stat().st_size
    for at in {0, size - 1, *random.integers(0, size, 6).tolist()} if size else ():
        flip(path, at)
        generation = Generation.open(folder)
        found = [generation.search(query, 100, filters=each) for each in wanted]
        assert len(found[0]) >= 50, (path, at, found[0].notes)
        if generation.parts[0].shard is not None:
            generation.touch()
        assert "shard 0000" in generation.missing[0], (path, at)
        flip(path, at)
    print(path.relative_to(folder), flush=True)
"""


@pytest.mark.parametrize("live", ["hnsw"], indirect=True)
def test_no_flipped_byte_ends_the_process(live, settings):
    folder = folder_of(live.pk)
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "webapp.settings.test",
        "SIGHTLINE_TEST_DATABASE": connection.settings_dict["NAME"],
    }
    done = subprocess.run(
        [sys.executable, "-c", FLIPS, str(folder)], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(done.stdout.splitlines()) == len(live.manifest["shards"][0]["files"])
    assert Opened.open(folder).check() == ()
