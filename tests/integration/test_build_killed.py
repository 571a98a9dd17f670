"""kill -9 at ten random points of a build and of a merge: the next one goes on, and nothing can be told afterwards."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
from django.conf import settings
from django.db import connection

from catalog.models import Image
from search.build.job import folder_of
from search.build.verify import verify
from search.models import Bundle, Generation
from search.retrieve import generation as cold
from search.types import QueryVector
from tests.shop import ROOT
from tests.vector_catalog import add_vectors, clustered, make_bundle

pytestmark = pytest.mark.django_db(transaction=True)
ROWS, KILLS = 2000, 10


@pytest.fixture
def stored(tmp_path, settings) -> tuple[np.ndarray, np.ndarray]:
    settings.SIGHTLINE_INDEX_DIR = tmp_path / "index"
    vectors = clustered(ROWS)
    return add_vectors(make_bundle(), vectors), vectors


def run_killed(mode: str, kills: int) -> dict:
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "webapp.settings.test",
        "SIGHTLINE_TEST_DATABASE": connection.settings_dict["NAME"],
        "SIGHTLINE_TEST_VAR": str(settings.SIGHTLINE_INDEX_DIR.parent),
        "OPENBLAS_NUM_THREADS": "1",
    }
    command = [sys.executable, "-m", "tests.kill_builder", mode, str(kills), "1"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def check_whole(images: np.ndarray, vectors: np.ndarray) -> Generation:
    """The last generation is ready and holds exactly these rows; nothing half-done is left."""
    row = Generation.objects.exclude(state="live").order_by("-created_at").first()
    assert row.state == "ready", row.error
    assert not Generation.objects.filter(state__in=["building", "failed"]).exists()
    assert {path.name for path in settings.SIGHTLINE_INDEX_DIR.iterdir()} == set(
        Generation.objects.values_list("pk", flat=True)
    )
    assert not list(settings.SIGHTLINE_INDEX_DIR.glob("*/work"))
    report = verify(row.pk)
    assert report.passed, report.reasons
    generation = cold.Generation.open(folder_of(row.pk))
    assert sorted(np.concatenate([part.image_ids for part in generation.parts])) == images.tolist()
    asked = range(0, len(images), 40)
    found = [generation.search(QueryVector("made-1.0", vectors[number]), 1).image_ids.tolist() for number in asked]
    assert np.mean([ids == [images[number]] for ids, number in zip(found, asked, strict=True)]) > 0.95
    return row


def test_a_killed_build_goes_on(stored):
    said = run_killed("full", KILLS)
    assert said["status"] == 0
    assert said["kills"] == KILLS, said
    assert len(check_whole(*stored).manifest["shards"]) == 2


def test_a_killed_merge_goes_on(stored):
    images, vectors = stored
    assert run_killed("full", 0)["status"] == 0
    base = Generation.objects.get()
    Generation.objects.update(state="live")
    new = clustered(300, seed=3)
    added = add_vectors(Bundle.objects.get(), new, first=ROWS)
    Image.objects.filter(pk__in=images[:100].tolist()).delete()
    said = run_killed("incremental", KILLS)
    assert said["status"] == 0
    assert said["kills"] == KILLS, said
    row = check_whole(np.concatenate([images[100:], added]), np.concatenate([vectors[100:], new]))
    assert (row.manifest["base"], row.manifest["mode"]) == (base.pk, "incremental")
    assert {entry["cells"] for entry in row.manifest["shards"]} == {"kept"}
