"""The standing verdicts of a project as columns: one query for 100,000 of them, and arrays from then on."""

from dataclasses import dataclass, fields

import numpy as np
from django.db import connection

from labeling.measure.scales import ANSWERS, Answers
from labeling.models import Project

COUNTED, GOLD, REPEAT = range(3)
ROWS = """
    SELECT a.id, a.task_id, a.rater_id, v.choice,
        CASE v.value WHEN 'left' THEN 1 WHEN 'right' THEN 0 ELSE -1 END,
        v.ms_taken, coalesce(a.repeat_of_id, 0),
        CASE WHEN t.gold IS NULL THEN -1 WHEN v.choice = ANY(t.gold) THEN 1 ELSE 0 END,
        coalesce(r.set_aside, false), extract(epoch FROM v.decided_at)::float8
    FROM labeling_task t
    JOIN labeling_assignment a ON a.task_id = t.id
    JOIN labeling_verdict v ON v.id = a.current_id
    LEFT JOIN labeling_rater r ON r.user_id = a.rater_id
    WHERE t.project_id = %s AND t.state = 'open' AND a.state = 'done' AND v.choice = ANY(%s)
    ORDER BY v.decided_at, a.id
"""


@dataclass(frozen=True, slots=True)
class Votes:
    """Arrays of one length, in the order in which the verdicts were given. Undone and late ones are not among them.

    choice: place in `Answers.choices`. left: 1 the left side was pressed, 0 the right, -1 neither. repeat_of: the
    assignment that this one repeats, or 0. right: of a gold question 1 or 0, else -1. aside: of a rater whose verdicts
    are set aside. at: seconds since 1970.
    """

    assignment: np.ndarray
    task: np.ndarray
    rater: np.ndarray
    choice: np.ndarray
    left: np.ndarray
    ms: np.ndarray
    repeat_of: np.ndarray
    right: np.ndarray
    aside: np.ndarray
    at: np.ndarray

    def __len__(self) -> int:
        return len(self.task)

    def where(self, kept: np.ndarray) -> "Votes":
        return Votes(*(getattr(self, field.name)[kept] for field in fields(self)))

    @property
    def kind(self) -> np.ndarray:
        return np.where(self.repeat_of > 0, REPEAT, np.where(self.right >= 0, GOLD, COUNTED))

    @property
    def counted(self) -> "Votes":
        """First verdicts on tasks that are no gold questions, of raters whose verdicts are not set aside."""
        return self.where((self.kind == COUNTED) & ~self.aside)


TYPES = (*(np.int64,) * 3, np.int8, np.int8, np.int64, np.int64, np.int8, bool, np.float64)


def read_votes(project: Project) -> Votes:
    answers = ANSWERS[project.kind]
    codes = {choice: code for code, choice in enumerate(answers.choices)}
    with connection.cursor() as cursor:
        cursor.execute(ROWS, [project.pk, list(answers.choices)])
        rows = cursor.fetchall()
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(TYPES)
    columns[3] = [codes[choice] for choice in columns[3]]
    return Votes(*(np.array(column, dtype=kind) for column, kind in zip(columns, TYPES, strict=True)))


def count_answers(votes: Votes, answers: Answers) -> tuple[np.ndarray, np.ndarray]:
    """Tasks int (t,), rising, and how many gave each of the answers, int (t, c)."""
    tasks, places = np.unique(votes.task, return_inverse=True)
    width = len(answers.choices)
    counts = np.bincount(places * width + votes.choice, minlength=len(tasks) * width)
    return tasks, counts.reshape(len(tasks), width)


def place_within(keys: np.ndarray) -> np.ndarray:
    """int (n,): for each element how many equal ones come before it."""
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]]) if len(keys) else np.zeros(0, int)
    lengths = np.diff(np.r_[starts, len(keys)])
    places = np.empty(len(keys), dtype=np.int64)
    places[order] = np.arange(len(keys)) - np.repeat(starts, lengths)
    return places
