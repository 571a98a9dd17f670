"""Neighbours vote with their likeness."""

import numpy as np
import pytest

from search.insight.vote import vote


def test_near_ones_count_more():
    found = vote(np.array([0.9, 0.4, 0.4], np.float32), ["chair", "sofa", "sofa"])
    assert (found.value, found.votes, found.voters) == ("chair", 1, 3)
    assert 0.9 < found.share < 1


def test_those_who_say_nothing_do_not_vote():
    found = vote(np.array([0.9, 0.8, 0.8], np.float32), [None, "red", ""])
    assert (found.value, found.share, found.voters) == ("red", 1.0, 1)


@pytest.mark.parametrize("values", [[], ["", None]])
def test_without_voters_there_is_no_vote(values):
    assert vote(np.zeros(len(values), np.float32), values) is None
