"""The benches' own arithmetic: what they measure with must be right before what they measure means anything."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.append(str(Path(__file__).resolve().parents[2] / "bench"))

from ann.data import Data
from ann.filters import case
from ann.measure import recall_at
from ann.report import Target, merged
from ann.run import best, promising
from shop.fill import pairs


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SIGHTLINE_BENCH_DATA", str(tmp_path_factory.mktemp("bench")))
        yield Data.open(3000)


def test_vectors_are_unit_rows_and_the_truth_is_exact(data):
    assert np.allclose(np.linalg.norm(data.base, axis=1), 1, atol=1e-5)
    scores = data.queries @ data.base.T
    assert (data.truth[:, 0] == scores.argmax(1)).mean() > 0.999  # but for ties


def test_rows_that_pass_against_the_query_are_not_its_neighbours(data):
    against, along = (case(data, relation, 0.1) for relation in ("against", "along"))
    assert against.near < 0.02 < 0.5 < along.near
    for found in (against, along):
        rows = found.filters[found.group[0]].rows(data)
        assert rows[found.truth[0]].all()
        assert 0.1 <= found.passing < 0.12


def test_recall_counts_what_exists():
    truth = np.array([[3, 1, 2], [5, -1, -1]])
    assert recall_at([np.array([1, 3, 9]), np.array([5])], truth, 2) == 1.0
    assert recall_at([np.array([9, 9, 3]), np.array([7])], truth, 3) == pytest.approx(1 / 6)


def test_the_quickest_setting_that_finds_enough_is_chosen():
    found = [{"setting": {"n": n}, "recall": recall, "p50_ms": n} for n, recall in ((1, 0.90), (2, 0.96), (3, 0.99))]
    assert best(found, 0.95)["setting"] == {"n": 2}
    assert best(found, 0.995) is None
    assert promising(found) == [{"n": 1}, {"n": 2}, {"n": 3}]


def test_targets_are_judged_on_their_own_side():
    assert [Target("", 2, value).verdict for value in (1.9, 2, 2.1, None)] == ["met", "met", "missed", "not measured"]
    assert Target("", 0.98, 0.97, at_most=False).verdict == "missed"


def test_the_last_run_of_an_engine_counts():
    first = [{"rows": 10, "peers": [{"peer": "a", "run": 1}, {"peer": "b", "run": 1}], "duel": {"turns": []}}]
    again = [{"rows": 10, "peers": [{"peer": "a", "run": 2}], "duel": None}]
    (both,) = merged([first, again])
    assert {one["peer"]: one["run"] for one in both["peers"]} == {"a": 2, "b": 1}
    assert both["duel"] == {"turns": []}


def test_partners_are_each_others_nearest():
    rows = np.concatenate(list(pairs(400, 32)))
    likeness = rows @ rows.T - 2 * np.eye(len(rows))
    assert (likeness.argmax(1) == np.arange(len(rows)) ^ 1).mean() > 0.95
