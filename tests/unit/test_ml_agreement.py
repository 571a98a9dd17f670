"""Krippendorff's alpha against his own example, evalica, and a known truth."""

import numpy as np
import pandas as pd
import pytest
from evalica import alpha

from ml.evaluate.agreement import agreement

# Krippendorff, "Computing Krippendorff's Alpha-Reliability", 2011, part C: 4 observers, 12 units, 5 values.
EXAMPLE = np.array(
    [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, np.nan, np.nan, np.nan],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, np.nan, 3],
        [np.nan, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, np.nan],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, np.nan],
    ]
)
VALUES = np.arange(1.0, 6.0)


def counted(ratings: np.ndarray) -> np.ndarray:
    return np.stack([(ratings == value).sum(axis=0) for value in VALUES], axis=1)


@pytest.mark.parametrize(("scale", "published"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849)])
def test_alpha_equals_the_published_example_and_evalica(scale, published):
    found = agreement(counted(EXAMPLE), VALUES, scale)
    assert found.alpha == pytest.approx(published, abs=5e-4)
    assert found.alpha == pytest.approx(alpha(pd.DataFrame(EXAMPLE), scale).alpha)
    assert found.alpha in found.interval
    assert (found.things, found.ratings) == (11, 40)


def test_where_alpha_is_not_defined_it_is_left_out():
    assert agreement(np.array([[1, 0], [0, 1]]), VALUES[:2], "nominal").alpha is None
    same = agreement(np.array([[3, 0], [3, 0]]), VALUES[:2], "nominal")
    assert (same.alpha, same.percent, same.things) == (None, 1.0, 2)
    assert agreement(np.zeros((0, 2), int), VALUES[:2], "nominal").things == 0


def test_the_interval_holds_the_true_alpha_as_often_as_it_says():
    dice = np.random.default_rng(3)

    def study(things: int) -> np.ndarray:
        truth = dice.choice(3, things, p=[0.4, 0.35, 0.25])
        said = np.where(dice.random((things, 3)) < 0.7, truth[:, None], dice.integers(0, 3, (things, 3)))
        return np.stack([(said == value).sum(axis=1) for value in range(3)], axis=1)

    true = agreement(study(200_000), VALUES[:3], "nominal").alpha
    held = [true in agreement(study(120), VALUES[:3], "nominal").interval for _ in range(200)]
    assert 0.89 <= np.mean(held) <= 0.99
