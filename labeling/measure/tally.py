"""How a side-by-side project stands, counted by PostgreSQL: cheap enough to ask after every verdict."""

from dataclasses import dataclass
from math import ceil, inf

import numpy as np
from django.db import connection

from labeling.measure.outcomes import OPEN, WAYS, Outcomes, codes, enough
from labeling.models import Project
from ml.evaluate.looks import Evidence, chance_to_reach, outcomes_to_settle, wins_to_settle

# How many tasks have the same counts of a, neither and b, and the same answer of a lead, if any.
PATTERNS = """
    SELECT a, neither, b, lead, count(*) FROM (
        SELECT t.id,
            count(*) FILTER (WHERE v.choice = 'a') AS a,
            count(*) FILTER (WHERE v.choice IN ('tie', 'both_bad')) AS neither,
            count(*) FILTER (WHERE v.choice = 'b') AS b,
            (SELECT d.choice FROM labeling_adjudication d WHERE d.task_id = t.id ORDER BY d.id DESC LIMIT 1) AS lead
        FROM labeling_task t
        LEFT JOIN (
            labeling_assignment s
            JOIN labeling_verdict v ON v.id = s.current_id
            LEFT JOIN labeling_rater r ON r.user_id = s.rater_id
        ) ON s.task_id = t.id AND s.counts AND s.state = 'done' AND NOT coalesce(r.set_aside, false)
        WHERE t.project_id = %s AND t.gold IS NULL AND t.state = 'open'
        GROUP BY t.id
    ) tasks GROUP BY 1, 2, 3, 4
"""


@dataclass(frozen=True, slots=True)
class Tally:
    """Tasks by what they came to, from the side of b; `verdicts` are those that count.

    to_come: of the unsettled tasks, how many there are by how many verdicts at least each still needs, fewest first.
    """

    won: int
    tied: int
    lost: int
    verdicts: int
    to_come: tuple[tuple[int, int], ...]

    @property
    def settled(self) -> int:
        return self.won + self.tied + self.lost

    @property
    def size(self) -> int:
        return self.settled + self.unsettled

    @property
    def unsettled(self) -> int:
        return sum(tasks for _, tasks in self.to_come)

    def speaks_against(self, share: float, won: int, lost: int, alpha: float) -> bool:
        """Whether so many wins and losses would rule out that `share` of the decided queries are won."""
        if not 0 < share < 1:
            return True
        evidence = float(Evidence(share, self.size)(won, lost))
        return chance_to_reach(evidence, share, self.size, self.won + self.lost + self.unsettled) <= alpha


def tally(project: Project) -> Tally:
    with connection.cursor() as cursor:
        cursor.execute(PATTERNS, [project.pk])
        rows = cursor.fetchall()
    counts = np.array([row[:3] for row in rows], dtype=np.int64).reshape(-1, 3)
    code = codes(counts, project.k)
    for place, row in enumerate(rows):
        if row[3]:
            code[place] = WAYS[row[3]] - 1
    return summed(counts, code, np.array([row[4] for row in rows], dtype=np.int64), project.k)


def tally_of(found: Outcomes, tasks: int, k: int) -> Tally:
    """The same from outcomes that were read already; tasks: how many there are in all."""
    counts = np.vstack([found.counts, np.zeros((1, 3), dtype=np.int64)])
    often = np.append(np.ones(len(found.code), dtype=np.int64), tasks - len(found.code))
    return summed(counts, np.append(found.code, OPEN), often, k)


def summed(counts: np.ndarray, code: np.ndarray, often: np.ndarray, k: int) -> Tally:
    unsettled = code == OPEN
    still = enough(k) - counts.max(axis=1)
    to_come = {int(n): int(often[unsettled & (still == n)].sum()) for n in np.unique(still[unsettled])}
    won, lost, settled = (int(often[which].sum()) for which in (code == 1, code == -1, ~unsettled))
    verdicts = int(counts.sum(axis=1) @ often)
    return Tally(
        won, settled - won - lost, lost, verdicts, tuple((n, to_come[n]) for n in sorted(to_come) if to_come[n])
    )


def answer(counted: Tally, alpha: float, margin: float) -> str:
    """better, worse or equal, from the side of b, once the verdicts are enough; else an empty text.

    Equal: the win rate, ties by half, is within the margin of one half. Open: no verdict that is left can change it any
    more. Holds however often it is asked.
    """
    won, lost, left = counted.won, counted.lost, counted.unsettled
    if counted.speaks_against(0.5, won, lost, alpha):
        return "better" if won > lost else "worse"
    decided = won + lost
    if decided <= left:  # too early for the other two
        return ""
    apart = margin * counted.settled / decided  # the margin, in shares of the decided queries alone
    if all(counted.speaks_against(0.5 + side, won, lost, alpha) for side in (-apart, apart)):
        return "equal"
    could_be = ((0.5, won + left, lost), (0.5, won, lost + left), (0.5 - apart, won + left, lost))
    return "" if any(counted.speaks_against(*each, alpha) for each in could_be) else "open"


@dataclass(frozen=True, slots=True)
class Forecast:
    """Until the pair is settled. best: verdicts, if all tasks from now on go to the side that is ahead; None where the
    tasks that are left cannot settle it. likely: verdicts, if it goes on as so far; None where that is not enough.
    """

    best: int | None
    likely: int | None


def forecast(project: Project, counted: Tally) -> Forecast:
    asked = (counted.won, counted.lost, counted.size, counted.unsettled, project.ship_p)
    best, more = 0, wins_to_settle(*asked)
    for still, tasks in counted.to_come:
        used = min(more, tasks)
        best, more = best + int(used) * still, more - used
    decided = counted.won + counted.lost
    tasks = outcomes_to_settle(*asked) * counted.settled / max(1, decided)
    each = counted.verdicts / counted.settled if counted.settled else inf
    return Forecast(best if more == 0 else None, ceil(tasks * each) if tasks <= counted.unsettled else None)
