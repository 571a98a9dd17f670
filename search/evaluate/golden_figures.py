"""Replies to a golden set as figures: two pools apart, as a whole, by category and by type of query.

A listing that was folded into another's card counts where its card is. Queries that nothing is right for in a pool do
not score there; one without an answer scores 0 and never disappears.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

from ml.evaluate import average_precision, judged_at_k, mrr, ndcg_at_k, precision_at_1, recall_at_k
from ml.evaluate.golden import POOLS, SAME, SIMILAR, GoldenQuery, GoldenSet
from ml.evaluate.ranking import Qrels, Run, answerable
from ml.evaluate.trec import write_qrels, write_run
from search.evaluate.ask import PAGE
from search.evaluate.sets import Replies

RIGHT_FROM = {SAME: 1, SIMILAR: 3}  # from grade 3 on a shopper would take it for similar
NAMES = {SAME: "same_product", SIMILAR: "visually_similar"}
GATES = {SAME: "precision_at_1", SIMILAR: "ndcg_at_10"}  # what a bundle or a generation must not be worse on
DIGITS = 8


def scored(golden: GoldenSet, replies: Replies, pool: str) -> tuple[dict[str, dict[str, int]], dict[str, list[str]]]:
    """The qrels and the run that are measured."""
    qrels: dict[str, dict[str, int]] = {}
    run: dict[str, list[str]] = {}
    for query, grades in golden.qrels(pool).items():
        reply = replies[pool][query]
        qrels[query], run[query] = {}, list(reply.skus)
        for sku, grade in grades.items():
            shown = reply.stands_for.get(sku, sku)
            qrels[query][shown] = max(grade, qrels[query].get(shown, 0))
    kept = answerable(qrels, RIGHT_FROM[pool])
    return {query: qrels[query] for query in kept}, {query: run[query] for query in kept}


def measure(pool: str, qrels: Qrels, run: Run) -> dict[str, float | int]:
    """Each score with the share of judged results that it rests on."""
    right = RIGHT_FROM[pool]
    if pool == SAME:
        figures = {
            "precision_at_1": precision_at_1(qrels, run, right),
            "judged_at_1": judged_at_k(qrels, run, 1, right),
            "mrr": mrr(qrels, run, right),
        }
    else:
        figures = {
            "ndcg_at_10": ndcg_at_k(qrels, run, PAGE),
            "recall_at_10": recall_at_k(qrels, run, PAGE, right),
            "map": average_precision(qrels, run, right),
            "mrr": mrr(qrels, run, right),
            "judged_at_10": judged_at_k(qrels, run, PAGE, right),
        }
    return {name: round(value, DIGITS) for name, value in figures.items()} | {"queries": len(qrels)}


def figures(golden: GoldenSet, replies: Replies) -> dict[str, dict]:
    """{pool: {"all": figures, "by_category": {...}, "by_type": {...}}}; a pool without queries is left out."""
    found = {}
    for pool in POOLS:
        qrels, run = scored(golden, replies, pool)
        if qrels:
            queries = [query for query in golden.queries if query.id in qrels]
            found[NAMES[pool]] = {
                "all": measure(pool, qrels, run),
                "by_category": by(queries, "category", pool, qrels, run),
                "by_type": by(queries, "type", pool, qrels, run),
            }
    return found


def by(queries: Iterable[GoldenQuery], name: str, pool: str, qrels: Qrels, run: Run) -> dict[str, dict]:
    groups: dict[str, list[str]] = {}
    for query in queries:
        groups.setdefault(getattr(query, name) or "none", []).append(query.id)
    return {
        group: measure(pool, {each: qrels[each] for each in ids}, {each: run[each] for each in ids})
        for group, ids in sorted(groups.items())
    }


def gate_scores(found: Mapping[str, dict]) -> dict[str, float]:
    """{"same_product precision_at_1": ...}: the figures that decide."""
    return {
        f"{NAMES[pool]} {measure}": found[NAMES[pool]]["all"][measure]
        for pool, measure in GATES.items()
        if NAMES[pool] in found
    }


def write_trec(golden: GoldenSet, replies: Replies, folder: Path, tag: str) -> list[Path]:
    """What was measured, for ir_measures and trec_eval: a qrels and a run file for each pool."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for pool in POOLS:
        qrels, run = scored(golden, replies, pool)
        if qrels:
            paths += [folder / f"{NAMES[pool]}.qrels", folder / f"{NAMES[pool]}.run"]
            write_qrels(paths[-2], qrels)
            write_run(paths[-1], run, tag)
    return paths
