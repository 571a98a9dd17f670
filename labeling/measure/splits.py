"""Tasks that raters have judged and do not agree on: a lead's to settle."""

from django.db import connection

from labeling.models import Adjudication, Project, Task

# All verdicts are in, and no answer is that of more than half of them; of grades, two are further apart than one.
SPLIT = """
    SELECT t.id FROM labeling_task t
    JOIN labeling_project p ON p.id = t.project_id
    CROSS JOIN LATERAL (
        SELECT max(n) AS most, sum(n) AS given,
            max(grade) - min(grade) AS spread
        FROM (
            SELECT count(*) AS n, max(CASE WHEN p.kind = 'grade' THEN v.choice::int END) AS grade
            FROM labeling_assignment a
            JOIN labeling_verdict v ON v.id = a.current_id
            LEFT JOIN labeling_rater r ON r.user_id = a.rater_id
            WHERE a.task_id = t.id AND a.counts AND a.state = 'done' AND NOT coalesce(r.set_aside, false)
            GROUP BY CASE WHEN v.choice IN ('tie', 'both_bad') THEN 'neither' ELSE v.choice END
        ) answers
    ) said
    WHERE t.gold IS NULL AND t.state = 'open' AND t.done >= t.needed AND said.given >= 2
        AND CASE WHEN p.kind = 'grade' THEN said.spread > 1 ELSE 2 * said.most <= said.given END
        AND coalesce((
            SELECT d.choice FROM labeling_adjudication d WHERE d.task_id = t.id ORDER BY d.id DESC LIMIT 1
        ), '') = ''
        AND (%(project)s IS NULL OR t.project_id = %(project)s)
    ORDER BY t.id
"""


def split_tasks(project: Project | None = None) -> list[int]:
    """Of one project, or of all; those that a lead settled are not among them."""
    with connection.cursor() as cursor:
        cursor.execute(SPLIT, {"project": project and project.pk})
        return [task for (task,) in cursor.fetchall()]


def settled_by_leads(project: Project) -> dict[int, str]:
    """By task the choice that holds; of those that were withdrawn nothing does."""
    rows = Adjudication.objects.filter(task__project=project, task__state=Task.State.OPEN).order_by("pk")
    rows = rows.values_list("task", "choice")
    return {task: choice for task, choice in dict(rows).items() if choice}
