"""How far several raters say the same of the same things."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from ml.evaluate.exact import Interval

Scale = Literal["nominal", "ordinal", "interval"]
RESAMPLES = 2_000


@dataclass(frozen=True, slots=True)
class Agreement:
    """things: those with two ratings or more. ratings: of these. percent: share of equal pairs, 0 to 1.

    alpha is None where it is not defined: nothing was rated twice, or everybody said one and the same of everything.
    """

    things: int
    ratings: int
    percent: float | None = None
    alpha: float | None = None
    interval: Interval | None = None


def agreement(counts: np.ndarray, values: np.ndarray, scale: Scale, confidence: float = 0.95) -> Agreement:
    """counts int (n, c): how many raters gave each of c answers to each of n things; values float (c,), rising.

    Krippendorff's alpha (Content Analysis, 4th ed. 2019, ch. 12): 1 is perfect, 0 what chance would give. The interval
    resamples things with all their ratings, 2,000 times from one seed, since ratings of one thing hang together.
    """
    counts = counts[counts.sum(axis=1) >= 2]
    if len(counts) == 0:
        return Agreement(0, 0)
    # Things with the same answers are alike: a resample of things is a draw of how often each pattern occurs.
    patterns, often = np.unique(counts, axis=0, return_counts=True)
    things, ratings, percent = len(counts), int(counts.sum()), percent_equal(patterns, often)
    alpha = float(alphas(patterns, often[None], values, scale)[0])
    if np.isnan(alpha):
        return Agreement(things, ratings, percent)
    drawn = np.random.default_rng(0).multinomial(things, often / things, size=RESAMPLES)
    tail = (1 - confidence) / 2
    low, high = np.nanquantile(alphas(patterns, drawn, values, scale), [tail, 1 - tail])
    return Agreement(things, ratings, percent, alpha, Interval(float(low), float(high)))


def percent_equal(patterns: np.ndarray, often: np.ndarray) -> float:
    """Share of equal pairs of ratings, each thing counting once however many rated it."""
    ratings = patterns.sum(axis=1)
    equal = (patterns * (patterns - 1)).sum(axis=1) / (ratings * (ratings - 1))
    return float(equal @ often / often.sum())


def alphas(patterns: np.ndarray, often: np.ndarray, values: np.ndarray, scale: Scale) -> np.ndarray:
    """float (r,): alpha of r samples; patterns int (p, c) with two ratings or more each, often int (r, p).

    nan where a sample holds one answer only.
    """
    ratings = patterns.sum(axis=1)
    used = often @ patterns
    total = used.sum(axis=1)
    apart = distances(used, values, scale)
    pairs = patterns[:, :, None] * patterns[:, None, :] / (ratings - 1)[:, None, None]
    coincidences = np.tensordot(often, pairs, axes=1)
    observed = (coincidences * apart).sum(axis=(1, 2))
    expected = (used[:, :, None] * used[:, None, :] * apart).sum(axis=(1, 2)) / (total - 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(expected > 0, 1 - observed / expected, np.nan)


def distances(used: np.ndarray, values: np.ndarray, scale: Scale) -> np.ndarray:
    """float (r, c, c): squared distances of answers; used int (r, c) is how often each answer was given."""
    if scale == "nominal":
        return np.broadcast_to(1.0 - np.eye(len(values)), (len(used), len(values), len(values)))
    place = np.cumsum(used, axis=1) - used / 2 if scale == "ordinal" else np.broadcast_to(values, used.shape)
    return (place[:, :, None] - place[:, None, :]) ** 2
