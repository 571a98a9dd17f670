"""One scale for more than two systems that were compared in pairs (Bradley and Terry, Biometrika 1952)."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ml.evaluate.exact import Interval

RESAMPLES = 500
ROUNDS = 1_000  # of the solver, at most


@dataclass(frozen=True, slots=True)
class Strength:
    """`win_rate`: the share of queries that it is expected to win against the others, each other counting the same."""

    system: str
    queries: int
    win_rate: float
    interval: Interval


def strengths(pairs: Mapping[tuple[str, str], tuple[int, int, int]], confidence: float = 0.95) -> tuple[Strength, ...]:
    """Best first. pairs: {(a, b): (queries that a won, that were tied, that b won)}; a tie is half a win for each.

    One tie is added to each pair, so that a system that never won keeps a finite strength. Intervals are percentiles
    over resampled queries, drawn within each pair, from one seed.
    """
    names = sorted({name for pair in pairs for name in pair})
    if len(names) < 2:
        return ()
    rows = [(a, b, np.asarray(counts)) for (a, b), counts in pairs.items() if sum(counts)]
    rates = expected_rates(rows, names)
    dice = np.random.default_rng(0)
    resampled = np.array(
        [
            expected_rates([(a, b, dice.multinomial(n.sum(), n / n.sum())) for a, b, n in rows], names)
            for _ in range(RESAMPLES)
        ]
    )
    tail = (1 - confidence) / 2
    low, high = np.quantile(resampled, [tail, 1 - tail], axis=0)
    queries = [sum(int(n.sum()) for a, b, n in rows if name in (a, b)) for name in names]
    found = [
        Strength(name, queries[i], float(rates[i]), Interval(float(low[i]), float(high[i])))
        for i, name in enumerate(names)
    ]
    return tuple(sorted(found, key=lambda one: -one.win_rate))


def expected_rates(rows: list[tuple[str, str, np.ndarray]], names: list[str]) -> np.ndarray:
    """float (s,): each system's chance of winning against the others, their mean, by fitted strengths."""
    import pandas as pd  # with evalica 80 MB and half a second, which a process without reports need not pay
    from evalica import Winner, bradley_terry, pairwise_scores

    xs, ys, winners, weights = [], [], [], []
    for a, b, counts in rows:
        for winner, count in zip((Winner.X, Winner.Draw, Winner.Y), counts, strict=True):
            xs, ys = [*xs, a], [*ys, b]
            winners, weights = [*winners, winner], [*weights, float(count) + (winner == Winner.Draw)]
    scores = bradley_terry(xs, ys, winners, index=pd.Index(names), weights=weights, limit=ROUNDS).scores
    against = pairwise_scores(scores.reindex(names).to_numpy(np.float64))
    np.fill_diagonal(against, 0.0)
    return against.sum(axis=1) / (len(names) - 1)
