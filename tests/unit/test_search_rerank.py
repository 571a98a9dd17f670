"""Candidates to order, without a database."""

import numpy as np

from search.rerank.collapse import collapse
from search.rerank.diversify import diversify
from search.rerank.facts import Facts
from search.rerank.order import rank, reciprocal_ranks
from search.rerank.rules import apply_rules
from search.retrieve.gather import merge
from search.types import Asked, Candidates, Gathered, Hit, LexicalHits


def facts(gtin="", group="", color="", in_stock=True, phashes=(0,)) -> Facts:
    return Facts(gtin, group, color, in_stock, tuple(phashes))


def hit(product_id: int, score: float, angle: float = 0.0) -> Hit:
    return Hit(product_id, score, {}, np.array([np.cos(angle), np.sin(angle)], np.float32))


def ids(hits: list[Hit]) -> list[int]:
    return [each.product_id for each in hits]


def candidates(*rows: tuple[int, int, float]) -> Candidates:
    """(image, product, score) rows with vectors whose first entry is the score."""
    scores = np.array([row[2] for row in rows], np.float32)
    vectors = np.stack([scores, np.sqrt(1 - scores**2)], axis=1)
    return Candidates(np.array([r[0] for r in rows]), np.array([r[1] for r in rows]), vectors, scores)


def test_merging_keeps_each_image_once_with_its_larger_inner_product():
    merged = merge([candidates((1, 10, 0.9), (2, 20, 0.1)), candidates((2, 20, 0.8), (3, 30, 0.5))])
    assert merged.image_ids.tolist() == [1, 2, 3]
    assert np.allclose(merged.scores, [0.9, 0.8, 0.5])


def test_a_product_with_several_pictures_is_one_hit_with_its_best():
    view = np.array([[1.0, 0.0]], np.float32)
    asked = Asked("b", view, None, None, view)
    near = candidates((1, 10, 0.9), (2, 20, 0.8), (3, 10, 0.7))
    hits = rank(asked, Gathered(near, LexicalHits((), 0, 0)))
    assert ids(hits) == [10, 20]
    assert hits[0].scores == {"image": 0.9}


def test_what_several_views_of_a_photo_agree_in_comes_before_what_one_mistakes():
    views = np.array([[1, 0, 0], [0, 1, 0], [0, 1, 0], [0, 1, 0]], np.float32)
    near = Candidates(
        np.array([1, 2]), np.array([10, 20]), np.array([[0.8, 0, 0.6], [0, 0.7, 0.7]], np.float32), np.array([0.8, 0.7])
    )
    alone = Gathered(near, LexicalHits((), 0, 0))
    hits = rank(Asked("b", views, None, None, views), alone)
    assert ids(hits) == [20, 10]
    assert hits[1].scores == {"image": 0.8}
    assert ids(rank(Asked("b", views, None, None, views, skip_product_id=3), alone)) == [10, 20]


def test_an_exact_sku_is_first_and_products_with_every_word_come_before_others():
    text = np.array([1.0, 0.0], np.float32)
    asked = Asked("b", np.empty((0, 2), np.float32), text, "sl-7", text[None])
    near = candidates((1, 10, 0.9), (2, 20, 0.8), (3, 30, 0.7))
    assert ids(rank(asked, Gathered(near, LexicalHits((70, 30), 1, 1))))[0] == 70
    assert ids(rank(asked, Gathered(near, LexicalHits((30, 20), 0, 1))))[0] == 30


def test_words_beside_a_photo_raise_what_holds_all_of_them():
    view = np.array([[1.0, 0.0]], np.float32)
    asked = Asked("b", view, view[0], "in blue", view)
    hits = rank(asked, Gathered(candidates((1, 10, 0.90), (2, 20, 0.85)), LexicalHits((20,), 0, 1)))
    assert ids(hits) == [20, 10]


def test_reciprocal_ranks_give_one_to_the_first_of_all():
    scores = reciprocal_ranks([([1, 2], 1.0), ([1, 3], 1.0)])
    assert scores[1] == 1.0
    assert scores[2] == scores[3] < 0.5


def test_sold_out_yields_to_near_equals_only():
    hits = [hit(1, 0.80), hit(2, 0.79), hit(3, 0.50)]
    known = {1: facts(in_stock=False), 2: facts(), 3: facts()}
    assert ids(apply_rules(hits, known, "similar")) == [2, 1, 3]
    assert ids(apply_rules(hits, known, "same_product")) == [1, 2, 3]


def test_a_product_deleted_meanwhile_is_dropped():
    assert ids(apply_rules([hit(1, 0.8), hit(2, 0.7)], {2: facts()}, "similar")) == [2]


def test_another_sellers_listing_is_folded_and_the_one_in_stock_is_shown():
    known = {1: facts(gtin="1", in_stock=False), 2: facts(gtin="2"), 3: facts(gtin="1")}
    folded = collapse([hit(1, 0.9), hit(2, 0.8, 1.0), hit(3, 0.7)], known)
    assert ids(folded) == [3, 2]
    assert folded[0].also == (1,)
    assert folded[0].score == 0.9


def test_the_same_shot_is_folded_but_a_variant_is_not():
    same = {1: facts(color="red", phashes=[5]), 2: facts(color="red", phashes=[4])}
    assert ids(collapse([hit(1, 0.9), hit(2, 0.8)], same)) == [1]
    for other in (facts(color="blue", phashes=[5]), facts(color="red", phashes=[-1])):
        assert ids(collapse([hit(1, 0.9), hit(2, 0.8)], same | {2: other})) == [1, 2]
    group = {1: facts(group="g", phashes=[5]), 2: facts(group="g", phashes=[5])}
    assert ids(collapse([hit(1, 0.9), hit(2, 0.8)], group)) == [1, 2]


def test_collapse_takes_nothing_and_hits_without_vectors():
    assert collapse([], {}) == []
    assert ids(collapse([Hit(1, 0.5, {}), Hit(2, 0.4, {})], {1: facts(), 2: facts()})) == [1, 2]


def test_variety_moves_a_repetition_back_but_never_the_first():
    hits = [hit(1, 0.90), hit(2, 0.89, 0.01), hit(3, 0.85, 1.5)]
    assert ids(diversify(hits, "similar")) == [1, 3, 2]
    assert ids(diversify(hits, "same_product")) == [1, 2, 3]


def test_what_a_person_said_of_two_products_counts_before_their_pictures():
    hits = [hit(1, 0.9), hit(2, 0.8), hit(3, 0.7, angle=1.0), hit(4, 0.6)]
    known = {each.product_id: facts() for each in hits}
    known[1] = Facts("", "", "", True, (0,), apart=frozenset({2}))
    known[3] = Facts("", "", "", True, (99,), same=frozenset({1}))
    folded = collapse(hits, known)
    assert [(each.product_id, each.also) for each in folded] == [(1, (3, 4)), (2, ())]
