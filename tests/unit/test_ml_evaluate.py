"""Measures against values worked out by hand."""

from math import log2

import pytest

from ml.evaluate import average_precision, judged_at_k, mrr, ndcg_at_k, precision_at_1, recall_at_k

QRELS = {"a": {"x": 1, "y": 2, "z": 0}, "b": {"x": 1}, "c": {"x": 1}, "unanswerable": {"x": 0}}
RUN = {"a": ["z", "y", "x"], "b": ["x", "q"]}


def test_a_query_without_results_scores_zero():
    assert precision_at_1(QRELS, RUN) == pytest.approx(1 / 3)
    assert recall_at_k(QRELS, RUN, 2) == pytest.approx((0.5 + 1 + 0) / 3)
    assert mrr(QRELS, RUN) == pytest.approx((0.5 + 1 + 0) / 3)
    assert average_precision(QRELS, RUN) == pytest.approx(((1 / 2 + 2 / 3) / 2 + 1 + 0) / 3)


def test_ndcg_gains_by_grade():
    best = 3 + 1 / log2(3)
    assert ndcg_at_k({"a": QRELS["a"]}, RUN, 10) == pytest.approx((3 / log2(3) + 1 / 2) / best)


def test_recall_counts_all_right_answers_as_trec_eval_does():
    assert recall_at_k({"a": {"x": 1, "y": 1, "z": 1}}, {"a": ["x", "y"]}, 2) == pytest.approx(2 / 3)


def test_a_grade_can_be_asked_for():
    qrels = {"a": {"x": 5, "y": 2}, "b": {"y": 2}}
    run = {"a": ["y", "x"], "b": ["y"]}
    assert mrr(qrels, run) == 1.0
    assert (mrr(qrels, run, right_from=3), recall_at_k(qrels, run, 1, right_from=3)) == (0.5, 0.0)


def test_repeats_and_empty_sets():
    assert ndcg_at_k({"b": {"x": 1}}, {"b": ["x", "x"]}, 5) == 1.0
    assert judged_at_k(QRELS, RUN, 2) == pytest.approx((1 + 0.5 + 0) / 3)
    assert precision_at_1({}, {}) == 0.0
