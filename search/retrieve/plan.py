"""Which lists a query visits and how many rows it compares, chosen per call from a table that was measured at build."""

from bisect import bisect_left
from dataclasses import dataclass
from functools import lru_cache
from math import ceil, exp, log
from operator import itemgetter

import numpy as np

FILTERED_RECALL = 0.98  # a filter must not cost recall: its searches aim higher than the rest
SCAN_US = 0.006  # to look at one row's codes under a filter
COMPARE_US = 0.36  # to compare one row exactly
UNMEASURED_NPROBE = 256  # where a shard has no table: slow rather than wrong
FIRST_US = 130.0  # what the first round may cost at least: about what a search without filters costs


@dataclass(frozen=True, slots=True)
class Plan:
    """nprobe: lists to visit (of a graph: efSearch). rerank: proposed rows that are compared exactly."""

    nprobe: int
    rerank: int


@dataclass(frozen=True, slots=True)
class Route:
    """The lists that hold matches of a filter, nearest first, and how far to go at first.

    lists int64 (p,); scores float32 (p,) of their centroids with the query, all_scores (nlist,) those of every list.
    scanning, comparing, cost float64 (p,): microseconds to scan the codes of the lists up to each, to compare every
    match in them, and to do to each list what is cheaper.
    """

    lists: np.ndarray
    scores: np.ndarray
    all_scores: np.ndarray
    scanning: np.ndarray
    comparing: np.ndarray
    cost: np.ndarray
    first: int

    def by_codes(self, start: int, end: int, rerank: int) -> bool:
        """Whether scanning these lists and comparing what codes propose costs less than comparing every match."""
        before = (self.scanning[start - 1], self.comparing[start - 1]) if start else (0.0, 0.0)
        scanning, comparing = self.scanning[end - 1] - before[0], self.comparing[end - 1] - before[1]
        return scanning + COMPARE_US * rerank < comparing

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
        if not sizes:
            return Plan(UNMEASURED_NPROBE, 10 * k)
        size = next((size for size in sizes if size >= k), sizes[-1])
        entries = [entry for entry in self._measured if entry["k"] == size]
        enough = [entry for entry in entries if entry["recall"] >= recall]
        entry = min(enough, key=itemgetter("cost")) if enough else max(entries, key=itemgetter("recall"))
        return Plan(entry["nprobe"], max(k, round(entry["rerank"] * max(1.0, k / size))))

    def lists_for(self, k: float, recall: float, lists: int) -> int:
        """How many lists hold this share of the `k` best rows, on a line between the measured k on log scales."""
        points = self._points(recall)
        if not points:
            return lists
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
    scanning, comparing = SCAN_US * sizes[order], COMPARE_US * counts[order]
    cost = np.cumsum(np.minimum(scanning, comparing))
    first = min(len(order), max(int(np.searchsorted(cost, FIRST_US)) + 1, int(np.searchsorted(places, near))))
    return Route(order, scores[order], scores, np.cumsum(scanning), np.cumsum(comparing), cost, first)
