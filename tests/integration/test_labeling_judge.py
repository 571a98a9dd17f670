"""Verdicts are only ever added; the one that holds is the last that is not undone."""

import uuid
from datetime import timedelta

import pytest
from django.db import IntegrityError, InternalError, transaction
from django.utils import timezone

from labeling.assign import next_screens
from labeling.errors import AlreadyJudged, NotAVerdict, NothingToUndo, NotYours, ProjectNotOpen, TakenMeanwhile
from labeling.judge import Said, judge, last_verdict, undo
from labeling.models import Assignment, Project, Task, Verdict
from tests import judging

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return judging.project(tasks=2, k=1)


@pytest.fixture
def people():
    return judging.raters(2)


@pytest.fixture
def leased(project, people) -> Assignment:
    return next_screens(project, people[0].pk)[0][0]


def said(assignment: Assignment, value: str = "left", **more) -> Said:
    return Said(uuid.uuid4(), assignment.pk, value, **more)


def test_a_verdict_holds_what_was_seen_and_how_long_it_took(leased, project):
    Assignment.objects.update(leased_at=timezone.now() - timedelta(hours=1))
    verdict = judge(leased.rater_id, said(leased, reasons=("shape", "colour"), ms_taken=3200, ago_ms=60_000))
    row = Verdict.objects.get()
    assert (row.pk, row.reasons, row.ms_taken) == (verdict.pk, ["colour", "shape"], 3200)
    assert (row.guideline, row.swapped) == (project.guideline, leased.swapped)
    assert row.decided_at - row.shown_at == timedelta(milliseconds=3200)
    assert timedelta(seconds=59) < timezone.now() - row.decided_at < timedelta(seconds=70)


@pytest.mark.parametrize(
    ("swapped", "value", "choice"),
    [(False, "left", "a"), (False, "right", "b"), (True, "left", "b"), (True, "right", "a"), (True, "tie", "tie")],
)
def test_the_choice_names_the_system_and_not_the_side(leased, swapped, value, choice):
    Assignment.objects.update(swapped=swapped)
    judge(leased.rater_id, said(leased, value))
    assert Verdict.objects.get().choice == choice


def test_sent_twice_it_is_there_once(leased):
    once = said(leased)
    assert judge(leased.rater_id, once) == judge(leased.rater_id, once)
    assert Verdict.objects.count() == 1


def test_a_second_opinion_needs_an_undo(leased):
    judge(leased.rater_id, said(leased))
    with pytest.raises(AlreadyJudged):
        judge(leased.rater_id, said(leased, "right"))
    assert Verdict.objects.get().value == "left"


def test_undo_adds_a_row_and_keeps_the_slot(leased, people, project):
    verdict = judge(leased.rater_id, said(leased))
    undo_id = uuid.uuid4()
    row = undo(leased.rater_id, undo_id, verdict.pk)
    assert undo(leased.rater_id, undo_id, verdict.pk) == row  # sent twice
    leased.refresh_from_db()
    assert (leased.state, leased.current, Verdict.objects.count()) == ("leased", None, 2)
    assert leased.task_id not in [screen[0].task_id for screen in next_screens(project, people[1].pk)]
    assert next_screens(project, people[0].pk)[0][0].pk == leased.pk  # first again
    again = judge(leased.rater_id, said(leased, "tie"))
    leased.refresh_from_db()
    assert (leased.state, leased.current, leased.task.done) == ("done", again, 1)


def test_a_skipped_task_goes_to_somebody_else_and_may_come_back(leased, people, project):
    skipped = judge(leased.rater_id, said(leased, "skip"))
    assert Task.objects.get(pk=leased.task_id).taken == 0
    assert leased.task_id not in [screen[0].task_id for screen in next_screens(project, people[0].pk)]
    undo(leased.rater_id, uuid.uuid4(), skipped.pk)
    assert Task.objects.get(pk=leased.task_id).taken == 1
    skipped = judge(leased.rater_id, said(leased, "skip"))
    assert next_screens(project, people[1].pk)[0][0].task_id == leased.task_id
    with pytest.raises(TakenMeanwhile):
        undo(leased.rater_id, uuid.uuid4(), skipped.pk)
    assert Assignment.objects.get(pk=leased.pk).state == "skipped"


def test_undo_takes_back_the_last_one_still_standing(project, people):
    rater = people[0].pk
    (first,), (second,) = next_screens(project, rater)
    one, two = judge(rater, said(first)), judge(rater, said(second))
    assert last_verdict(project, rater) == two
    undo(rater, uuid.uuid4(), two.pk)
    assert last_verdict(project, rater) == one
    undo(rater, uuid.uuid4(), one.pk)
    with pytest.raises(NothingToUndo):
        last_verdict(project, rater)


def test_nobody_judges_or_undoes_for_somebody_else(leased, people):
    with pytest.raises(NotYours):
        judge(people[1].pk, said(leased))
    verdict = judge(people[0].pk, said(leased))
    with pytest.raises(NothingToUndo):
        undo(people[1].pk, uuid.uuid4(), verdict.pk)
    assert Verdict.objects.count() == 1


@pytest.mark.parametrize("wrong", [{"value": "5"}, {"value": ""}, {"value": "left", "reasons": ("ugly",)}])
def test_what_is_no_verdict_is_refused(leased, wrong):
    with pytest.raises(NotAVerdict):
        judge(leased.rater_id, said(leased, **wrong))
    assert not Verdict.objects.exists()


@pytest.mark.parametrize("lease", ["leased", "expired"])
def test_a_closed_project_keeps_what_comes_and_counts_nothing(leased, lease):
    Project.objects.update(state="closed")
    Assignment.objects.update(state=lease)
    verdict = judge(leased.rater_id, said(leased))
    assert (verdict.assignment.state, Task.objects.get(pk=leased.task_id).done) == ("late", 0)
    with pytest.raises(ProjectNotOpen):
        undo(leased.rater_id, uuid.uuid4(), verdict.pk)


def test_a_paused_project_takes_what_was_begun(leased):
    Project.objects.update(state="paused")
    assert judge(leased.rater_id, said(leased)).assignment.state == "done"


def test_the_database_itself_refuses_changes(leased):
    verdict = judge(leased.rater_id, said(leased))
    for change in (lambda: Verdict.objects.update(value="right"), lambda: Verdict.objects.all()._raw_delete("default")):
        with pytest.raises((InternalError, IntegrityError), match="never changed"), transaction.atomic():
            change()
    with pytest.raises(IntegrityError, match="another verdict"), transaction.atomic():
        Verdict.objects.create(
            assignment=leased, value="right", swapped=False, guideline=verdict.guideline,
            shown_at=timezone.now(), decided_at=timezone.now(), ms_taken=1,
        )  # fmt: skip
    assert Verdict.objects.get().value == "left"
