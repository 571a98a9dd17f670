"""All that a project's report says, read and computed at once."""

from dataclasses import dataclass

import numpy as np

from labeling.measure.agree import ProjectAgreement, agree
from labeling.measure.flags import Flag, flags
from labeling.measure.outcomes import Outcomes, outcomes
from labeling.measure.rank import Group, Ranking, most_decisive, rank
from labeling.measure.raters import RaterFigures, rater_figures
from labeling.measure.reasons import Because, reasons
from labeling.measure.scales import ANSWERS, WORDS
from labeling.measure.ship import Shipping, ship
from labeling.measure.splits import settled_by_leads, split_tasks
from labeling.measure.systems import compared_systems
from labeling.measure.tally import Forecast, Tally, forecast, tally_of
from labeling.measure.votes import read_votes
from labeling.models import Project, Task
from ml.evaluate.strength import Strength

QUERY = ("query__type", "query__category")


@dataclass(frozen=True, slots=True)
class Decisive:
    """A task that one system won clearly. `counts`: raters for a, for neither, for b."""

    task: int
    counts: tuple[int, int, int]

    @property
    def winner(self) -> str:
        return "b" if self.counts[2] > self.counts[0] else "a"


@dataclass(frozen=True, slots=True)
class Comparison:
    """Of two systems; `identical`: queries to which both answered the same, which nobody was asked."""

    ranking: Ranking
    shipping: Shipping
    reasons: tuple[Because, ...]
    decisive: tuple[Decisive, ...]
    strengths: tuple[Strength, ...]
    tally: Tally
    forecast: Forecast
    identical: int

    @property
    def groups(self) -> tuple[tuple[Group, ...], ...]:
        return tuple(filter(None, (self.ranking.by_type, self.ranking.by_category)))


@dataclass(frozen=True, slots=True)
class Report:
    """`given`: how often each answer was given, by Verdict.choice. comparison: of side-by-side projects."""

    agreement: ProjectAgreement
    raters: tuple[RaterFigures, ...]
    flags: dict[int, tuple[Flag, ...]]
    given: tuple[tuple[str, int], ...]
    verdicts: int
    split: int
    comparison: Comparison | None

    @property
    def scale_words(self) -> str:
        return WORDS[self.agreement.scale]


def report(project: Project) -> Report:
    votes = read_votes(project)
    tasks = Task.objects.filter(project=project, gold__isnull=True, state=Task.State.OPEN)
    kinds = {task: (kind or "", category or "") for task, kind, category in tasks.values_list("pk", *QUERY)}
    types = {task: kind for task, (kind, _) in kinds.items()}
    raters = rater_figures(project, votes)
    counted = votes.counted
    given = np.bincount(counted.choice, minlength=len(ANSWERS[project.kind].choices)).tolist()
    comparison, split = None, None
    if project.kind == Project.Kind.SIDE_BY_SIDE:
        categories = {task: category for task, (_, category) in kinds.items()}
        comparison = compare(project, outcomes(counted, project.k, settled_by_leads(project)), types, categories)
        split = comparison.ranking.split
    return Report(
        agree(project, votes, types),
        raters,
        flags(raters),
        tuple(zip(ANSWERS[project.kind].choices, given, strict=True)),
        len(counted),
        len(split_tasks(project)) if split is None else split,
        comparison,
    )


def compare(project: Project, found: Outcomes, types: dict[int, str], categories: dict[int, str]) -> Comparison:
    active = project.order == Project.Order.ACTIVE
    ranking = rank(found, types, categories, project.ship_p, active)
    counted = tally_of(found, len(types), project.k)
    return Comparison(
        ranking,
        ship(project, ranking.whole, ranking.looks),
        reasons(project),
        tuple(Decisive(int(found.task[place]), tuple(found.counts[place].tolist())) for place in most_decisive(found)),
        compared_systems(project),
        counted,
        forecast(project, counted),
        int(project.progress.get("identical", 0)),
    )
