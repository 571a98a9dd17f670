"""Groups of vectors, and words that may name a person."""

import numpy as np
import pytest

from search.demand.cluster import leaders
from search.demand.private import is_private
from search.demand.queries import numbers


def test_what_is_close_to_a_leader_joins_it():
    vectors = np.array([[1, 0, 0], [0, 1, 0], [0.8, 0.6, 0], [0.6, 0.8, 0], [0, 0, 1]], np.float32)
    assert leaders(vectors, 0.7).tolist() == [0, 1, 0, 1, 2]
    assert leaders(vectors, 0.99).tolist() == [0, 1, 2, 3, 4]
    assert leaders(vectors[:0], 0.7).tolist() == []


def test_a_new_vector_leaves_the_groups_before_it_as_they_are():
    rng = np.random.default_rng(3)
    vectors = rng.normal(size=(60, 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    assert leaders(vectors, 0.5)[:59].tolist() == leaders(vectors[:59], 0.5).tolist()


@pytest.mark.parametrize("text", ["me@example.com", "call 0049 171 2345678", "www.example.com/me", "+49 (30) 901820-0"])
def test_words_that_may_name_a_person(text):
    assert is_private(text)


@pytest.mark.parametrize("text", ["round oak table 120 x 80", "sofa 3 seats", "size 42 boots", "lamp @ home"])
def test_words_that_name_a_thing(text):
    assert not is_private(text)


@pytest.mark.parametrize("cursor", ["", "3", "a.b", "1.2.3", "-1.2", "²2.1", "1." + "9" * 30])
def test_what_is_no_cursor_is_the_first_page(cursor):
    assert numbers(cursor) is None
