"""Evidence by local features, without a database."""

import numpy as np
import pytest

from ml.inspect.local import POINT, QUERY_POINTS, QUERY_SIDE_PX, local_features
from search.rerank.verify import CHANCE, PRODUCTS, compare, evidence, sure, verify
from search.types import Hit
from tests.prints import label, photographed


@pytest.fixture(scope="module")
def query() -> np.ndarray:
    return local_features(photographed(label(1), 1), QUERY_SIDE_PX, QUERY_POINTS)


@pytest.fixture(scope="module")
def own() -> np.ndarray:
    return local_features(label(1))


def values_of(query, *stored) -> dict[int, float]:
    return evidence(*compare(query, stored)).values


def test_only_the_same_print_has_evidence(query, own):
    values = values_of(query, (10, local_features(label(4))), (11, own), (12, own[:5]), (13, np.empty(0, POINT)))
    assert 0.5 < values.pop(11) < 1
    assert all(value < 0.2 for value in values.values())
    assert not {12, 13} & values.keys()


def test_counts_that_hardly_differ_are_left_to_the_vectors(query, own):
    most = own[: len(own) * 19 // 20]
    values = values_of(query, (1, own), (2, most))
    assert values[1] == values[2]
    part = own[: len(own) // 8]  # as another label of the brand
    values = values_of(query, (1, own), (2, part))
    assert values[1] > values.get(2, 0) + 0.2


def test_evidence_grows_with_the_points_and_never_reaches_one():
    values = [sure(count) for count in range(CHANCE, 400, 10)]
    assert values[0] == 0 and values == sorted(values) and values[-1] < 1


def test_few_points_fetch_nothing_and_leave_the_hits_alone(query):
    hits = [Hit(1, 0.9, {"image": 0.9}), Hit(2, 0.8, {"image": 0.8})]

    def fetch(product_ids):
        raise AssertionError("nothing is to be fetched")

    assert verify(hits, query[:7], fetch) is hits


def test_a_verified_hit_moves_up_and_says_why(query, own):
    hits = [Hit(1, 0.9, {"image": 0.9}), Hit(2, 0.7, {"image": 0.7})]
    moved = verify(hits, query, lambda ids: [(2, own)] if ids == [1, 2] else [])
    assert [hit.product_id for hit in moved] == [2, 1]
    assert moved[0].scores["local"] > 0.5 and moved[1].scores["local"] == 0


def test_candidates_without_features_keep_their_order(query):
    hits = [Hit(1, 0.9, {"image": 0.9}), Hit(2, 0.7, {"image": 0.7})]
    assert verify(hits, query, lambda ids: []) == hits


def test_a_label_that_is_none_of_the_first_is_looked_for_further_down(query, own):
    hits = [Hit(number, 1 - number / 1000, {"image": 1 - number / 1000}) for number in range(200)]
    asked = []

    def fetch(product_ids):
        asked.append(product_ids)
        return [(80, own)] if 80 in product_ids else []

    assert verify(hits, query, fetch)[0].product_id == 80
    assert [len(ids) for ids in asked] == [PRODUCTS, 100]
    verify(hits, query[:100], fetch)  # not so much print: the first are enough
    verify(hits, query, lambda ids: fetch(ids) or [(3, own)])  # found at once
    assert [len(ids) for ids in asked[2:]] == [PRODUCTS, PRODUCTS]
