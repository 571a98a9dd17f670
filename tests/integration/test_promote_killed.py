"""kill -9 in the middle of promotions leaves the old state or the new one; of two promoters at once one wins."""

import json
import os
import subprocess
import sys
import threading

import pytest
from django.db import connection

from search.build import promote as generations
from search.errors import ChangedMeanwhile
from search.models import Bundle, Generation
from tests.fake_bundles import make_bundle
from tests.generations import make_generation
from tests.shop import ROOT

pytestmark = pytest.mark.django_db(transaction=True)
KILLS = 10


@pytest.fixture
def var(settings, tmp_path):
    settings.SIGHTLINE_BUNDLES_DIR, settings.SIGHTLINE_INDEX_DIR = tmp_path / "bundles", tmp_path / "index"
    return tmp_path


def run_killed(var, kills: int) -> list[dict]:
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "webapp.settings.test",
        "SIGHTLINE_TEST_DATABASE": connection.settings_dict["NAME"],
        "SIGHTLINE_TEST_VAR": str(var),
    }
    command = [sys.executable, "-m", "tests.kill_promoter", str(kills), "3"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    assert "Error" not in done.stderr, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_killed_promoter_leaves_the_old_state_or_the_new_one(var):
    for name, state in (("blue", "live"), ("green", "retired")):
        made = make_bundle(name, 8)
        row = Bundle.objects.create(id=made.id, dim=made.dim, state=state)
        for generation_state in ("retired", "live"):
            make_generation(row, generation_state)
    said = run_killed(var, KILLS)
    assert len(said) == KILLS
    for seen in said:
        assert len(seen["bundles"]) == 1
        assert len(seen["generations"]) == 2
        assert seen["states"] == ["live", "live", "retired", "retired"]
    assert len({json.dumps(seen) for seen in said}) > 1, "nothing was switched between the kills"


def test_of_two_promoters_at_once_one_wins_and_the_other_says_so(var, monkeypatch):
    bundle = Bundle.objects.create(id="one", dim=8, state="live")
    rows = [make_generation(bundle), make_generation(bundle)]
    both_looked, check_files = threading.Barrier(2, timeout=120), generations.check_files

    def look(row):
        check_files(row)
        both_looked.wait()

    monkeypatch.setattr(generations, "check_files", look)
    said: list[str] = []

    def run(row) -> None:
        try:
            said.append(generations.promote(row.pk, "test").state)
        except ChangedMeanwhile as refused:
            said.append(refused.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(row,)) for row in rows]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert sorted(said) == ["changed-meanwhile", "live"]
    assert sorted(Generation.objects.values_list("state", flat=True)) == ["live", "ready"]
