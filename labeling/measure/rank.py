"""Which of a project's two systems is better: on the whole, by type of query and by category, and why."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from labeling.measure.outcomes import OPEN, SPLIT, Outcomes
from ml.evaluate.exact import Interval
from ml.evaluate.preference import Preference, preference

FEWEST = 10  # settled tasks of a group; fewer are shown without a test


@dataclass(frozen=True, slots=True)
class Group:
    """`p`: corrected for the number of groups beside it (Holm 1979); None for fewer than FEWEST. p and interval hold as
    those of the whole do: for one look at the end, or for many."""

    name: str
    figures: Preference
    p: float | None
    interval: Interval


@dataclass(frozen=True, slots=True)
class Ranking:
    """From the side of system b. tasks: all that are judged by raters. split: without a majority, counted as ties.

    looks: whether somebody may have stopped because of what was seen, so that the test for many looks is the one.
    """

    whole: Preference
    by_type: tuple[Group, ...]
    by_category: tuple[Group, ...]
    tasks: int
    split: int
    adjudicated: int
    looks: bool

    @property
    def open(self) -> int:
        return self.tasks - self.whole.queries


def rank(
    found: Outcomes, types: Mapping[int, str], categories: Mapping[int, str], alpha: float, active: bool
) -> Ranking:
    """types, categories: of each task's query; what has no category is in no group. active: asked in active order."""
    whole = preference(*found.won_tied_lost(), len(types), 1 - alpha)
    looks = active or whole.queries < len(types)
    return Ranking(
        whole,
        groups(found, types, alpha, looks),
        groups(found, categories, alpha, looks),
        len(types),
        int((found.code == SPLIT).sum()),
        int(found.lead.sum()),
        looks,
    )


def groups(found: Outcomes, names: Mapping[int, str], alpha: float, looks: bool) -> tuple[Group, ...]:
    """Largest first."""
    of_task = np.array([names.get(task, "") for task in found.task.tolist()], dtype=object)
    sizes = Counter(names.values())
    figures = {
        name: preference(*found.won_tied_lost(of_task == name), sizes[name], 1 - alpha)
        for name in set(of_task[found.code != OPEN]) - {""}
    }
    ps = {name: one.looks_p if looks else one.p for name, one in figures.items() if one.queries >= FEWEST}
    tested = holm(ps)
    by_size = sorted(figures, key=lambda name: (-figures[name].queries, name))
    intervals = {name: one.looks_interval if looks else one.interval for name, one in figures.items()}
    return tuple(Group(name, figures[name], tested.get(name), intervals[name]) for name in by_size)


def holm(ps: Mapping[str, float]) -> dict[str, float]:
    """p-values of several tests at once, so that any of them is below 0.05 by chance in 5 % of all cases at most."""
    corrected, highest = {}, 0.0
    for place, name in enumerate(sorted(ps, key=lambda name: ps[name])):
        highest = max(highest, min(1.0, ps[name] * (len(ps) - place)))
        corrected[name] = highest
    return corrected


def most_decisive(found: Outcomes, limit: int = 20) -> np.ndarray:
    """int (n,): places of the settled tasks with the largest lead in votes; of equal ones the more unanimous first."""
    lead = np.abs(found.counts[:, 2] - found.counts[:, 0])
    share = lead / np.maximum(1, found.counts.sum(axis=1))
    decided = np.flatnonzero(np.abs(found.code) == 1)
    order = np.lexsort((found.task[decided], -share[decided], -lead[decided]))
    return decided[order][:limit]
