"""Exact, similar, or nothing close: from a ranking's signals, by weights that were fitted."""

import json

import numpy as np
import pytest

from ml.evaluate import auroc
from ml.train.closeness import fit_closeness
from search.rerank.closeness import CARD, SIGNALS, judge, signals
from search.types import Hit

FITTED = {
    "exact": {"weights": {"top": 20.0, "local": 4.0}, "bias": -17.0, "from": 0.5},
    "sold": {"weights": {"top": 20.0}, "bias": -12.0, "from": 0.5},
}


def hits(*tops: float, **evidence: float) -> list[Hit]:
    return [Hit(n, top, {"image": top} | (evidence if n == 0 else {})) for n, top in enumerate(tops)]


def test_signals_are_taken_from_the_order_of_scores_not_of_the_page():
    ranked = [(0.5, {"image": 0.5}), (0.9, {"image": 0.8, "local": 0.4}), (0.7, {"image": 0.7})]
    named = dict(zip(SIGNALS, signals(ranked), strict=True))
    assert named["top"] == 0.8
    assert named["margin"] == pytest.approx(0.2)
    assert named["lift"] == pytest.approx(0.8 - np.mean([0.7, 0.5]))
    assert (named["local"], named["words_in_picture"]) == (0.4, 0.0)


def test_the_background_is_taken_below_the_first_ten():
    ranked = [(1 - n / 100, {"image": 1 - n / 100}) for n in range(100)]
    assert dict(zip(SIGNALS, signals(ranked), strict=True))["lift"] == pytest.approx(np.arange(10, 60).mean() / 100)


@pytest.mark.parametrize(
    ("found", "kind"),
    [
        (hits(0.9, 0.6), "exact"),
        (hits(0.7, 0.6), "similar"),
        (hits(0.7, 0.6, local=1.0), "exact"),
        (hits(0.4, 0.4), "nothing_close"),
        ([], "nothing_close"),
    ],
)
def test_one_of_three_words(found, kind):
    assert judge(found, {CARD: FITTED}).kind == kind


def test_without_calibration_or_anything_shown_nothing_is_said():
    assert judge(hits(0.9), {}) is None
    assert judge([Hit(1, 0.9, {"text": 0.9})], {CARD: FITTED}) is None


def write(path, rows) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in [{"names": ["top", "margin"]}, *rows]))
    return path


def examples(dice, kind: str, mean: float, count: int = 200) -> list[dict]:
    tops = dice.normal(mean, 1.0, count)
    return [{"kind": kind, "right": bool(kind == "sold" and top > 0), "signals": [top, dice.normal()]} for top in tops]


def test_the_fit_finds_the_signal_that_tells_and_keeps_its_promises(tmp_path):
    dice = np.random.default_rng(0)
    rows = [row for kind, mean in (("sold", 2.0), ("not_sold", -2.0)) for row in examples(dice, kind, mean)]
    fitted = fit_closeness([write(tmp_path / "a.jsonl", rows)])
    weights = fitted["sold"]["weights"]
    assert weights["top"] > 10 * abs(weights["margin"])
    assert fitted["measured"]["auroc_sold_against_not_sold"] > 0.95
    assert fitted["measured"]["nothing_close_said"]["sold"] == pytest.approx(0.05, abs=0.01)
    assert fitted["measured"]["right_where_exact_was_said"] >= 0.9


def test_a_large_file_does_not_outweigh_a_small_one(tmp_path):
    dice = np.random.default_rng(0)
    large = [row for kind, mean in (("sold", 1.0), ("not_sold", -1.0)) for row in examples(dice, kind, mean, 2000)]
    small = [row for kind, mean in (("sold", 9.0), ("not_sold", 7.0)) for row in examples(dice, kind, mean, 100)]
    both = [write(tmp_path / "a.jsonl", large), write(tmp_path / "b.jsonl", small)]
    alone, together = fit_closeness(both[:1]), fit_closeness(both)
    middle = [-fit["sold"]["bias"] / fit["sold"]["weights"]["top"] for fit in (alone, together)]
    assert middle[1] > middle[0] + 1


def test_a_fit_needs_both_kinds_and_the_same_signals(tmp_path):
    dice = np.random.default_rng(0)
    sold = write(tmp_path / "sold.jsonl", examples(dice, "sold", 1.0))
    with pytest.raises(ValueError, match="not"):
        fit_closeness([sold])
    other = tmp_path / "other.jsonl"
    other.write_text('{"names": ["top"]}\n')
    with pytest.raises(ValueError, match="other signals"):
        fit_closeness([sold, other])


def test_auroc_is_the_chance_of_the_right_order():
    assert auroc(np.array([3.0, 4.0]), np.array([1.0, 2.0])) == 1.0
    assert auroc(np.array([1.0, 3.0]), np.array([2.0, 3.0])) == (0 + 0 + 1 + 0.5) / 4
    assert np.isnan(auroc(np.array([]), np.array([1.0])))
