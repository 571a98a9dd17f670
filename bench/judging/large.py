"""How long the report of a large project takes to compute."""

import time
from collections.abc import Callable

from django.db import connection

from judging.study import Study
from judging.world import World
from labeling.measure.kept import kept_report
from labeling.measure.report import report
from labeling.measure.tally import tally
from labeling.models import Project

ASSIGNED = """
    INSERT INTO labeling_assignment (task_id, rater_id, state, counts, screen, swapped, leased_at, leased_until)
    SELECT t.id, (%(raters)s::bigint[])[1 + (t.id * 7 + slot) %% 8], 'done', t.gold IS NULL, gen_random_uuid(),
        random() < 0.5, now(), now()
    FROM labeling_task t, generate_series(0, 2) slot WHERE t.project_id = %(project)s
"""
SAID = """
    INSERT INTO labeling_verdict (id, assignment_id, value, swapped, reasons, guideline_id, shown_at, decided_at,
        ms_taken, received_at)
    SELECT gen_random_uuid(), a.id,
        CASE WHEN random() < 0.2 THEN 'tie' WHEN (hashint8(a.task_id) %% 3 = 0) = a.swapped THEN 'left'
            ELSE 'right' END,
        a.swapped, CASE WHEN random() < 0.3 THEN ARRAY['colour'] ELSE '{}'::varchar[] END, %(guideline)s, now(),
        now() + random() * interval '1 day', 3000 + random() * 5000, now()
    FROM labeling_assignment a JOIN labeling_task t ON t.id = a.task_id WHERE t.project_id = %(project)s
"""


def large(verdicts: int) -> None:
    study = Study(World(verdicts // 3, 0.6), 3, seed=0)
    project: Project = study.project("random")
    names = {"raters": list(study.raters), "project": project.pk, "guideline": study.guideline.pk}
    with connection.cursor() as cursor:
        for statement in (ASSIGNED, SAID, "ANALYZE"):
            cursor.execute(statement, names if "%" in statement else None)
    print(f"\nA project with {report(project).verdicts:,} verdicts:")
    for name, work in (
        ("report, computed", lambda: report(project)),
        ("report, kept", lambda: kept_report(project)),
        ("report, kept", lambda: kept_report(project)),
        ("tally (a look at whether the pair is settled)", lambda: tally(project)),
    ):
        print(f"  {name}: {seconds(work):.2f} s", flush=True)


def seconds(work: Callable[[], object]) -> float:
    started = time.monotonic()
    work()
    return time.monotonic() - started
