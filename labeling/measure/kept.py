"""A report is computed once for what it rests on: pages of a large project are looked at more often than it changes."""

import hashlib

from django.core.cache import cache
from django.db import connection
from django.forms.models import model_to_dict

from labeling.measure.report import Report, report
from labeling.models import Project

KEPT_S = 3600
RESTS_ON = """
    SELECT (SELECT (count(*), max(v.received_at)) FROM labeling_task t JOIN labeling_assignment a ON a.task_id = t.id
            JOIN labeling_verdict v ON v.assignment_id = a.id WHERE t.project_id = %(project)s)::text,
        (SELECT (count(*), sum(done), sum(needed)) FROM labeling_task WHERE project_id = %(project)s)::text,
        (SELECT (count(*), max(changed_at)) FROM labeling_rater)::text,
        (SELECT max(d.id) FROM labeling_adjudication d JOIN labeling_task t ON t.id = d.task_id
            JOIN labeling_project p ON p.id = t.project_id WHERE p.batch_id IS NOT DISTINCT FROM %(batch)s)
"""


def kept_report(project: Project) -> Report:
    """Other projects of the same query set change the scale of all systems; that part may be an hour old."""
    with connection.cursor() as cursor:
        cursor.execute(RESTS_ON, {"project": project.pk, "batch": project.batch_id})
        rests_on = repr((cursor.fetchone(), model_to_dict(project)))
    key = f"labeling.report.{project.pk}.{hashlib.sha256(rests_on.encode()).hexdigest()}"
    found = cache.get(key)
    if found is None:
        found = report(project)
        cache.set(key, found, KEPT_S)
    return found
