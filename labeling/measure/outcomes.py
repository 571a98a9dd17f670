"""What each task came to: more than half of its raters say the same, or a lead settled it, or nobody knows yet."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from labeling.measure.scales import ANSWERS, Kind
from labeling.measure.votes import Votes

OPEN, SPLIT = -2, -3
WAYS = {"a": 0, "tie": 1, "both_bad": 1, "b": 2}  # for which system, if for any
WAY = np.array([WAYS[choice] for choice in ANSWERS[Kind.SIDE_BY_SIDE].choices])


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Of the tasks of a side-by-side project that have a verdict, or a lead's answer; arrays of one length.

    task: rising. counts int (t, 3): how many raters chose a, neither, b. code: 1 b won, 0 tied, -1 a won, OPEN, or
    SPLIT where no majority can come any more. lead: settled by a lead.
    """

    task: np.ndarray
    counts: np.ndarray
    code: np.ndarray
    lead: np.ndarray

    def won_tied_lost(self, kept: np.ndarray | slice = slice(None)) -> tuple[int, int, int]:
        """Of the settled ones, from the side of b; those without a majority are tied."""
        code = self.code[kept]
        won, lost, unsettled = (int((code == one).sum()) for one in (1, -1, OPEN))
        return won, len(code) - won - lost - unsettled, lost


def outcomes(votes: Votes, k: int, adjudicated: Mapping[int, str]) -> Outcomes:
    """votes: only those that count. adjudicated: by task a lead's choice; it overrules the raters."""
    tasks = np.union1d(votes.task, np.array(list(adjudicated), dtype=np.int64))
    places = np.searchsorted(tasks, votes.task)
    counts = np.bincount(places * 3 + WAY[votes.choice], minlength=3 * len(tasks)).reshape(-1, 3)
    code, lead = codes(counts, k), np.zeros(len(tasks), dtype=bool)
    for place, task in enumerate(tasks.tolist()):
        if task in adjudicated:
            code[place], lead[place] = WAYS[adjudicated[task]] - 1, True
    return Outcomes(tasks, counts, code, lead)


def codes(counts: np.ndarray, k: int) -> np.ndarray:
    """int (t,): what counts int (t, 3) of a, neither and b come to where k raters are asked."""
    most, given = counts.max(axis=1), counts.sum(axis=1)
    needed = enough(np.maximum(k, given))
    unsettled = np.where(most + np.maximum(k - given, 0) >= needed, OPEN, SPLIT)
    return np.where(most >= needed, counts.argmax(axis=1) - 1, unsettled)


def enough(raters):
    """How many equal answers settle a task: more than half."""
    return raters // 2 + 1
