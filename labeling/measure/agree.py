"""How far the raters of a project agree, and whether for some kinds of query less than for others."""

from dataclasses import dataclass

import numpy as np

from labeling.measure.outcomes import enough
from labeling.measure.scales import ANSWERS
from labeling.measure.votes import Votes, count_answers, place_within
from labeling.models import Project
from ml.evaluate.agreement import Agreement, agreement


@dataclass(frozen=True, slots=True)
class ProjectAgreement:
    """`first`: only so many verdicts of each task are compared, the earliest; 0 where all are.

    Where a task is asked again only when its verdicts differ, all of them together would agree less than raters do.
    """

    whole: Agreement
    by_type: tuple[tuple[str, Agreement], ...]
    scale: str
    first: int


def agree(project: Project, votes: Votes, types: dict[int, str]) -> ProjectAgreement:
    """types: of the query of each task; tasks that are not in it count as a whole only."""
    answers = ANSWERS[project.kind]
    first = enough(project.k) if project.order == Project.Order.ACTIVE else 0
    counted = votes.counted
    if first:
        counted = counted.where(place_within(counted.task) < first)
    tasks, counts = count_answers(counted, answers)
    kinds = np.array([types.get(task, "") for task in tasks.tolist()])
    groups = sorted(set(kinds.tolist()) - {""})
    return ProjectAgreement(
        agreement(counts, answers.values, answers.scale),
        tuple((name, agreement(counts[kinds == name], answers.values, answers.scale)) for name in groups),
        answers.scale,
        first,
    )
