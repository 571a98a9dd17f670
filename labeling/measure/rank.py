"""Which of a project's two systems is better: on the whole, by type of query and by category, and why."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from labeling.measure.outcomes import OPEN, SPLIT, Outcomes
from ml.evaluate.preference import Preference, preference

FEWEST = 10  # settled tasks of a group; fewer are shown without a test


@dataclass(frozen=True, slots=True)
class Group:
    """`p`: of the sign test, corrected for the number of groups beside it (Holm 1979); None for fewer than FEWEST."""

    name: str
    figures: Preference
    p: float | None


@dataclass(frozen=True, slots=True)
class Ranking:
    """From the side of system b. tasks: all that are judged by raters. split: without a majority, counted as ties."""

    whole: Preference
    by_type: tuple[Group, ...]
    by_category: tuple[Group, ...]
    tasks: int
    split: int
    adjudicated: int

    @property
    def open(self) -> int:
        return self.tasks - self.whole.queries


def rank(found: Outcomes, tasks: int, types: Mapping[int, str], categories: Mapping[int, str], alpha: float) -> Ranking:
    """tasks: how many there are in all. types, categories: of each task's query; what has none is in no group."""
    return Ranking(
        preference(*found.won_tied_lost(), tasks, 1 - alpha),
        groups(found, types, alpha),
        groups(found, categories, alpha),
        tasks,
        int((found.code == SPLIT).sum()),
        int(found.lead.sum()),
    )


def groups(found: Outcomes, names: Mapping[int, str], alpha: float) -> tuple[Group, ...]:
    """Largest first."""
    of_task = np.array([names.get(task, "") for task in found.task.tolist()], dtype=object)
    sizes = Counter(names.values())
    figures = {
        name: preference(*found.won_tied_lost(of_task == name), sizes[name], 1 - alpha)
        for name in set(of_task[found.code != OPEN]) - {""}
    }
    tested = holm({name: one.p for name, one in figures.items() if one.queries >= FEWEST})
    by_size = sorted(figures, key=lambda name: (-figures[name].queries, name))
    return tuple(Group(name, figures[name], tested.get(name)) for name in by_size)


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
