"""Exact intervals and tests of a share: how many of n independent yes-or-no outcomes were yes."""

from dataclasses import dataclass

import scipy  # which loads `special` at first use: not in every process


@dataclass(frozen=True, slots=True)
class Interval:
    low: float
    high: float

    def __contains__(self, value: float) -> bool:
        return self.low <= value <= self.high

    def scaled(self, factor: float, shift: float) -> "Interval":
        """Of `factor` times the value plus `shift`; the factor is not negative."""
        return Interval(factor * self.low + shift, factor * self.high + shift)


def share_interval(yes: int, n: int, confidence: float = 0.95) -> Interval:
    """Covers the true share at least so often (Clopper and Pearson, Biometrika 1934); 0 to 1 where n is 0."""
    tail = (1 - confidence) / 2
    low = float(scipy.special.betaincinv(yes, n - yes + 1, tail)) if yes > 0 else 0.0
    high = float(scipy.special.betaincinv(yes + 1, n - yes, 1 - tail)) if yes < n else 1.0
    return Interval(low, high)


def at_most_p(yes: int, n: int, share: float) -> float:
    """Chance of `yes` or fewer of n where the true share is `share`; 1 where n is 0."""
    return float(scipy.special.bdtr(yes, n, share)) if n else 1.0


def sign_test(wins: int, losses: int) -> float:
    """Two-sided p of wins and losses being equally likely (Dixon and Mood, JASA 1946); ties are left out."""
    return min(1.0, 2 * at_most_p(min(wins, losses), wins + losses, 0.5))


@dataclass(frozen=True, slots=True)
class Share:
    """`yes` of `n`, with its exact interval."""

    yes: int
    n: int

    @property
    def value(self) -> float | None:
        return self.yes / self.n if self.n else None

    @property
    def interval(self) -> Interval:
        return share_interval(self.yes, self.n)
