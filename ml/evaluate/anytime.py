"""Wins and losses that may be looked at after every one of them, and stopped at any time.

The evidence against a share is a likelihood ratio: all other shares, weighted by a Beta density around one half,
against that one. Were the share true, the evidence would be a martingale that begins at 1, so that it ever reaches
1/alpha with a chance of at most alpha (Ville 1939; Robbins, Annals of Mathematical Statistics 1970). Hence p-values and
intervals that hold at all looks at once (Johari et al., Operations Research 2022; Howard et al., Annals of Statistics
2021, 3.2). The outcomes must come in an order that knows nothing of which system they favour.
"""

from math import inf, log

import numpy as np
from scipy.special import betaln

from ml.evaluate.exact import Interval

PRIOR = 10.0  # of the Beta on both sides: made for a better system that wins 0.55 to 0.75 of the decided queries
STEPS = 60  # of bisection: closer than a float can tell
FAR = 100_000  # outcomes; what takes more is said to be never


def log_evidence(wins, losses, share: float = 0.5):
    """Natural logarithm of the evidence against `share` being the chance of a win. Counts, or arrays of them."""
    mixed = betaln(PRIOR + wins, PRIOR + losses) - betaln(PRIOR, PRIOR)
    return mixed - wins * log(share) - losses * log(1 - share)


def anytime_p(outcomes: np.ndarray) -> float:
    """p of wins and losses being equally likely, valid at every look. outcomes: 1 and -1 in their order, 0 a tie."""
    if len(outcomes) == 0:
        return 1.0
    path = log_evidence(np.cumsum(outcomes > 0), np.cumsum(outcomes < 0))
    return float(np.exp(-max(0.0, float(path.max()))))


def anytime_interval(wins: int, losses: int, alpha: float = 0.05) -> Interval:
    """Shares that nothing speaks against yet; at all looks together the true one is outside of it at most `alpha`."""
    if wins + losses == 0:
        return Interval(0.0, 1.0)
    middle = wins / (wins + losses)
    return Interval(edge(wins, losses, alpha, middle, 0.0), edge(wins, losses, alpha, middle, 1.0))


def edge(wins: int, losses: int, alpha: float, inside: float, outside: float) -> float:
    """Where the evidence reaches 1/alpha between a share inside of the interval and an end of the scale."""
    for _ in range(STEPS):
        middle = (inside + outside) / 2
        if middle <= 0.0 or middle >= 1.0 or log_evidence(wins, losses, middle) >= -log(alpha):
            outside = middle
        else:
            inside = middle
    return outside


def wins_to_settle(wins: int, losses: int, alpha: float = 0.05) -> float:
    """How many more wins in a row settle it for the side that is ahead; 0 where it is settled."""
    ahead, behind, more = max(wins, losses), min(wins, losses), np.arange(FAR + 1)
    return first(log_evidence(ahead + more, behind) >= -log(alpha))


def outcomes_to_settle(wins: int, losses: int, alpha: float = 0.05) -> float:
    """How many more outcomes settle it where wins and losses go on in the same proportion."""
    n, more = wins + losses, np.arange(FAR + 1)
    return first(log_evidence(wins + more * wins / n, losses + more * losses / n) >= -log(alpha)) if n else inf


def first(reached: np.ndarray) -> float:
    return float(np.argmax(reached)) if reached.any() else inf
