"""Which lists a query visits and how many rows it compares, chosen per call from a table that was measured at build."""

from dataclasses import dataclass

import numpy as np

FILTERED_RECALL = 0.98  # a filter must not cost recall: its searches aim higher than the rest
EXACT_MATCHES = 1200  # fewer matches in the visited lists than this are compared one by one, without the codes
LEAST_EXAMINED = 30  # times k: so many matches are looked at, however far away they lie


@dataclass(frozen=True, slots=True)
class Plan:
    """nprobe: lists to visit (of a graph: efSearch). rerank: proposed rows that are compared exactly."""

    nprobe: int
    rerank: int


@dataclass(frozen=True, slots=True)
class Probe:
    """The lists to visit, best first. lists int64 (p,); scores float32 (p,) of their centroids with the query.

    how: "matches" compares every match in them, "codes" scans their codes under the filter's bitmap and compares
    the `rerank` best. examined: the matches that lie in these lists.
    """

    how: str
    lists: np.ndarray
    scores: np.ndarray
    examined: int
    rerank: int


def settings_for(tuning: list[dict], k: int, recall: float) -> Plan:
    """The cheapest measured setting with this recall@k; between two measured k the larger one's, scaled to k."""
    measured = [entry for entry in tuning if entry["of"] != "lists"]
    sizes = sorted({entry["k"] for entry in measured})
    size = next((size for size in sizes if size >= k), sizes[-1])
    entries = [entry for entry in measured if entry["k"] == size]
    enough = [entry for entry in entries if entry["recall"] >= recall]
    entry = min(enough, key=lambda entry: entry["cost"]) if enough else max(entries, key=lambda entry: entry["recall"])
    return Plan(entry["nprobe"], max(k, round(entry["rerank"] * max(1.0, k / size))))


def lists_for(tuning: list[dict], k: float, recall: float, lists: int) -> int:
    """How many lists hold this share of the `k` best rows, interpolated between the measured k on log scales."""
    points = [(entry["k"], entry["nprobe"]) for entry in coverage(tuning, recall)]
    ks, probes = np.log([point[0] for point in points]), np.log([point[1] for point in points])
    slope = (probes[-1] - probes[-2]) / (ks[-1] - ks[-2]) if len(points) > 1 else 0.5
    beyond = max(0.0, np.log(k) - ks[-1])
    return min(lists, int(np.ceil(np.exp(np.interp(np.log(k), ks, probes) + slope * beyond))))


def coverage(tuning: list[dict], recall: float) -> list[dict]:
    """Per measured k, the fewest lists that hold this share of the k best rows."""
    found = []
    for size in sorted({entry["k"] for entry in tuning if entry["of"] == "lists"}):
        entries = [entry for entry in tuning if entry["of"] == "lists" and entry["k"] == size]
        enough = [entry for entry in entries if entry["recall"] >= recall]
        found.append(min(enough, key=lambda e: e["nprobe"]) if enough else max(entries, key=lambda e: e["nprobe"]))
    return found


def plan_probe(scores: np.ndarray, counts: np.ndarray, k: int, near: int, rerank: int) -> Probe:
    """The nearest lists that hold matches: all of the `near` nearest, and on until enough matches are examined.

    scores float32 (nlist,) of the centroids, counts int (nlist,) of matches. Lists without a match cost nothing, so a
    filter whose matches lie far from the query is served like one whose matches lie near.
    """
    order = np.argsort(-scores)
    places = np.flatnonzero(counts[order])
    order = order[places]
    examined = np.cumsum(counts[order])
    visited = max(np.searchsorted(places, near), np.searchsorted(examined, LEAST_EXAMINED * k) + 1)
    visited = min(int(visited), len(order))
    lists = order[:visited]
    matches = int(examined[visited - 1])
    how = "matches" if matches <= EXACT_MATCHES else "codes"
    return Probe(how, lists, scores[lists], matches, rerank)
