"""Measures of a ranking, each the mean over the queries that have a right answer.

The same as trec_eval's and ir_measures' P@1, R@k, RR, AP, nDCG@k (with gains 2^grade - 1) and Judged@k. A grade is
right where it is above 0 and at least `right_from`, which ir_measures calls rel.
"""

from collections.abc import Callable, Mapping, Sequence, Set
from math import log2

Qrels = Mapping[str, Mapping[str, float]]
Run = Mapping[str, Sequence[str]]


def precision_at_1(qrels: Qrels, run: Run, right_from: float = 0) -> float:
    """Share of queries whose first result is right."""
    return mean(qrels, run, lambda right, ranked: float(any(doc in right for doc in ranked[:1])), right_from)


def recall_at_k(qrels: Qrels, run: Run, k: int, right_from: float = 0) -> float:
    """Share of the right answers found within the first `k`; with more than `k` of them it cannot reach 1."""
    return mean(qrels, run, lambda right, ranked: len(right & set(ranked[:k])) / len(right), right_from)


def mrr(qrels: Qrels, run: Run, right_from: float = 0) -> float:
    """Mean reciprocal rank of the first right answer; 0 where none was found."""

    def reciprocal(right: Set[str], ranked: Sequence[str]) -> float:
        return next((1 / rank for rank, doc in enumerate(ranked, 1) if doc in right), 0.0)

    return mean(qrels, run, reciprocal, right_from)


def average_precision(qrels: Qrels, run: Run, right_from: float = 0) -> float:
    """Mean over queries of the precision at each right answer's rank; right answers not found count 0."""

    def precision(right: Set[str], ranked: Sequence[str]) -> float:
        found, total = 0, 0.0
        for rank, doc in enumerate(dict.fromkeys(ranked), 1):
            if doc in right:
                found += 1
                total += found / rank
        return total / len(right)

    return mean(qrels, run, precision, right_from)


def ndcg_at_k(qrels: Qrels, run: Run, k: int) -> float:
    """Normalised discounted cumulative gain with gain 2^grade - 1 (Burges et al., 2005); over queries with any gain."""
    rows = answerable(qrels)
    return mean_over(rows, lambda query: ndcg(qrels[query], run.get(query, ()), k))


def ndcg(grades: Mapping[str, float], ranked: Sequence[str], k: int) -> float:
    ideal = sorted((grade for grade in grades.values() if grade > 0), reverse=True)
    unique = list(dict.fromkeys(ranked))
    return gain([max(grades.get(doc, 0), 0) for doc in unique[:k]]) / gain(ideal[:k])


def judged_at_k(qrels: Qrels, run: Run, k: int, right_from: float = 0) -> float:
    """Share of the first `k` results that have any grade: how much of the score above rests on judgements."""

    def judged(query: str) -> float:
        first = run.get(query, ())[:k]
        return sum(doc in qrels[query] for doc in first) / len(first) if first else 0.0

    return mean_over(answerable(qrels, right_from), judged)


def gain(grades: Sequence[float]) -> float:
    return sum((2**grade - 1) / log2(rank + 1) for rank, grade in enumerate(grades, 1))


def right_answers(grades: Mapping[str, float], right_from: float = 0) -> set[str]:
    return {doc for doc, grade in grades.items() if grade > 0 and grade >= right_from}


def answerable(qrels: Qrels, right_from: float = 0) -> list[str]:
    """The queries that something is right for."""
    return [query for query, grades in qrels.items() if right_answers(grades, right_from)]


def mean(qrels: Qrels, run: Run, measure: Callable[[Set[str], Sequence[str]], float], right_from: float = 0) -> float:
    """Mean of `measure` over the queries with a right answer; 0.0 where there are none."""
    return mean_over(
        answerable(qrels, right_from),
        lambda query: measure(right_answers(qrels[query], right_from), run.get(query, ())),
    )


def mean_over(queries: Sequence[str], measure: Callable[[str], float]) -> float:
    return sum(map(measure, queries)) / len(queries) if queries else 0.0
