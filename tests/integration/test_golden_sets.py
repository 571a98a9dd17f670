"""A golden set asked in the shop itself: figures that ir_measures confirms, and a gate that goes by them."""

import json

import ir_measures
import numpy as np
import pytest
from django.core.management import CommandError, call_command
from ir_measures import AP, RR, Judged, P, R, nDCG

from ml.evaluate.golden import GoldenQuery, write_golden
from search.build import bundles, golden
from search.build.build import build
from search.build.job import folder_of
from search.build.verify import check_golden, verify
from search.errors import NotReady, UnknownGoldenSet
from search.evaluate.score import generation_scores, score
from search.golden_sets import resolve
from search.models import Bundle, Generation, QueryLog, QueryPhoto, ServingEvent
from tests.search_catalog import make_catalog

pytestmark = pytest.mark.django_db
GAINS = {grade: 2**grade - 1 for grade in range(6)}


@pytest.fixture
def catalog(tmp_path, settings):
    settings.SIGHTLINE_INDEX_DIR, settings.SIGHTLINE_GOLDEN_DIR = tmp_path / "index", tmp_path / "golden"
    return make_catalog(8)


@pytest.fixture
def rooms(catalog, settings):
    """Pictures of the catalog with themselves as the right answer, and words with grades."""
    queries = [
        GoldenQuery(
            f"p{n}", photo="upload", category="Chair" if n % 2 else "Lamp", same={f"SKU-{n}": 1},
            similar={f"SKU-{n}": 5, f"SKU-{(n + 2) % 8}": 3, f"SKU-{(n + 1) % 8}": 0},
        )
        for n in range(4)
    ]  # fmt: skip
    queries.append(
        GoldenQuery("t1", text="green chair", category="Chair", similar={"SKU-3": 4, "SKU-5": 1, "SKU-0": 0})
    )
    queries.append(GoldenQuery("t2", text="zzz qqq", similar={"SKU-1": 2}))  # nothing is right from grade 3 on
    photos = {f"p{n}": catalog.picture_of(n) for n in range(4)}
    return write_golden(settings.SIGHTLINE_GOLDEN_DIR, "rooms", queries, photos, {"made_at": "2026-01-01"})


def test_figures_are_those_of_ir_measures_on_what_was_written(rooms, tmp_path, capsys):
    call_command("evaluate", "rooms", "--json", "--write", str(tmp_path / "trec"))
    figures = json.loads(capsys.readouterr().out)
    assert figures["set"] == rooms.ref
    same = theirs(tmp_path / "trec" / "same_product", [P @ 1, Judged @ 1, RR])
    ours = figures["same_product"]["all"]
    assert [ours["precision_at_1"], ours["judged_at_1"], ours["mrr"]] == pytest.approx(same, abs=1e-6)
    similar = theirs(
        tmp_path / "trec" / "visually_similar",
        [nDCG(gains=GAINS) @ 10, R(rel=3) @ 10, AP(rel=3), RR(rel=3), Judged @ 10],
    )
    ours = figures["visually_similar"]["all"]
    names = ("ndcg_at_10", "recall_at_10", "map", "mrr", "judged_at_10")
    assert [ours[name] for name in names] == pytest.approx(similar, abs=1e-6)
    assert ours["queries"] == 5
    assert set(figures["visually_similar"]["by_category"]) == {"Chair", "Lamp"}
    assert figures["visually_similar"]["by_type"]["text"]["queries"] == 1
    assert figures["same_product"]["all"]["precision_at_1"] > 0.7


def theirs(path, measures) -> list[float]:
    qrels = list(ir_measures.read_trec_qrels(f"{path}.qrels"))
    run = list(ir_measures.read_trec_run(f"{path}.run"))
    found = ir_measures.calc_aggregate(measures, qrels, run)
    return [found[measure] for measure in measures]


def test_measuring_leaves_nothing_that_looks_like_a_shopper(rooms):
    measured = score(rooms)
    assert not QueryLog.objects.exists()
    assert not QueryPhoto.objects.exists()
    assert measured.system.bundle == Bundle.objects.get().pk
    event = measured.note("ann")
    assert (event.detail["set"], event.detail["scores"]) == (rooms.ref, measured.gate)


def test_sets_are_found_by_name_and_hash_or_not_at_all(rooms, tmp_path):
    assert resolve("rooms") == rooms
    assert resolve(f"rooms@{rooms.sha256[:10]}") == rooms
    assert resolve(str(rooms.folder)) == rooms
    assert resolve(str(tmp_path)) == tmp_path
    with pytest.raises(UnknownGoldenSet):
        resolve("kitchens")
    for arguments in (
        ["kitchens"],
        ["rooms", "--generation", "none"],
        ["rooms", "--bundle", "none"],
        ["rooms", "--depth=0"],
    ):
        with pytest.raises(CommandError):
            call_command("evaluate", *arguments)


def test_a_generation_that_answers_worse_fails(rooms):
    bundle = Bundle.objects.get().pk
    live = build(bundle)
    Generation.objects.filter(pk=live.pk).update(state="live")
    report = verify(build(bundle).pk, golden_set="rooms")
    assert report.passed, report.reasons
    assert [check.name for check in report.checks].count("golden set") == 2

    worse = build(bundle)
    products = np.fromfile(path := folder_of(worse.pk) / "shard-0000" / "product_ids.i64", np.int64)
    np.roll(products, 1).tofile(path)  # each picture leads to another product
    good, bad = generation_scores("rooms", live.pk), generation_scores("rooms", worse.pk)
    assert all(bad[name] < 0.9 * good[name] for name in good)
    checks = check_golden(Generation.objects.get(pk=worse.pk), "rooms", None)
    assert [check.ok for check in checks] == [False, False]
    assert "same_product precision_at_1" in checks[0].said


def test_the_gate_of_bundles_takes_a_set_by_name(rooms):
    live = Bundle.objects.get()
    other = Bundle.objects.create(id="other-1.0", dim=live.dim, state="building")
    assert golden.reasons_against(other.pk, live.pk, "rooms") == [
        "the golden set rooms was not measured with it and the live one yet"
    ]
    golden.measure_missing([live.pk], "ann", "rooms")
    mine = golden.measured(live.pk, "rooms")
    assert set(mine) == {"same_product precision_at_1", "visually_similar ndcg_at_10"}
    for share, refused in ((0.5, 2), (0.995, 0)):
        scores = {name: value * share for name, value in mine.items()}
        ServingEvent.objects.create(
            verb="golden", bundle_id=other.pk, detail={"folder": rooms.ref, "set": rooms.ref, "scores": scores}
        )
        assert len(golden.reasons_against(other.pk, live.pk, "rooms")) == refused
    assert golden.reasons_against(other.pk, live.pk, "kitchens") == [
        "There is no golden set kitchens. `manage.py golden list` names them."
    ]
    with pytest.raises(NotReady, match="kitchens"):
        bundles.promote(other.pk, "ann", golden_set="kitchens")
    ServingEvent.objects.filter(bundle_id=live.pk).update(at="2020-01-01T00:00:00Z")
    assert golden.measured(live.pk, "rooms") is None  # the shop is another one by now
