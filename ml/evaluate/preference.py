"""Which of two systems is preferred, where each query is won, lost or tied once."""

from dataclasses import dataclass

import numpy as np

from ml.evaluate.anytime import anytime_interval, anytime_p
from ml.evaluate.exact import Interval, share_interval, sign_test


@dataclass(frozen=True, slots=True)
class Preference:
    """From the side of one system. win_rate: wins and half of the ties, of all queries; None where there are none.

    interval, p: exact, given how many are tied (Clopper-Pearson, sign test); they hold for one look, at the end.
    anytime_interval, anytime_p: hold however often one looks, and where one stops because of what one sees.
    """

    won: int
    tied: int
    lost: int
    win_rate: float | None
    interval: Interval
    p: float
    anytime_interval: Interval
    anytime_p: float

    @property
    def queries(self) -> int:
        return self.won + self.tied + self.lost

    @property
    def decided(self) -> int:
        return self.won + self.lost


def preference(outcomes: np.ndarray, confidence: float = 0.95) -> Preference:
    """outcomes int (n,): 1 won, 0 tied, -1 lost, in the order in which they were settled."""
    n = len(outcomes)
    won, lost = int((outcomes > 0).sum()), int((outcomes < 0).sum())
    decided, tied = won + lost, n - won - lost
    share = decided / n if n else 1.0  # of the queries that are not tied: what an interval of those says of all

    def of_all(interval: Interval) -> Interval:
        return interval.scaled(share, (1 - share) / 2)

    return Preference(
        won,
        tied,
        lost,
        (won + tied / 2) / n if n else None,
        of_all(share_interval(won, decided, confidence)),
        sign_test(won, lost),
        of_all(anytime_interval(won, lost, 1 - confidence)),
        anytime_p(outcomes),
    )
