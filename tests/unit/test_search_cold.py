"""One shard: what is asked for is found, whatever the kind of index and whatever the filter leaves."""

from threading import RLock

import numpy as np
import pytest

from search.build import shard as shards
from search.build.shard import build_shard, choose_kind, drift, known_centroids
from search.retrieve.cold import INDEX, VECTORS, BrokenShard, Shard
from search.retrieve.columns.masks import Mask, Verdicts
from search.retrieve.rows import HalfRows

DIM, ROWS = 32, 6000


def clustered(rows: int, seed: int) -> np.ndarray:
    """float16 (rows, DIM) unit rows around forty centres."""
    random = np.random.default_rng(seed)
    centres = np.random.default_rng(0).standard_normal((40, DIM))
    vectors = centres[random.integers(0, 40, rows)] + 0.6 * random.standard_normal((rows, DIM))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float16)


@pytest.fixture(scope="module")
def one_turn():
    """Both kinds that turn their rows learn the same from the same rows: here it is learned once."""
    learned, learn = {}, shards.train_turn

    def train_turn(sample: np.ndarray, seed: int):
        key = (sample.tobytes(), seed)
        if key not in learned:
            learned[key] = learn(sample, seed)
        return learned[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shards, "train_turn", train_turn)
        yield


@pytest.fixture(scope="module", params=["exact", "hnsw", "ivf", "ivfpq", "ivfpq-disk"])
def built(request, tmp_path_factory, one_turn):
    folder = tmp_path_factory.mktemp(request.param)
    vectors = clustered(ROWS, 1)
    entry, order = build_shard(folder, vectors, kind=request.param)
    return Shard.open(folder, entry), vectors[order].astype(np.float32), entry, folder


def recall(shard, rows, k, keep=None, **settings) -> float:
    queries = clustered(60, 2).astype(np.float32)
    shares = []
    for query in queries:
        scores = rows @ query
        if keep is not None:
            scores[~keep] = -9
        wanted = np.argsort(-scores)[: min(k, len(rows) if keep is None else keep.sum())]
        found = shard.search(query, k, **settings)
        assert len(found.rows) == len(wanted)
        assert np.all(np.diff(found.scores) <= 0)
        np.testing.assert_allclose(found.scores, scores[found.rows], atol=1e-5)
        np.testing.assert_array_equal(found.vectors, rows[found.rows])
        shares.append(len(np.intersect1d(found.rows, wanted)) / len(wanted))
    return float(np.mean(shares))


@pytest.mark.parametrize("k", [10, 100])
def test_the_recall_that_was_asked_for(built, k):
    shard, rows, _, _ = built
    assert recall(shard, rows, k, recall=0.95) >= 0.94


@pytest.mark.parametrize("share", [0.5, 0.1, 0.01])
@pytest.mark.parametrize("near", ["anywhere", "far"])
def test_filters_keep_recall_and_full_pages(built, share, near):
    shard, rows, _, _ = built
    first_query = clustered(1, 2)[0].astype(np.float32)
    value = np.random.default_rng(3).random(ROWS) if near == "anywhere" else rows @ first_query
    keep = value <= np.quantile(value, share)
    assert recall(shard, rows, 10, keep, mask=Mask(Verdicts(keep, RLock()), int(keep.sum()))) >= 0.95


def test_matches_are_counted_by_list(built):
    shard, _, entry, _ = built
    if shard.lists is None:
        pytest.skip("has no lists")
    keep = np.random.default_rng(4).random(ROWS) < 0.3
    counts = shard.lists._matches(Mask(Verdicts(keep, RLock()), int(keep.sum())))
    np.testing.assert_array_equal(counts, np.bincount(shard.lists.list_of[keep], minlength=entry["nlist"]))


def test_dead_rows_are_never_found(built):
    shard, rows, _, _ = built
    alive = np.ones(ROWS, bool)
    alive[::60] = False
    query = rows[60]
    found = shard.search(query, 10, dead=int((~alive).sum()), alive=alive)
    assert len(found.rows) == 10 and alive[found.rows].all()


def test_centroids_serve_the_next_build(built, tmp_path):
    shard, rows, entry, folder = built
    if entry["kind"] != "ivf":
        pytest.skip("has no lists to keep")
    again, order = build_shard(tmp_path, clustered(ROWS, 5), kind="ivf", centroids=known_centroids(folder, entry))
    assert again["nlist"] == entry["nlist"]
    assert drift(entry, again["distance"], ROWS) < 1.2
    assert sorted(order) == list(range(ROWS))


def test_a_shard_that_was_never_measured_is_searched_widely(built):
    _, rows, entry, folder = built
    shard = Shard.open(folder, entry | {"tuning": []})
    assert recall(shard, rows, 10, recall=0.95) >= 0.94
    keep = np.random.default_rng(4).random(ROWS) < 0.1
    assert recall(shard, rows, 10, keep, mask=Mask(Verdicts(keep, RLock()), int(keep.sum()))) >= 0.95


def test_a_changed_index_is_not_opened(built, tmp_path):
    shard, rows, entry, folder = built
    if entry["kind"] == "exact":
        pytest.skip("has no index file")
    for name in (INDEX, VECTORS):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    with pytest.raises(BrokenShard, match="not as it was written"):
        Shard.open(tmp_path, entry | {"files": {INDEX: {"bytes": 1, "sha256": "0" * 64}}})


def test_rows_of_another_size_are_not_opened(tmp_path):
    (tmp_path / VECTORS).write_bytes(b"\0" * 100)
    with pytest.raises(BrokenShard, match="vectors.f16"):
        HalfRows(tmp_path / VECTORS, 10, DIM)


def test_widening_is_exact_for_every_finite_float16(tmp_path):
    numbers = np.arange(1 << 16, dtype=np.uint16).view(np.float16)
    numbers = numbers[np.isfinite(numbers)]
    numbers.tofile(tmp_path / "numbers")
    rows = HalfRows(tmp_path / "numbers", len(numbers), 1)
    np.testing.assert_array_equal(rows.floats(np.arange(len(numbers)))[:, 0], numbers.astype(np.float32))


@pytest.mark.parametrize(("rows", "kind"), [(10, "exact"), (19_999, "exact"), (20_000, "ivf"), (500_000, "ivf")])
def test_kind_follows_size(rows, kind):
    assert choose_kind(rows) == kind
