"""As few verdicts as settle a task, and no more once the pair of systems is settled."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection
from django.db.models import F

from labeling.adjudicate import settle
from labeling.assign import next_screens
from labeling.judge import Said, judge, last_verdict, undo
from labeling.measure.tally import forecast, tally
from labeling.models import Adjudication, Project, Rater, Task, Verdict
from labeling.order import choose_order, look, replan
from labeling.standing import decide
from tests import judging
from tests.people import person

pytestmark = pytest.mark.django_db


def say(project: Project, rater, choice: str, task: Task | None = None) -> Verdict:
    """The rater's next task is judged in favour of a system, wherever it is shown."""
    screens = next_screens(project, rater.pk)
    assignment = next(each for (each,) in screens if task is None or each.task_id == task.pk)
    sides = {"a": ("left", "right"), "b": ("right", "left")}
    value = sides[choice][assignment.swapped] if choice in sides else choice
    return judge(rater.pk, Said(uuid.uuid4(), assignment.pk, value))


def active(**more) -> Project:
    project = judging.project(order=Project.Order.ACTIVE, **more)
    replan(project)
    return project


def test_two_who_agree_settle_a_task_and_a_third_is_asked_where_they_differ():
    project = active(tasks=1, k=3)
    task = project.tasks.get()
    one, two, three = judging.raters(3)
    assert task.needed == 2
    first = say(project, one, "b")
    assert [task.needed, task.priority] == [2, pytest.approx(task.priority)]
    task.refresh_from_db()
    assert (task.needed, task.priority) == (2, 2.0)  # one more may settle it: before all others
    say(project, two, "a")
    task.refresh_from_db()
    assert (task.needed, task.done) == (3, 2)
    say(project, three, "b")
    task.refresh_from_db()
    assert (task.needed, task.done) == (3, 3)
    undo(one.pk, uuid.uuid4(), first.pk)
    task.refresh_from_db()
    assert (task.needed, task.done, task.taken) == (3, 2, 3)
    assert say(project, one, "tie", task) and not next_screens(project, one.pk)


def test_where_no_majority_can_come_nobody_else_is_asked():
    project = active(tasks=1, k=2)
    for rater, choice in zip(judging.raters(2), "ab", strict=True):
        say(project, rater, choice)
    task = project.tasks.get()
    assert (task.needed, task.done) == (2, 2)
    assert (tally(project).settled, tally(project).tied) == (1, 1)


def test_random_order_asks_k_of_every_task_whatever_they_say():
    project = judging.project(tasks=2, k=3)
    replan(project)
    for rater in judging.raters(3):
        say(project, rater, "a"), say(project, rater, "a")
    assert set(project.tasks.values_list("needed", "done")) == {(3, 3)}


def test_a_settled_pair_asks_for_nothing_more_until_a_lead_goes_on(django_capture_on_commit_callbacks):
    project = active(tasks=20, k=1)
    (rater,) = judging.raters(1)
    with django_capture_on_commit_callbacks(execute=True):
        for _ in range(3):
            say(project, rater, "b")
    project.refresh_from_db()
    assert project.settled is None
    ahead = forecast(project, tally(project))
    assert ahead.best == ahead.likely > 0
    with django_capture_on_commit_callbacks(execute=True):
        for _ in range(ahead.best - 1):
            say(project, rater, "b")
    look(project.pk)
    project.refresh_from_db()
    assert project.settled is None
    with django_capture_on_commit_callbacks(execute=True):
        say(project, rater, "b")
    project.refresh_from_db()
    done = 3 + ahead.best
    assert project.settled["answer"] == "better" and project.settled["won"] == done
    held = len(next_screens(project, rater.pk))
    assert held < 4 and sum(project.tasks.values_list("needed", flat=True)) == done + held
    choose_order(project, Project.Order.RANDOM)
    assert project.settled is None and sum(project.tasks.values_list("needed", flat=True)) == 20


def test_a_lead_settles_what_is_split_and_the_pair_with_it(django_capture_on_commit_callbacks):
    project = active(tasks=12, k=2)
    lead = person("lead")
    one, two = judging.raters(2)
    for _ in range(12):
        say(project, one, "a"), say(project, two, "b")
    assert tally(project).tied == 12
    with django_capture_on_commit_callbacks(execute=True):
        for task in project.tasks.all():
            settle(task.pk, "a", lead)
    project.refresh_from_db()
    assert project.settled["answer"] == "worse" and Adjudication.objects.count() == 12


def test_what_can_no_longer_be_settled_is_left_open():
    project = active(tasks=10, k=1, ship_margin=0.0)
    (rater,) = judging.raters(1)
    for choice in "abababab":
        say(project, rater, choice)
    look(project.pk)
    project.refresh_from_db()
    assert project.settled["answer"] == "open"
    assert forecast(project, tally(project)).best is None


def settled(django_capture_on_commit_callbacks, rater, tasks: int = 20) -> Project:
    """A pair that one rater's verdicts settle, with tasks left."""
    project = active(tasks=tasks, k=1)
    with django_capture_on_commit_callbacks(execute=True):
        while project.settled is None:
            say(project, rater, "b")
            look(project.pk)
            project.refresh_from_db()
    return project


def test_what_was_set_aside_settles_nothing_and_what_is_taken_back_does(django_capture_on_commit_callbacks):
    (rater,) = judging.raters(1)
    project = settled(django_capture_on_commit_callbacks, rater)
    verdicts, lead = project.settled["won"], person("lead")
    with django_capture_on_commit_callbacks(execute=True):
        decide(rater.pk, "set_aside", lead, "clicks at random")
    project.refresh_from_db()
    assert project.settled is None
    assert sum(project.tasks.values_list("needed", flat=True)) == 20 + verdicts  # each of somebody else
    with django_capture_on_commit_callbacks(execute=True):
        decide(rater.pk, "restore", lead, "it was another one")
    project.refresh_from_db()
    assert (project.settled["answer"], project.settled["won"]) == ("better", verdicts)


def test_an_undo_of_what_settled_a_pair_opens_it_again(django_capture_on_commit_callbacks):
    (rater,) = judging.raters(1)
    project = settled(django_capture_on_commit_callbacks, rater)
    with django_capture_on_commit_callbacks(execute=True):
        undo(rater.pk, uuid.uuid4(), last_verdict(project, rater.pk).pk)
    project.refresh_from_db()
    assert project.settled is None and sum(project.tasks.values_list("needed", flat=True)) == 20


def test_a_verdict_that_comes_after_the_pair_is_settled_asks_for_no_other(django_capture_on_commit_callbacks):
    project = active(tasks=3, k=3)
    one, two = judging.raters(2)
    held = next_screens(project, one.pk)
    Project.objects.update(settled={"answer": "better"})
    project.tasks.update(needed=F("taken"))
    judge(one.pk, Said(uuid.uuid4(), held[0][0].pk, "left"))
    assert set(project.tasks.values_list("needed", flat=True)) == {1} and not next_screens(project, two.pk)


@pytest.mark.parametrize("kind", ["side_by_side", "grade"])
def test_whose_verdicts_are_set_aside_and_who_goes_on_keeps_nobody_else_from_a_task(kind):
    project = judging.project(kind, tasks=1, k=1)
    one, two = judging.raters(2)
    Rater.objects.create(user=one, set_aside=True)
    value = "4" if kind == "grade" else "left"
    tasks = project.tasks.count()
    (screen,) = next_screens(project, one.pk)
    for each in screen:
        judge(one.pk, Said(uuid.uuid4(), each.pk, value))
    (screen,) = next_screens(project, two.pk)
    assert len(screen) == tasks
    for each in screen:
        judge(two.pk, Said(uuid.uuid4(), each.pk, value))
    assert set(project.tasks.values_list("done", "needed")) == {(2, 2)}


@pytest.mark.django_db(transaction=True)
def test_two_who_judge_the_same_tasks_at_once_never_block_each_other_and_are_both_counted():
    project = active(tasks=16, k=3)
    together = Barrier(2)

    def work(rater, choice: str) -> None:
        try:
            together.wait(60)
            next_screens(project, rater.pk, want=16)  # all of them, while the other one takes all of them, too
            while next_screens(project, rater.pk):
                say(project, rater, choice)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, judging.raters(2), "ab"))
    assert set(project.tasks.values_list("done", "needed")) == {(2, 3)}
