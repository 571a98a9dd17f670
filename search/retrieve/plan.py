"""Which lists a query visits and how many rows it compares, chosen per call from a table that was measured at build."""

from bisect import bisect_left
from dataclasses import dataclass
from functools import lru_cache
from math import ceil, exp, log
from operator import itemgetter

import numpy as np

FILTERED_RECALL = 0.98  # a filter must not cost recall: its searches aim higher than the rest
SCAN_US = 0.009  # to look at one row's codes
COMPARE_US = 0.36  # to compare one row exactly
FIRST_US = 120.0  # what the first round may cost at least: about what a search without filters costs


@dataclass(frozen=True, slots=True)
class Plan:
    """nprobe: lists to visit (of a graph: efSearch). rerank: proposed rows that are compared exactly."""

    nprobe: int
    rerank: int


@dataclass(frozen=True, slots=True)
class Route:
    """The lists that hold matches of a filter, nearest first, and how far to go at first.

    by: "matches" compares every match in them, "codes" scans their codes under the filter's bitmap. lists int64 (p,);
    scores float32 (p,) of their centroids with the query, all_scores (nlist,) those of every list. cost float64 (p,):
    microseconds to visit them up to each.
    """

    by: str
    lists: np.ndarray
    scores: np.ndarray
    cost: np.ndarray
    first: int
    all_scores: np.ndarray

    def further(self, end: int, late: float) -> int:
        """Where to stop next: at twice the work up to `end`, at four times where a third of the best came late."""
        work = self.cost[end - 1] * (4 if late > 0.3 else 2)
        return min(len(self.lists), max(end + 1, int(np.searchsorted(self.cost, work))))

    def late(self, lists: np.ndarray, end: int) -> int:
        """How many of these lists belong to the second half of the work up to `end`."""
        half = int(np.searchsorted(self.cost, self.cost[end - 1] / 2))
        return int(np.count_nonzero(self.all_scores[lists] <= self.scores[half]))


class Tuning:
    """The table that was measured at build, asked for settings. Answers are kept: choosing must cost no search time."""

    def __init__(self, entries: list[dict]):
        self._measured = [entry for entry in entries if entry["of"] != "lists"]
        self._lists = [entry for entry in entries if entry["of"] == "lists"]
        self.settings = lru_cache(maxsize=256)(self._settings)
        self._points = lru_cache(maxsize=64)(self._coverage)

    def _settings(self, k: int, recall: float) -> Plan:
        """The cheapest setting with this recall@k; between two measured k the larger one's, beyond them scaled."""
        sizes = sorted({entry["k"] for entry in self._measured})
        size = next((size for size in sizes if size >= k), sizes[-1])
        entries = [entry for entry in self._measured if entry["k"] == size]
        enough = [entry for entry in entries if entry["recall"] >= recall]
        entry = min(enough, key=itemgetter("cost")) if enough else max(entries, key=itemgetter("recall"))
        return Plan(entry["nprobe"], max(k, round(entry["rerank"] * max(1.0, k / size))))

    def lists_for(self, k: float, recall: float, lists: int) -> int:
        """How many lists hold this share of the `k` best rows, on a line between the measured k on log scales."""
        points = self._points(recall)
        at = max(1, min(len(points) - 1, bisect_left(points, (log(k),))))
        (k0, n0), (k1, n1) = points[at - 1], points[at % len(points)]
        slope = (n1 - n0) / (k1 - k0) if k1 != k0 else 0.5
        return max(1, min(lists, ceil(exp(n0 + slope * max(0.0, log(k) - k0)))))

    def _coverage(self, recall: float) -> list[tuple[float, float]]:
        """(log k, log of the fewest lists that hold this share of the k best rows) per measured k."""
        points = []
        for size in sorted({entry["k"] for entry in self._lists}):
            entries = [entry for entry in self._lists if entry["k"] == size]
            enough = [entry["nprobe"] for entry in entries if entry["recall"] >= recall]
            points.append((log(size), log(min(enough) if enough else max(entry["nprobe"] for entry in entries))))
        return points


def route(scores: np.ndarray, sizes: np.ndarray, counts: np.ndarray, near: int) -> Route:
    """Lists that hold matches, nearest first. Lists without a match cost nothing, however near they lie.

    scores float32 (nlist,) of the centroids, sizes and counts int (nlist,) of rows and matches. near: of all lists,
    how many would hold the answer if the matches lay anywhere.
    """
    order = np.argsort(-scores)
    places = np.flatnonzero(counts[order])
    order = order[places]
    costs = {"codes": SCAN_US * np.cumsum(sizes[order]), "matches": COMPARE_US * np.cumsum(counts[order])}
    reach = {by: int(np.searchsorted(cost, FIRST_US)) + 1 for by, cost in costs.items()}
    by = max(reach, key=reach.get)
    first = min(len(order), max(reach[by], int(np.searchsorted(places, near))))
    return Route(by, order, scores[order], costs[by], first, scores)
