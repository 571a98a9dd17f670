"""Our measures are those of ir_measures, on what we export as TREC files."""

import random
from urllib.parse import quote

import ir_measures
import pytest
from ir_measures import AP, RR, Judged, P, R, nDCG

from ml.evaluate import average_precision, judged_at_k, mrr, ndcg_at_k, precision_at_1, recall_at_k
from ml.evaluate.trec import NotTrec, read_qrels, read_run, write_qrels, write_run

GAINS = {grade: 2**grade - 1 for grade in range(6)}


def measured(qrels_file, run_file) -> dict:
    measures = [P @ 1, P(rel=3) @ 1, R @ 5, R @ 20, R(rel=3) @ 10, RR, RR(rel=3), AP, AP(rel=3), Judged @ 10]
    qrels = list(ir_measures.read_trec_qrels(str(qrels_file)))
    run = list(ir_measures.read_trec_run(str(run_file)))
    found = ir_measures.calc_aggregate([*measures, nDCG(gains=GAINS) @ 10], qrels, run)
    return {str(measure): value for measure, value in found.items()}


def ours(qrels, run) -> dict:
    return {
        "P@1": precision_at_1(qrels, run),
        "P(rel=3)@1": precision_at_1(qrels, run, 3),
        "R@5": recall_at_k(qrels, run, 5),
        "R@20": recall_at_k(qrels, run, 20),
        "R(rel=3)@10": recall_at_k(qrels, run, 10, 3),
        "RR": mrr(qrels, run),
        "RR(rel=3)": mrr(qrels, run, 3),
        "AP": average_precision(qrels, run),
        "AP(rel=3)": average_precision(qrels, run, 3),
        "Judged@10": judged_at_k(qrels, run, 10),
        str(nDCG(gains=GAINS) @ 10): ndcg_at_k(qrels, run, 10),
    }


@pytest.fixture(params=range(8))
def judged(request):
    """Grades of products with awkward names, and every query with one that is right at 3 or above."""
    draw = random.Random(request.param)
    products = [f"SKU {n}%" if n % 3 else f"größe-{n}" for n in range(40)]
    qrels = {}
    for query in range(12):
        some = draw.sample(products, 15)
        qrels[f"q {query}"] = {some[0]: draw.randint(3, 5), **{sku: draw.randint(0, 5) for sku in some[1:]}}
    return draw, products, qrels


def test_every_measure_equals_ir_measures(judged, tmp_path):
    draw, products, qrels = judged
    run = {query: draw.sample(products, draw.randint(1, 40)) for query in list(qrels)[:-2]}  # two find nothing
    run[list(qrels)[-1]] = []
    write_qrels(tmp_path / "qrels", qrels)
    write_run(tmp_path / "run", run, "ours")
    assert read_qrels(tmp_path / "qrels") == qrels
    assert read_run(tmp_path / "run") == {query: ranked for query, ranked in run.items() if ranked}
    assert ours(qrels, run) == pytest.approx(measured(tmp_path / "qrels", tmp_path / "run"), abs=1e-9)


def test_equal_scores_are_ordered_as_trec_eval_orders_them(judged, tmp_path):
    draw, _, qrels = judged
    names = sorted({sku for grades in qrels.values() for sku in grades})
    lines = [
        f"{quote(query)} Q0 {quote(name)} 1 {draw.choice((0.5, 0.25, 0.5 + 1e-12))} x\n"
        for query in qrels
        for name in draw.sample(names, 20)
    ]
    (tmp_path / "run").write_text("".join(lines))
    write_qrels(tmp_path / "qrels", qrels)
    run = read_run(tmp_path / "run")
    theirs = measured(tmp_path / "qrels", tmp_path / "run")
    mine = ours(qrels, run)
    del theirs["Judged@10"], mine["Judged@10"]  # there it orders equal scores the other way round
    assert mine == pytest.approx(theirs, abs=1e-9)


def test_what_is_not_trec_is_refused(tmp_path):
    for text in ("q 0 d\n", "q 0 d high\n"):
        (tmp_path / "qrels").write_text(text)
        with pytest.raises(NotTrec, match="line 1"):
            read_qrels(tmp_path / "qrels")
    with pytest.raises(NotTrec):
        write_qrels(tmp_path / "qrels", {"q": {"d": 0.5}})
