"""How good each rater of a project is: against gold, themselves, the others, the two sides, and the clock."""

from dataclasses import dataclass

import numpy as np

from labeling.measure.scales import ANSWERS, Answers
from labeling.measure.votes import COUNTED, GOLD, REPEAT, Votes, count_answers
from labeling.models import Project
from ml.evaluate.exact import Interval, Share


@dataclass(frozen=True, slots=True)
class RaterFigures:
    """gold: right answers to gold questions. repeats: same answer when asked again. others: same as most others said,
    where most said the same. left: the left side, of all verdicts for one side. seconds: the median of a verdict.
    """

    rater: int
    verdicts: int
    gold: Share
    repeats: Share
    others: Share
    left: Share
    seconds: float
    aside: bool

    @property
    def side_bias(self) -> float | None:
        """Share of left less share of right: 0 is fair, since sides are exchanged at random."""
        return None if self.left.value is None else 2 * self.left.value - 1

    @property
    def side_interval(self) -> Interval:
        return self.left.interval.scaled(2, -1)


def rater_figures(project: Project, votes: Votes) -> tuple[RaterFigures, ...]:
    """One for each rater with a verdict, most verdicts first. Those who are set aside are measured, but not with."""
    answers = ANSWERS[project.kind]
    kinds, same, compared = votes.kind, same_again(votes, answers), same_as_others(votes, answers)
    found = [
        figures_of(rater, votes, votes.rater == rater, kinds, same, compared)
        for rater in np.unique(votes.rater).tolist()
    ]
    return tuple(sorted(found, key=lambda one: -one.verdicts))


def figures_of(rater: int, votes: Votes, mine: np.ndarray, kinds, same, compared) -> RaterFigures:
    """mine: bool (n,), which verdicts are theirs. same, compared: 1 yes, 0 no, -1 cannot be said."""
    pressed = votes.left[mine]
    return RaterFigures(
        rater,
        int(mine.sum()),
        share(votes.right[mine & (kinds == GOLD)]),
        share(same[mine & (kinds == REPEAT)]),
        share(compared[mine & (kinds == COUNTED)]),
        share(pressed),
        float(np.median(votes.ms[mine])) / 1000,
        bool(votes.aside[mine].any()),
    )


def share(marks: np.ndarray) -> Share:
    """Of the marks that are 1 or 0."""
    return Share(int((marks == 1).sum()), int((marks >= 0).sum()))


def same_again(votes: Votes, answers: Answers) -> np.ndarray:
    """int (n,): for a repeat 1 where the first answer was the same, or as good as; else 0; -1 for all others."""
    marks = np.full(len(votes), -1, dtype=np.int8)
    order = np.argsort(votes.assignment)
    repeats = np.flatnonzero(votes.repeat_of > 0)
    places = np.searchsorted(votes.assignment, votes.repeat_of[repeats], sorter=order)
    firsts = order[np.minimum(places, len(order) - 1)] if len(repeats) else repeats
    known = votes.assignment[firsts] == votes.repeat_of[repeats]  # the first verdict may be undone
    repeats, firsts = repeats[known], firsts[known]
    apart = np.abs(votes.choice[repeats].astype(int) - votes.choice[firsts])
    marks[repeats] = apart <= answers.close
    return marks


def same_as_others(votes: Votes, answers: Answers) -> np.ndarray:
    """int (n,): for a counted verdict 1 where more than half of the others' on its task say the same, or as good as.

    0 where they say another thing; -1 where there are no others, or they are not of one opinion.
    """
    marks = np.full(len(votes), -1, dtype=np.int8)
    mine = np.flatnonzero((votes.kind == COUNTED) & np.isin(votes.task, votes.counted.task))
    if len(mine) == 0:
        return marks
    tasks, counts = count_answers(votes.counted, answers)
    others = counts[np.searchsorted(tasks, votes.task[mine])]
    inside = ~votes.aside[mine]
    others[np.flatnonzero(inside), votes.choice[mine][inside]] -= 1
    most = others.argmax(axis=1)
    clear = 2 * others.max(axis=1) > others.sum(axis=1)
    apart = np.abs(votes.choice[mine].astype(int) - most)
    marks[mine] = np.where(clear, apart <= answers.close, -1)
    return marks
