"""Exact and any-look figures of wins and losses, against published values, brute force and simulation."""

import numpy as np
import pytest
from scipy.stats import binomtest

from ml.evaluate.exact import Interval, Share, at_most_p, share_interval, sign_test
from ml.evaluate.looks import (
    Evidence,
    chance_to_reach,
    evidence_to_settle,
    looks_interval,
    looks_p,
    outcomes_to_settle,
    wins_to_settle,
)
from ml.evaluate.preference import preference
from ml.evaluate.strength import strengths


def test_share_interval_equals_published_values():
    # Newcombe, Statistics in Medicine 1998, table I: method 5
    for yes, n, low, high in (
        (81, 263, 0.2527, 0.3676),
        (15, 148, 0.0578, 0.1617),
        (0, 20, 0.0, 0.1684),
        (1, 29, 0.0009, 0.1776),
    ):
        found = share_interval(yes, n)
        assert (round(found.low, 4), round(found.high, 4)) == (low, high)


@pytest.mark.parametrize(("yes", "n"), [(0, 1), (3, 10), (10, 10), (57, 200)])
def test_share_interval_and_tests_equal_scipy(yes, n):
    exact = binomtest(yes, n).proportion_ci(0.9, method="exact")
    assert share_interval(yes, n, 0.9) == Interval(pytest.approx(exact.low), pytest.approx(exact.high))
    assert sign_test(yes, n - yes) == pytest.approx(binomtest(yes, n).pvalue)
    assert at_most_p(yes, n, 0.3) == pytest.approx(binomtest(yes, n, 0.3, alternative="less").pvalue)


def test_nothing_seen_says_nothing():
    assert share_interval(0, 0) == Interval(0.0, 1.0)
    assert sign_test(0, 0) == at_most_p(0, 0, 0.5) == 1.0
    assert Share(0, 0).value is None
    nothing = preference(0, 0, 0, 40)
    assert nothing.win_rate is None and nothing.looks_p == nothing.p == 1.0
    assert preference(0, 5, 0, 40).win_rate == 0.5


def test_chance_to_reach_equals_all_paths_counted():
    size, share = 12, 0.4
    against = Evidence(share, size)
    steps = (np.arange(2**size)[:, None] >> np.arange(size)) & 1
    wins = steps.cumsum(axis=1)
    highest = against(wins, np.arange(1, size + 1) - wins).max(axis=1)
    chances = share ** wins[:, -1] * (1 - share) ** (size - wins[:, -1])
    for evidence in (0.2, 0.7, 1.1, 2.0):
        exact = chances[highest >= evidence].sum()
        assert chance_to_reach(evidence, share, size, size) == pytest.approx(exact, abs=1e-12)


def test_looking_at_every_outcome_finds_what_is_not_there_in_5_percent_at_most():
    dice = np.random.default_rng(7)
    size, studies = 150, 4000
    wins = (dice.random((studies, size)) < 0.5).cumsum(axis=1)
    losses = np.arange(1, size + 1) - wins
    found = Evidence(0.5, size)(wins, losses) >= evidence_to_settle(size, size)
    wrong = found.any(axis=1).mean()
    assert 0.035 < wrong < 0.06  # 5 %, give or take what 4,000 studies vary by
    lowest = 1.96 * np.sqrt(np.arange(1, size + 1)) / 2
    peeking = (np.abs(wins - (wins + losses) / 2) > lowest)[:, 10:].any(axis=1).mean()
    assert peeking > 0.3  # what looking at a plain p of 0.05 does


def test_ties_shorten_a_study_and_its_p():
    assert looks_p(82, 38, 180, 0) < looks_p(82, 38, 180, 60)  # 60 are tied, or still to come


def test_interval_and_p_say_the_same():
    for wins in range(50, 80, 4):
        inside = 0.5 in looks_interval(wins, 100 - wins, 150, 50)
        assert inside == (looks_p(wins, 100 - wins, 150, 50) > 0.05)


def test_forecasts_lead_to_where_it_is_settled():
    wins, losses, size, left = 30, 18, 120, 72
    more = int(wins_to_settle(wins, losses, size, left))
    settled = evidence_to_settle(size, wins + losses + left)
    assert Evidence(0.5, size)(wins + more, losses) >= settled > Evidence(0.5, size)(wins + more - 1, losses)
    assert more < outcomes_to_settle(wins, losses, size, left) < left
    assert wins_to_settle(20, 20, 50, 10) == outcomes_to_settle(20, 20, 50, 10) == float("inf")


def test_preference_keeps_ties_as_half_a_win():
    figures = preference(60, 10, 30, 100)
    assert (figures.won, figures.tied, figures.lost, figures.win_rate) == (60, 10, 30, 0.65)
    assert figures.p == pytest.approx(binomtest(60, 90).pvalue)
    exact = binomtest(60, 90).proportion_ci(method="exact")
    assert figures.interval == Interval(pytest.approx(0.9 * exact.low + 0.05), pytest.approx(0.9 * exact.high + 0.05))


def test_strengths_recover_known_ones_and_stay_finite():
    true = {"a": 4.0, "b": 2.0, "c": 1.0}
    pairs = {
        (x, y): (round(3000 * true[x] / (true[x] + true[y])), 0, round(3000 * true[y] / (true[x] + true[y])))
        for x, y in (("a", "b"), ("b", "c"), ("a", "c"))
    }
    found = strengths(pairs)
    assert [one.system for one in found] == ["a", "b", "c"]
    for one in found:
        expected = np.mean(
            [true[one.system] / (true[one.system] + true[other]) for other in true if other != one.system]
        )
        assert one.win_rate == pytest.approx(expected, abs=0.005) and one.win_rate in one.interval
    winner, loser = strengths({("a", "b"): (12, 0, 0)})
    assert winner.system == "a" and 0.9 < winner.win_rate < 1 and loser.win_rate > 0
    assert strengths({}) == ()
