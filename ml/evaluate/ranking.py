"""Measures of a ranking, each the mean over the queries that have a right answer."""

from collections.abc import Callable, Mapping, Sequence
from math import log2

Qrels = Mapping[str, Mapping[str, float]]
Run = Mapping[str, Sequence[str]]


def precision_at_1(qrels: Qrels, run: Run) -> float:
    """Share of queries whose first result is right."""
    return mean(qrels, run, lambda grades, ranked: float(any(grades.get(doc, 0) > 0 for doc in ranked[:1])))


def recall_at_k(qrels: Qrels, run: Run, k: int) -> float:
    """Share of the right answers found within the first `k`; of at most `k`, so that a perfect ranking scores 1."""

    def recall(grades: Mapping[str, float], ranked: Sequence[str]) -> float:
        right = {doc for doc, grade in grades.items() if grade > 0}
        return len(right & set(ranked[:k])) / min(len(right), k)

    return mean(qrels, run, recall)


def mrr(qrels: Qrels, run: Run) -> float:
    """Mean reciprocal rank of the first right answer; 0 where none was found."""

    def reciprocal(grades: Mapping[str, float], ranked: Sequence[str]) -> float:
        return next((1 / rank for rank, doc in enumerate(ranked, 1) if grades.get(doc, 0) > 0), 0.0)

    return mean(qrels, run, reciprocal)


def average_precision(qrels: Qrels, run: Run) -> float:
    """Mean over queries of the precision at each right answer's rank; right answers not found count 0."""

    def precision(grades: Mapping[str, float], ranked: Sequence[str]) -> float:
        right = {doc for doc, grade in grades.items() if grade > 0}
        found, total = 0, 0.0
        for rank, doc in enumerate(dict.fromkeys(ranked), 1):
            if doc in right:
                found += 1
                total += found / rank
        return total / len(right)

    return mean(qrels, run, precision)


def ndcg_at_k(qrels: Qrels, run: Run, k: int) -> float:
    """Normalised discounted cumulative gain with gain 2^grade - 1 (Burges et al., 2005)."""

    def ndcg(grades: Mapping[str, float], ranked: Sequence[str]) -> float:
        ideal = sorted((grade for grade in grades.values() if grade > 0), reverse=True)
        unique = list(dict.fromkeys(ranked))
        return gain([grades.get(doc, 0) for doc in unique[:k]]) / gain(ideal[:k])

    return mean(qrels, run, ndcg)


def judged_at_k(qrels: Qrels, run: Run, k: int) -> float:
    """Share of the first `k` results that have any grade: how much of the score above rests on judgements."""

    def judged(grades: Mapping[str, float], ranked: Sequence[str]) -> float:
        return sum(doc in grades for doc in ranked[:k]) / len(ranked[:k]) if ranked else 0.0

    return mean(qrels, run, judged)


def gain(grades: Sequence[float]) -> float:
    return sum((2**grade - 1) / log2(rank + 1) for rank, grade in enumerate(grades, 1))


def mean(qrels: Qrels, run: Run, measure: Callable[[Mapping[str, float], Sequence[str]], float]) -> float:
    """Mean of `measure` over the queries with a right answer; 0.0 where there are none."""
    answerable = [query for query, grades in qrels.items() if any(grade > 0 for grade in grades.values())]
    if not answerable:
        return 0.0
    return sum(measure(qrels[query], run.get(query, ())) for query in answerable) / len(answerable)
