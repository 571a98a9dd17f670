"""Why lists lost: the reasons that raters gave with their verdicts."""

from dataclasses import dataclass

from django.db import connection

from labeling.models import Project, Reason

GIVEN = """
    SELECT v.choice, given.code, count(*)
    FROM labeling_task t
    JOIN labeling_assignment a ON a.task_id = t.id AND a.counts AND a.state = 'done'
    JOIN labeling_verdict v ON v.id = a.current_id
    LEFT JOIN labeling_rater r ON r.user_id = a.rater_id
    CROSS JOIN unnest(v.reasons) AS given(code)
    WHERE t.project_id = %s AND t.gold IS NULL AND t.state = 'open' AND NOT coalesce(r.set_aside, false)
    GROUP BY 1, 2
"""


@dataclass(frozen=True, slots=True)
class Because:
    """How often a reason was given against each system; `both` where neither was better."""

    reason: str
    against_a: int
    against_b: int
    both: int

    @property
    def total(self) -> int:
        return self.against_a + self.against_b + self.both


def reasons(project: Project) -> tuple[Because, ...]:
    """Most frequent first; those that nobody gave are left out."""
    with connection.cursor() as cursor:
        cursor.execute(GIVEN, [project.pk])
        given = {(choice, reason): number for choice, reason, number in cursor.fetchall()}
    found = [
        Because(
            label,
            given.get(("b", reason), 0),
            given.get(("a", reason), 0),
            sum(given.get((choice, reason), 0) for choice in ("tie", "both_bad")),
        )
        for reason, label in Reason.choices
    ]
    return tuple(sorted((one for one in found if one.total), key=lambda one: -one.total))
