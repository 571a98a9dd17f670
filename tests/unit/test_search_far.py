"""Filters whose matches lie far from the query: found all the same, without looking at everything."""

from threading import RLock

import numpy as np
import pytest

from search.build.shard import build_shard
from search.retrieve.cold import EXACT_ROWS, Shard
from search.retrieve.columns.masks import Mask, Verdicts
from search.retrieve.packs import IDLE_S, MAKER, Packs, few

DIM, ROWS, DEPARTMENTS, K = 32, 12_000, 60, 10


def vectors(rows: int, seed: int) -> np.ndarray:
    """float16 (rows, DIM) unit rows around eighty centres."""
    dice = np.random.default_rng(seed)
    centres = np.random.default_rng(0).standard_normal((80, DIM))
    drawn = centres[dice.integers(0, 80, rows)] + 0.6 * dice.standard_normal((rows, DIM))
    return (drawn / np.linalg.norm(drawn, axis=1, keepdims=True)).astype(np.float16)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The shard, its rows float32 (ROWS, DIM), and each row's department int64 (ROWS,), which no list knows of."""
    folder = tmp_path_factory.mktemp("far")
    entry, order = build_shard(folder, vectors(ROWS, 1), kind="ivf")
    rows = vectors(ROWS, 1)[order].astype(np.float32)
    return Shard.open(folder, entry), rows, np.argmax(rows @ vectors(DEPARTMENTS, 3).astype(np.float32).T, axis=1)


def far_mask(built, query: np.ndarray, share: float) -> Mask:
    """The departments that lie farthest from the query, until they hold this share of the rows."""
    _, rows, departments = built
    likeness = np.array([(rows[departments == number] @ query).mean() for number in range(DEPARTMENTS)])
    order = np.argsort(likeness)
    sizes = np.bincount(departments, minlength=DEPARTMENTS)[order]
    chosen = order[: int(np.searchsorted(np.cumsum(sizes), share * ROWS)) + 1]
    return mask_of(np.isin(departments, chosen))


def mask_of(keep: np.ndarray) -> Mask:
    return Mask(Verdicts(keep, RLock()), int(np.count_nonzero(keep)))


def pack(shard: Shard, mask: Mask):
    return shard.lists._packs.make(mask, shard.lists._matches(mask))


def best(rows: np.ndarray, query: np.ndarray, keep: np.ndarray) -> np.ndarray:
    return np.argsort(-np.where(keep, rows @ query, -9))[:K]


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("share", [0.5, 0.2])
def test_far_matches_are_found_by_comparing_few(built, share, packed):
    shard, rows, _ = built
    recalls, compared = [], []
    for query in vectors(40, 2).astype(np.float32):
        mask = far_mask(built, query, share)
        assert mask.count > EXACT_ROWS
        if packed:
            pack(shard, mask)
        found = shard.search(query, K, mask=mask)
        assert len(found.rows) == K and mask.rows[found.rows].all()
        recalls.append(np.isin(best(rows, query, mask.rows), found.rows).mean())
        compared.append(found.explain["compared"] / mask.count)
    assert np.mean(recalls) >= 0.98
    assert np.mean(compared) <= 0.4


def test_a_pack_holds_the_matches_of_lists_that_have_few(built):
    shard, _, _ = built
    mask = far_mask(built, vectors(1, 2)[0].astype(np.float32), 0.3)
    counts, lists = shard.lists._matches(mask), shard.lists
    made = pack(shard, mask)
    inverted = made.index.invlists
    nlist = len(lists.sizes)
    np.testing.assert_array_equal(made.packed, few(counts, lists.sizes))
    sizes = [inverted.list_size(number) for number in range(2 * nlist)]
    np.testing.assert_array_equal(sizes[:nlist], lists.sizes)
    np.testing.assert_array_equal(sizes[nlist:], np.where(made.packed, counts, 0))


def test_packed_rows_score_as_they_do_in_their_lists(built):
    shard, _, _ = built
    query = vectors(1, 2)[0].astype(np.float32)
    mask = far_mask(built, query, 0.3)
    made = pack(shard, mask)
    lists = np.flatnonzero(made.packed)
    scores = shard.lists.centroids[lists] @ query
    whole = shard.lists.scan(shard.lists.index, query, lists, scores, mask, 50)
    alone = shard.lists.scan(made.index, query, lists + len(shard.lists.sizes), scores, mask, 50)
    np.testing.assert_array_equal(np.sort(whole[1]), np.sort(alone[1]))
    assert len(np.intersect1d(whole[0], alone[0])) >= 48  # of equal scores either may be the last


def test_what_changes_after_packing_is_seen(built):
    shard, rows, _ = built
    query = vectors(1, 2)[0].astype(np.float32)
    mask = far_mask(built, query, 0.3)
    pack(shard, mask)
    before = shard.search(query, K, mask=mask).rows
    came = np.argsort(-(rows @ query))[:5]
    mask._verdicts.flip(np.sort(np.concatenate([came, before[:3]])))
    now = Mask(mask._verdicts, mask.count + 2)
    found = shard.search(query, K, mask=now).rows
    assert np.isin(came, found).all() and not np.isin(before[:3], found).any()


def test_many_changes_have_it_packed_anew(built):
    shard, _, _ = built
    mask = far_mask(built, vectors(1, 2)[0].astype(np.float32), 0.2)
    pack(shard, mask)
    others = np.flatnonzero(~mask.rows)
    mask._verdicts.flip(others[:2000])
    assert shard.lists.came_since(mask).size == 2000 and "pack" not in mask.memo


def test_packs_take_no_more_room_than_they_may(built):
    shard, _, _ = built
    packs = Packs(shard.lists.index, shard.lists.sizes)
    counts = shard.lists.sizes // 3
    masks = [mask_of(np.random.default_rng(number).random(ROWS) < 0.33) for number in range(2)]
    packs._room = 1.5 * packs._bytes(counts)
    first = packs.make(masks[0], counts)
    assert packs.of(masks[0]) is first and not packs._has_room(counts)
    masks[0].memo["pack"].used_s -= 2 * IDLE_S
    assert packs._has_room(counts) and packs.of(masks[0]) is None


def test_a_filter_is_packed_after_its_second_long_search(built):
    shard, _, _ = built
    packs, mask = shard.lists._packs, mask_of(np.random.default_rng(1).random(ROWS) < 0.3)
    counts = shard.lists._matches(mask)
    packs.ask(mask, counts)
    MAKER.submit(int).result()
    assert packs.of(mask) is None
    packs.ask(mask, counts)
    MAKER.submit(int).result()
    assert packs.of(mask) is not None
