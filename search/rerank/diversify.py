"""Maximal marginal relevance (Carbonell and Goldstein, SIGIR 1998): good results that do not repeat each other."""

import numpy as np

from search.types import Hit, Mode

LIKENESS_WEIGHT = 0.9  # of the query; the rest goes against repetition
WINDOW = 40  # results that may change places; the rest keep theirs


def diversify(hits: list[Hit], mode: Mode) -> list[Hit]:
    """The first hit stays first. Same_product keeps the order of likeness: variety is not what was asked for."""
    window = [hit for hit in hits[:WINDOW] if hit.vector is not None]
    if mode == "same_product" or len(window) < 3 or len(window) < len(hits[:WINDOW]):
        return hits
    return [window[place] for place in mmr_order(window)] + hits[WINDOW:]


def mmr_order(hits: list[Hit]) -> list[int]:
    """Places of the hits in the order they are chosen."""
    relevance = np.array([hit.score for hit in hits], dtype=np.float32)
    vectors = np.stack([hit.vector for hit in hits])
    likeness = vectors @ vectors.T
    likeness *= 1 - LIKENESS_WEIGHT
    wanted = LIKENESS_WEIGHT * relevance
    chosen = [int(relevance.argmax())]
    repeated = likeness[chosen[0]].copy()
    wanted[chosen[0]] = -np.inf
    for _ in hits[1:]:
        best = int((wanted - repeated).argmax())
        chosen.append(best)
        wanted[best] = -np.inf
        np.maximum(repeated, likeness[best], out=repeated)
    return chosen
