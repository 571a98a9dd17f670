"""The simulation of fan-out against what is known of queues and of order statistics."""

from dataclasses import replace

import numpy as np
import pytest

from bench import tail
from bench.tail import Setup, markdown, read_samples, simulate, slow_or_dead, table

QUIET = Setup(shards=16, utilisation=0.001, queries=4000)
BUSY = Setup(shards=16, utilisation=0.35, queries=4000, timeout_ms=100)


@pytest.fixture(scope="module")
def samples_ms():
    return np.random.default_rng(5).lognormal(0, 0.4, 20_000)


@pytest.mark.parametrize("shards", [1, 16, 64])
def test_without_queues_the_median_is_the_order_statistic_of_the_slowest(samples_ms, shards):
    outcome = simulate(replace(QUIET, shards=shards), samples_ms)
    expected = np.quantile(samples_ms, 0.5 ** (1 / shards))
    assert outcome.row()["p50_ms"] == pytest.approx(expected, rel=0.03)


def test_one_queue_waits_as_theory_says():
    """M/M/1 at half load: twice the service time. M/M/2 at half load: four thirds."""
    services_ms = np.random.default_rng(6).exponential(1, 100_000)
    one = Setup(shards=1, replicas=1, cores=1, utilisation=0.5, queries=25_000)
    assert simulate(one, services_ms).waits_ms.mean() == pytest.approx(2, rel=0.08)
    assert simulate(replace(one, cores=2), services_ms).waits_ms.mean() == pytest.approx(4 / 3, rel=0.08)


def test_hedging_saves_the_tail_from_a_slow_replica_for_a_few_requests_more(samples_ms):
    slow = replace(BUSY, slow=1)
    waiting, hedged = simulate(slow, samples_ms).row(), simulate(replace(slow, hedge_ms=2.5), samples_ms).row()
    assert hedged["p99_ms"] < waiting["p99_ms"] / 2
    assert waiting["extra_load"] == 0 < hedged["extra_load"] < 0.15
    assert hedged["partial"] == 0


def test_a_deadline_bounds_every_answer_and_says_what_is_missing(samples_ms):
    row = simulate(replace(BUSY, dead=1, deadline_ms=20), samples_ms).row()
    assert row["p999_ms"] == 20
    assert 0 < row["partial"] < 0.2
    assert row["recall_lost"] == pytest.approx(row["partial"] / 16, rel=0.01)


def test_whoever_waits_for_a_dead_replica_is_answered_after_the_timeout(samples_ms):
    outcome = simulate(replace(BUSY, dead=1), samples_ms)
    assert outcome.retries > 0
    assert np.isfinite(outcome.waits_ms).all()
    assert 100 < outcome.row()["p999_ms"] < 120


def test_a_shard_whose_only_replica_is_dead_needs_a_deadline(samples_ms):
    alone = replace(BUSY, replicas=1, dead=1)
    with pytest.raises(ValueError, match="only replica"):
        simulate(alone, samples_ms)
    assert simulate(replace(alone, deadline_ms=20), samples_ms).row()["recall_lost"] == pytest.approx(1 / 16)


def test_a_seed_repeats_a_run(samples_ms):
    first, second = simulate(BUSY, samples_ms), simulate(BUSY, samples_ms)
    assert (first.waits_ms == second.waits_ms).all()


def test_slow_replicas_stand_in_different_shards():
    assert slow_or_dead(5, (256, 2)).tolist() == [0, 102, 204, 307, 409]
    assert len(set(slow_or_dead(16, (16, 2)) // 2)) == 16


def test_the_table_has_a_row_for_each_fan_out_state_and_policy(samples_ms, monkeypatch):
    monkeypatch.setattr(tail, "FAN_OUTS", (2, 8))
    rows = list(table(replace(BUSY, queries=200), samples_ms, slow_share=0.2, deadline_ms=20))
    assert [row["shards"] for row in rows] == [2] * 12 + [8] * 12
    assert {row["replicas"] for row in rows} == {"healthy", "1 slow", "3 slow", "1 dead"}
    said = list(markdown(iter(rows)))
    assert len(said) == 2 + len(rows)
    assert len({line.count("|") for line in said}) == 1


def test_samples_are_read_as_a_list_or_one_a_line(tmp_path):
    path = tmp_path / "samples"
    for text in ("[1.5, 2]", "1.5\n2\n"):
        path.write_text(text)
        assert read_samples(path).tolist() == [1.5, 2.0]
    path.write_text("1\n0\n")
    with pytest.raises(SystemExit):
        read_samples(path)
