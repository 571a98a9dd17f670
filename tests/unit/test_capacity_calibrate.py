"""The calibration at a small scale: it measures every constant that a plan of the cold tier needs."""

import os
from dataclasses import asdict, replace

import numpy as np
import pytest

from search.build.calibrate import kept
from search.build.calibrate.filters import measure_filters
from search.build.calibrate.index import build, growth, measure_index, shard_search_times_ms
from search.build.calibrate.machine import measure_disk, measure_memory
from search.build.calibrate.vectors import made_up
from search.capacity.cold import cold_tier_on
from search.capacity.constants import PUBLISHED, Constant, Constants, Tuning
from search.capacity.demand import Demand
from search.capacity.shards import search_cost

DIM = 32


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    folder = tmp_path_factory.mktemp("calibrate")
    small, large = (build(folder / str(rows), rows, DIM) for rows in (1500, 4000))
    figures, tunings = measure_index(small, large)
    figures |= measure_filters(large) | measure_memory() | measure_disk(folder, 4 * 2**20)
    return Constants(figures, tunings)


def test_made_up_vectors_are_unit_rows_in_classes_of_different_sizes():
    vectors, queries = made_up(3000, 40, DIM)
    again, _ = made_up(3000, 40, DIM)
    assert (vectors.dtype, queries.dtype) == (np.float16, np.float32)
    assert np.allclose(np.linalg.norm(vectors.astype(np.float32), axis=1), 1, atol=2e-3)
    assert np.allclose(np.linalg.norm(queries, axis=1), 1, atol=1e-5)
    assert (vectors == again).all()
    likeness = np.sort(queries @ vectors.astype(np.float32).T, axis=1)
    assert likeness[:, -1].mean() > likeness.mean() + 0.3


def test_a_calibration_is_enough_for_a_plan(measured):
    assert all(np.isfinite(constant.value) for constant in measured.by_name.values())
    tier = cold_tier_on(Demand(10**9, 1000, dim=DIM), measured, on_ssd=True)
    assert tier.ram_gib > 0 < tier.vcpus


def test_the_parts_add_up_to_the_search_that_was_measured(measured):
    cost = search_cost(4000, Demand(4000, 1, dim=DIM, filtered_share=0), measured, on_ssd=False)
    assert cost.core_us == pytest.approx(1000 * measured["search_ms"], rel=0.5)


def test_higher_recalls_are_reached_by_wider_searches(measured):
    settings = [row for row in measured.tunings if row.rows == 4000]
    assert [row.recall for row in settings] == sorted(row.recall for row in settings)
    assert settings[0].nprobe <= settings[-1].nprobe
    assert settings[-1].reached > 0.95


def test_bytes_a_row_are_those_of_the_files(measured):
    assert measured["row_bytes"] == 2 * DIM
    assert measured["list_bytes_per_row"] > measured["code_bytes"] + 8
    assert 20 < measured["column_bytes_per_row"] < 200


def test_growth_is_the_exponent_between_two_sizes():
    assert growth(2, 4, (100, 1600)) == pytest.approx(0.25)
    assert growth(4, 2, (100, 1600)) == 0
    assert growth(1, 100, (100, 200)) == 0.5
    assert growth(0, 5, (100, 200)) == 0


def test_search_times_are_samples_for_the_simulation(tmp_path):
    times_ms = shard_search_times_ms(1500, DIM, tmp_path, times=2)
    assert times_ms.shape == (600,) and times_ms.max() > 0


def calibration(**changes) -> kept.Calibration:
    constant, tuning = Constant(1.5, "us", "measured", "by hand"), Tuning(10, 0.9, 0.91, 3, 50)
    whole = kept.Calibration(
        kept.this_machine(), DIM, "2026-01-01 00:00 UTC", 3.0, ("x",), {"one": constant}, (tuning,)
    )
    return replace(whole, **changes)


def test_a_calibration_is_kept_and_read_again(tmp_path):
    assert kept.read(tmp_path) is None
    kept.keep(tmp_path, calibration())
    assert kept.read(tmp_path) == calibration()
    assert set(kept.read(tmp_path).constants.by_name) == {"one", *PUBLISHED}
    (tmp_path / kept.FILE).write_text("{")
    assert kept.read(tmp_path) is None


@pytest.mark.parametrize("other", [{"machine": "elsewhere"}, {"dim": DIM + 1}])
def test_another_machine_or_dimension_is_measured_anew(tmp_path, monkeypatch, other):
    monkeypatch.setattr(kept, "calibrate", lambda folder, dim, progress: calibration(dim=dim, seconds=9.0))
    kept.keep(tmp_path, calibration())
    assert kept.constants_of(tmp_path, DIM, print).seconds == 3.0
    assert kept.constants_of(tmp_path, DIM, print, again=True).seconds == 9.0
    kept.keep(tmp_path, calibration(**other))
    assert kept.constants_of(tmp_path, DIM, print).seconds == 9.0
    assert asdict(kept.read(tmp_path))["seconds"] == 9.0


def test_what_a_killed_calibration_left_is_removed(tmp_path):
    old, new = tmp_path / "capacity-old", tmp_path / "capacity-new"
    for folder in (old, new):
        folder.mkdir()
    os.utime(old, (0, 0))
    (tmp_path / kept.FILE).write_text("{}")
    kept.remove_leftovers(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"capacity-new", kept.FILE}
