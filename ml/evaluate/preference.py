"""Which of two systems is preferred, where each query is won, lost or tied once."""

from dataclasses import dataclass

from ml.evaluate.exact import Interval, share_interval, sign_test
from ml.evaluate.looks import looks_interval, looks_p


@dataclass(frozen=True, slots=True)
class Preference:
    """From the side of one system. win_rate: wins and half of the ties, of all queries; None where there are none.

    interval, p: exact, given how many are tied (Clopper-Pearson, sign test); they hold for one look, at the end.
    looks_interval, looks_p: hold however often one looks, and when one stops because of what one sees.
    """

    won: int
    tied: int
    lost: int
    win_rate: float | None
    interval: Interval
    p: float
    looks_interval: Interval
    looks_p: float

    @property
    def queries(self) -> int:
        return self.won + self.tied + self.lost

    @property
    def decided(self) -> int:
        return self.won + self.lost


def preference(won: int, tied: int, lost: int, size: int, confidence: float = 0.95) -> Preference:
    """size: how many queries there are, those that are not settled yet among them."""
    n, decided = won + tied + lost, won + lost
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
        of_all(looks_interval(won, lost, size, size - n, 1 - confidence)),
        looks_p(won, lost, size, size - n),
    )
