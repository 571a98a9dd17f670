"""What the nearest neighbours say: each votes with its likeness, and the winner's share is how sure they are."""

from collections import defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np

TEMPERATURE = 0.15  # of the cosine: a neighbour that is so much farther counts a third


@dataclass(frozen=True, slots=True)
class Vote:
    """`share`: of all votes, 0..1. `votes` of `voters`: how many neighbours say so, of those that say anything."""

    value: Hashable
    share: float
    votes: int
    voters: int


def vote(scores: np.ndarray, values: Sequence[Hashable | None]) -> Vote | None:
    """scores: float (n,), cosines; values: what each neighbour has, None or "" for nothing. None where nobody votes."""
    (n,) = scores.shape
    said = [place for place in range(n) if values[place] not in (None, "")]
    if not said:
        return None
    weights = np.exp((scores[said] - scores[said].max()) / TEMPERATURE)
    totals: dict[Hashable, float] = defaultdict(float)
    for place, weight in zip(said, weights.tolist(), strict=True):
        totals[values[place]] += weight
    value = max(totals, key=lambda each: totals[each])
    votes = sum(values[place] == value for place in said)
    return Vote(value, totals[value] / float(weights.sum()), votes, len(said))
