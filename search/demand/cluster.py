"""Vectors into groups of things alike, by leaders: pure numpy.

Leader clustering (Hartigan 1975, chapter 3): each vector joins the nearest leader that is at least so close, else it
becomes one. It needs no number of groups beforehand, which nobody knows; a new search never tears an old group apart;
and "all of a group are at least this close to its first" can be said to a person. k-means would need the number, and
would pull stray searches into groups that have nothing to do with them.
"""

import numpy as np


def leaders(vectors: np.ndarray, threshold: float) -> np.ndarray:
    """vectors: float32 (n, dim), unit rows, in the order in which they may lead. Returns the group of each, int64 (n,),
    numbered from 0 in the order of their leaders. Time and memory: n times the number of groups.
    """
    groups = np.zeros(len(vectors), np.int64)
    first = np.empty_like(vectors)
    count = 0
    for place, vector in enumerate(vectors):
        likeness = first[:count] @ vector
        nearest = int(likeness.argmax()) if count else 0
        if count and likeness[nearest] >= threshold:
            groups[place] = nearest
        else:
            first[count], groups[place] = vector, count
            count += 1
    return groups
