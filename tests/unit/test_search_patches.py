"""Evidence by patches, without a database."""

import numpy as np
import pytest

from search.rerank.patches import PRODUCTS, VIEWS_WEIGHT, WEIGHT, compare_patches
from search.retrieve.patches import LatelyCompared
from search.types import Asked, Hit, QueryPatches

ONE = np.array([[1.0, 0.0]], np.float32)
RIGHT, WRONG, HALF = np.eye(2, dtype=np.float32)[:1], np.eye(2, dtype=np.float32)[1:], np.full((1, 2), 0.5**0.5)


def asked(views: int = 1, words: str | None = None) -> Asked:
    patches = QueryPatches(np.repeat(RIGHT[None], views, axis=0), np.ones((views, 1), np.float32))
    return Asked("b", np.repeat(ONE, views, axis=0), None, words, np.repeat(ONE, views, axis=0), None, patches)


def hits(*scores: float) -> list[Hit]:
    return [Hit(number, score, {"image": score}) for number, score in enumerate(scores, 1)]


def stored(**known):
    """fetch of these patches by product: p1=..."""

    def fetch(product_ids):
        found = [number for number in product_ids if f"p{number}" in known]
        return found, np.array([known[f"p{number}"] for number in found], np.float32)

    return fetch


def order(found: list[Hit]) -> list[int]:
    return [hit.product_id for hit in found]


def test_who_agrees_patch_by_patch_moves_up_and_says_so():
    found = compare_patches(hits(0.9, 0.8, 0.7), asked(), stored(p1=WRONG, p2=RIGHT, p3=HALF))
    assert order(found) == [2, 3, 1]
    assert [hit.scores["patches"] for hit in found] == [1.0, 0.5, 0.0]
    assert found[0].score == pytest.approx(0.8 + WEIGHT)


def test_what_all_candidates_share_speaks_for_none():
    found = compare_patches(hits(0.9, 0.8), asked(), stored(p1=HALF, p2=HALF))
    assert order(found) == [1, 2]
    assert found[0].score == pytest.approx(0.9)


def test_a_picture_without_patches_loses_nothing():
    found = compare_patches(hits(0.9, 0.8, 0.7), asked(), stored(p2=WRONG, p3=HALF))
    assert [hit.score for hit in sorted(found, key=lambda hit: hit.product_id)] == pytest.approx([0.9, 0.8, 1.2])


def test_where_nobody_tapped_patches_count_less():
    found = compare_patches(hits(0.9, 0.8), asked(views=4), stored(p1=WRONG, p2=RIGHT))
    assert found[0].score == pytest.approx(0.8 + VIEWS_WEIGHT)


def test_only_the_first_are_compared():
    wanted = []
    compare_patches(
        hits(*np.linspace(0.9, 0.1, 80)), asked(), lambda product_ids: (wanted.extend(product_ids) or [], None)
    )
    assert wanted == list(range(1, PRODUCTS + 1))


@pytest.mark.parametrize("query", [asked(words="in blue"), Asked("b", ONE, None, None, ONE)])
def test_words_beside_the_photo_or_no_patches_fetch_nothing(query):
    def fetch(product_ids):
        raise AssertionError("nothing is to be fetched")

    before = hits(0.9, 0.8)
    assert compare_patches(before, query, fetch) is before


def test_without_stored_patches_the_hits_stay():
    before = hits(0.9, 0.8)
    assert compare_patches(before, asked(), stored()) is before


def test_what_was_compared_lately_is_remembered_and_no_more_than_that():
    lately = LatelyCompared(size=3)
    lately.keep("b", [(1, 10, b"one"), (2, 20, b"two")])
    lately.keep("b", [(1, 10, b"new"), (3, 30, b"three")])
    lately.keep("c", [(1, 10, b"other")])
    assert lately.get("b", [1, 2, 3]) == [(1, 10, b"new"), (3, 30, b"three")]
    assert lately.get("c", [1, 9]) == [(1, 10, b"other")]
