"""Who judges what next: exactly k, never twice, and never more, however many ask at once."""

import random
import threading
import uuid
from collections import Counter
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, connections, transaction
from django.db.models import F
from django.utils import timezone

from labeling.assign import REPEAT_AFTER, next_screens
from labeling.errors import ProjectNotOpen, RaterPaused, TakenMeanwhile
from labeling.judge import VALUES, Said, judge, undo
from labeling.models import Assignment, Project, Rater, Task, Verdict
from labeling.queries import project_line
from tests import judging


def say(assignment: Assignment, value: str | None = None) -> Verdict:
    value = value or random.choice(VALUES[assignment.task.project.kind])
    return judge(assignment.rater_id, Said(uuid.uuid4(), assignment.pk, value))


def work_off(project: Project, rater_id: int, most: int = 1000) -> list[Verdict]:
    """Judge whatever comes until nothing does."""
    said = []
    while len(said) < most and (screens := next_screens(project, rater_id, 1)):
        said += [say(assignment) for assignment in screens[0]]
    return said


def expire_all() -> None:
    Assignment.objects.filter(state="leased").update(leased_until=timezone.now() - timedelta(seconds=1))


@pytest.mark.django_db
@pytest.mark.parametrize("kind", Project.Kind.values)
def test_each_task_gets_exactly_k_verdicts_of_different_raters(kind):
    project = judging.project(kind, tasks=3, k=2)
    people = judging.raters(3)
    for rater in people:
        work_off(project, rater.pk)
    assert {(task.taken, task.done) for task in Task.objects.all()} == {(2, 2)}
    counted = Counter(Assignment.objects.filter(current__isnull=False).values_list("task", "rater"))
    assert set(counted.values()) == {1}
    line = project_line(project, people[0].pk)
    assert (line.done, line.tasks, line.verdicts, line.left) == (len(counted) // 2, len(counted) // 2, len(counted), 0)


@pytest.mark.django_db
def test_asking_again_gives_the_same_screens():
    project = judging.project(tasks=6)
    (rater,) = judging.raters(1)
    first, again = next_screens(project, rater.pk), next_screens(project, rater.pk)
    assert [[each.pk for each in screen] for screen in first] == [[each.pk for each in screen] for screen in again]
    assert len(first) == 4 and Assignment.objects.count() == 4


@pytest.mark.django_db
def test_the_highest_priority_comes_first():
    project = judging.project(tasks=5, k=1)
    wanted = list(Task.objects.order_by("?"))
    for priority, task in enumerate(reversed(wanted)):
        Task.objects.filter(pk=task.pk).update(priority=priority)
    (rater,) = judging.raters(1)
    assert [screen[0].task_id for screen in next_screens(project, rater.pk, 5)] == [task.pk for task in wanted]


@pytest.mark.django_db
def test_results_of_one_query_share_a_screen_in_random_order():
    project = judging.project("grade", tasks=2, results_shown=2)
    screens = next_screens(project, judging.raters(1)[0].pk)
    assert [len({each.task.query_id for each in screen}) for screen in screens] == [1, 1]
    assert [len(screen) for screen in screens] == [2, 2]


@pytest.mark.django_db
def test_a_lease_that_runs_out_gives_its_slot_back_and_keeps_its_side():
    project = judging.project(tasks=1, k=1)
    one, other = judging.raters(2)
    ((leased,),) = next_screens(project, one.pk)
    assert next_screens(project, other.pk) == []
    expire_all()
    ((taken,),) = next_screens(project, other.pk)
    assert taken.task_id == leased.task_id and next_screens(project, one.pk) == []
    expire_all()
    ((again,),) = next_screens(project, one.pk)
    assert (again.pk, again.swapped) == (leased.pk, leased.swapped)


@pytest.mark.django_db
def test_a_verdict_that_comes_too_late_counts_while_its_slot_is_free():
    project = judging.project(tasks=1, k=1)
    one, other = judging.raters(2)
    ((leased,),) = next_screens(project, one.pk)
    expire_all()
    ((taken,),) = next_screens(project, other.pk)
    assert say(leased).assignment.state == "late" and Task.objects.get().done == 0
    expire_all()
    next_screens(project, other.pk)  # leased to them once more
    assert say(taken).assignment.state == "done" and Task.objects.get().done == 1
    assert Verdict.objects.count() == 2  # both are kept


@pytest.mark.django_db
def test_gold_and_repeats_come_in_between_and_take_no_slot():
    project = judging.project(tasks=40, k=1, gold=6, gold_share=0.3, repeat_share=0.2)
    (rater,) = judging.raters(1)
    random.seed(5)
    said = work_off(project, rater.pk)
    golds = Assignment.objects.filter(task__gold__isnull=False)
    repeats = Assignment.objects.filter(repeat_of__isnull=False).select_related("repeat_of")
    assert golds.count() == 6 and repeats.count() >= 3 and len(said) == 40 + 6 + repeats.count()
    assert not (golds | repeats).filter(counts=True).exists()
    assert all(each.swapped != each.repeat_of.swapped for each in repeats)
    order = list(Assignment.objects.order_by("leased_at", "pk").values_list("pk", flat=True))
    assert min(order.index(each.pk) - order.index(each.repeat_of_id) for each in repeats) >= REPEAT_AFTER
    assert {task.done for task in Task.objects.filter(gold=None)} == {1}


@pytest.mark.django_db
def test_gold_results_are_graded_among_the_others():
    project = judging.project("grade", tasks=3, k=1, gold_share=0.5)
    query = Task.objects.order_by("pk").first().query
    shown = judging.item(99)
    Task.objects.create(
        project=project, query=query, needed=1, item_a=shown.as_json(), sku_a=shown.sku, gold=["0", "1"], priority=9
    )
    Task.objects.filter(query=query).update(priority=9)
    seen = set()
    random.seed(5)  # once in two thousand runs chance alone would give it to all of them, or to nobody
    for rater in judging.raters(12):  # each gets it by chance, nobody twice
        screen = next_screens(project, rater.pk, 1)[0]
        seen.add(len(screen))
        Assignment.objects.filter(pk__in=[each.pk for each in screen]).delete()
    assert seen == {2, 3}


@pytest.mark.django_db
def test_nobody_judges_in_a_paused_project_or_while_paused():
    project = judging.project()
    one, other = judging.raters(2)
    Rater.objects.create(user=one, paused=True)
    with pytest.raises(RaterPaused):
        next_screens(project, one.pk)
    Project.objects.update(state="paused")
    with pytest.raises(ProjectNotOpen):
        next_screens(project, other.pk)
    assert not Assignment.objects.exists()


@pytest.mark.django_db
def test_sides_are_random():
    project = judging.project(tasks=60, k=1)
    (rater,) = judging.raters(1)
    swapped = [screen[0].swapped for screen in next_screens(project, rater.pk, 60)]
    assert 12 < sum(swapped) < 48  # outside by chance once in a million runs


@pytest.mark.django_db
def test_the_database_itself_refuses_one_too_many():
    project = judging.project(tasks=1, k=1)
    one, other = judging.raters(2)
    next_screens(project, one.pk)
    task, until = Task.objects.get(), timezone.now()
    with pytest.raises(IntegrityError, match="never_overfilled"), transaction.atomic():
        Assignment.objects.create(task=task, rater=other, leased_until=until)
    with pytest.raises(IntegrityError, match="never_twice"), transaction.atomic():
        Assignment.objects.create(task=task, rater=one, leased_until=until, counts=False)
    assert Assignment.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_many_at_once_never_overfill_and_finish():
    """Eight raters, three a task, with skips, undos and leases that run out on the way."""
    project = judging.project(tasks=12, k=3, lease_s=600)
    people = judging.raters(8)
    errors: list[BaseException] = []
    overfilled = threading.Event()

    def rate(rater_id: int, seed: int) -> None:
        lot = random.Random(seed)
        try:
            while not Task.objects.filter(taken__gt=F("needed")).exists():
                screens = next_screens(project, rater_id, 2)
                if not screens:
                    return
                (assignment,) = screens[0]
                verdict = judge(rater_id, Said(uuid.uuid4(), assignment.pk, "skip" if lot.random() < 0.05 else "left"))
                if lot.random() < 0.1 and verdict.value != "skip":
                    try:
                        undo(rater_id, uuid.uuid4(), verdict.pk)
                    except TakenMeanwhile:  # only where the slot was given away before it was judged
                        assert Assignment.objects.get(pk=assignment.pk).state != "done"
                if lot.random() < 0.1:
                    Assignment.objects.filter(rater=rater_id, state="leased").update(leased_until=timezone.now())
            overfilled.set()
        except BaseException as error:
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=rate, args=(rater.pk, seed)) for seed, rater in enumerate(people)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert errors == [] and not overfilled.is_set()
    for rater in people:  # what was skipped or lost near the end is taken up by whoever has not judged it
        work_off(project, rater.pk)
    assert {(task.taken, task.done) for task in Task.objects.all()} == {(3, 3)}
    held = Assignment.objects.filter(state="done").values_list("task", "rater")
    assert len(held) == len(set(held)) == 36


@pytest.mark.django_db(transaction=True)
def test_one_rater_in_many_tabs_gets_each_task_once():
    project = judging.project(tasks=9, k=1)
    (rater,) = judging.raters(1)
    got: list[list[int]] = []

    def open_tab() -> None:
        try:
            got.append([screen[0].pk for screen in next_screens(project, rater.pk)])
        finally:
            connection.close()

    threads = [threading.Thread(target=open_tab) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(got) == 6 and all(ids == got[0] for ids in got)
    assert Assignment.objects.count() == 4
