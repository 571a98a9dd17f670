"""Which lists a query visits and how many rows it compares, chosen per call from a table that was measured at build."""

from bisect import bisect_left
from dataclasses import dataclass
from functools import lru_cache
from math import ceil, exp, log
from operator import itemgetter

import numpy as np

FILTERED_RECALL = 0.98  # a filter must not cost recall: its searches aim higher than the rest
SCAN_US = 0.0045  # to look at one row's codes
LIST_US = 0.2  # to begin with a list
COMPARE_US = 0.2  # to compare one row exactly
UNMEASURED_NPROBE = 256  # where a shard has no table: slow rather than wrong
FIRST_US = 130.0  # what the first round may cost at least: about what a search without filters costs
FAR_US = 450.0  # the same where matches lie far from the query, and the answers therefore in many lists
EASY = 65.0  # root of the matches that codes tell apart as well far from the query as near it
NEAR_MORE = 2  # times as many rows are proposed as without a filter, from more lists
FAR = 0.5  # of the matches that chance would put near the query: fewer there, and they lie far from it


@dataclass(frozen=True, slots=True)
class Plan:
    """nprobe: lists to visit (of a graph: efSearch). rerank: proposed rows that are compared exactly."""

    nprobe: int
    rerank: int


@dataclass(frozen=True, slots=True)
class Work:
    """What looking into each list costs under one filter.

    counts int64 (nlist,): matches. compared bool (nlist,): lists whose matches are so few that they are compared one by
    one; the others' codes are scanned. packed bool (nlist,), or None: lists whose matches lie gathered. wasted float64
    (nlist,): microseconds spent on codes of rows that do not pass; cost float64 (nlist,): microseconds in all.
    """

    counts: np.ndarray
    compared: np.ndarray
    packed: np.ndarray | None
    wasted: np.ndarray
    cost: np.ndarray


def work(sizes: np.ndarray, counts: np.ndarray, packed: np.ndarray | None) -> Work:
    scanned = sizes if packed is None else np.where(packed, counts, sizes)
    scanning, comparing = LIST_US + SCAN_US * scanned, COMPARE_US * counts
    compared = comparing < scanning
    if packed is not None:
        compared &= ~packed
    wasted = np.where(compared, 0.0, SCAN_US * (scanned - counts))
    return Work(counts, compared, packed, wasted, np.where(compared, comparing, scanning))


@dataclass(frozen=True, slots=True)
class Route:
    """The lists that hold matches of a filter, nearest first, and how far to go at first.

    lists int64 (p,); scores float32 (p,) of their centroids with the query, all_scores (nlist,) those of every list.
    cost float64 (p,): microseconds for the lists up to each. far: the matches lie far from the query.
    """

    lists: np.ndarray
    scores: np.ndarray
    all_scores: np.ndarray
    cost: np.ndarray
    first: int
    far: bool

    def further(self, end: int, late: float) -> int:
        """Where to stop next: at twice the work up to `end`, at four times where a third of the best came late."""
        work = self.cost[end - 1] * (4 if late > 0.3 else 2)
        return min(len(self.lists), max(end + 1, int(np.searchsorted(self.cost, work))))

    def proposals(self, rerank: int, matches: int) -> int:
        """How many rows codes should propose: far away there are many that they hardly tell apart."""
        return round(rerank * (max(1.0, matches**0.5 / EASY) if self.far else NEAR_MORE))

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


def route(scores: np.ndarray, sizes: np.ndarray, work: Work, near: int) -> Route:
    """Lists that hold matches, nearest first. Lists without a match cost nothing, however near they lie.

    scores float32 (nlist,) of the centroids, sizes int64 (nlist,). near: of all lists, how many would hold the answer
    if the matches lay anywhere.
    """
    order = np.argsort(-scores)
    nearest = order[:near]
    by_chance = work.counts.sum() * sizes[nearest].sum() / sizes.sum()
    far = work.counts[nearest].sum() < FAR * by_chance
    places = np.flatnonzero(work.counts[order])
    order = order[places]
    cost = np.cumsum(work.cost[order])
    least = int(np.searchsorted(cost, FAR_US if far else FIRST_US)) + 1
    first = min(len(order), max(least, int(np.searchsorted(places, near))))
    return Route(order, scores[order], scores, cost, first, bool(far))
