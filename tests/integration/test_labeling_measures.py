"""What verdicts come to: outcomes, raters' figures, flags, and what a lead's decisions do to all of them."""

import numpy as np
import pytest
from django.db import IntegrityError, transaction

from labeling.adjudicate import settle, take_back
from labeling.errors import AlreadySo, NoReason, NotAVerdict, NothingToUndo, UnknownTask
from labeling.measure.agree import agree
from labeling.measure.flags import flags
from labeling.measure.outcomes import OPEN, SPLIT, codes
from labeling.measure.raters import rater_figures
from labeling.measure.report import report
from labeling.measure.splits import split_tasks
from labeling.measure.systems import compared_systems
from labeling.measure.tally import tally
from labeling.measure.votes import read_votes
from labeling.models import Assignment, RaterDecision
from labeling.standing import decide
from tests import judged, judging
from tests.people import person

pytestmark = pytest.mark.django_db


def figures(project):
    return {one.rater: one for one in rater_figures(project, read_votes(project))}


@pytest.mark.parametrize(
    ("counts", "k", "code"),
    [
        ((0, 0, 0), 3, OPEN),
        ((1, 0, 0), 3, OPEN),
        ((2, 0, 0), 3, -1),
        ((1, 0, 2), 3, 1),
        ((1, 1, 0), 3, OPEN),
        ((1, 1, 1), 3, SPLIT),
        ((0, 2, 1), 3, 0),
        ((1, 0, 1), 2, SPLIT),
        ((1, 1, 0), 2, SPLIT),
        ((2, 0, 2), 2, SPLIT),
        ((0, 0, 1), 1, 1),
    ],
)
def test_more_than_half_settle_a_task(counts, k, code):
    assert codes(np.array([counts]), k)[0] == code


def test_a_report_counts_each_query_once_and_keeps_ties():
    project = judging.project(tasks=6, k=3)
    judged.give_all(project, judging.raters(3), "bbb bba bab aab ttx abt")
    found = report(project)
    ranking, counted = found.comparison.ranking, tally(project)
    assert (ranking.whole.won, ranking.whole.tied, ranking.whole.lost) == (3, 2, 1)
    assert (counted.won, counted.tied, counted.lost, counted.verdicts) == (3, 2, 1, 18)
    assert (ranking.whole.win_rate, ranking.split, ranking.open) == (pytest.approx(4 / 6), 1, 0)
    assert dict(found.given) == {"a": 5, "tie": 3, "both_bad": 1, "b": 9}
    assert [one.winner for one in found.comparison.decisive] == ["b", "b", "b", "a"]
    assert found.comparison.decisive[0].counts == (0, 0, 3)
    assert found.comparison.tally == counted
    assert found.split == 1 and found.comparison.shipping.looks is False


def test_a_leads_answer_holds_where_no_verdict_counts_any_more():
    project, lead = judging.project(tasks=2, k=2), person("lead")
    raters = judging.raters(2)
    judged.give_all(project, raters, "ab bb")
    settle(project.tasks.earliest("pk").pk, "b", lead)
    for rater in raters:
        decide(rater.pk, "set_aside", lead, "both click at random")
    found = report(project).comparison
    assert (found.ranking.whole.won, found.ranking.adjudicated) == (1, 1) and found.tally == tally(project)


def test_figures_of_a_group_are_for_many_looks_until_all_is_in():
    project = judging.project(tasks=14, k=1)
    (rater,) = judging.raters(1)
    judged.give_all(project, (rater,), "b " * 9 + "a a b")
    (group,) = report(project).comparison.ranking.by_type
    assert (group.p, group.interval) == (group.figures.looks_p, group.figures.looks_interval)
    assert group.p > group.figures.p
    for task in project.tasks.filter(done=0):
        judged.give(task, rater, "tie")
    (group,) = report(project).comparison.ranking.by_type
    assert (group.p, group.interval) == (group.figures.p, group.figures.interval)


def test_undone_late_and_set_aside_verdicts_count_for_nothing():
    project = judging.project(tasks=3, k=3)
    raters, lead = judging.raters(3), person("lead")
    judged.give_all(project, raters, "bba bba bba")
    Assignment.objects.filter(task=project.tasks.order_by("pk")[2], rater=raters[0]).update(state="late")
    assert len(read_votes(project)) == 8
    assert tally(project).won == 2 and tally(project).unsettled == 1
    row = decide(raters[1].pk, "set_aside", lead, " clicks at random ")
    assert (row.why, row.tasks) == ("clicks at random", 3)
    assert tally(project).settled == 0 and len(read_votes(project).counted) == 5
    assert figures(project)[raters[1].pk].aside and figures(project)[raters[1].pk].verdicts == 3
    assert set(project.tasks.values_list("needed", flat=True)) == {4}  # somebody else is asked instead
    decide(raters[1].pk, "restore", lead, "it was the monitor")
    assert tally(project).won == 2 and set(project.tasks.values_list("needed", flat=True)) == {3}
    assert [row.action for row in RaterDecision.objects.all()] == ["restore", "set_aside"]


def test_a_paused_rater_gives_back_what_they_hold_and_every_decision_has_a_reason():
    project = judging.project(tasks=2, k=1)
    (rater,), lead = judging.raters(1), person("lead")
    task = project.tasks.first()
    held = Assignment.objects.create(task=task, rater=rater, leased_until=judged.later())
    with pytest.raises(NoReason):
        decide(rater.pk, "pause", lead, "  ")
    assert decide(rater.pk, "pause", lead, "away").tasks == 1
    held.refresh_from_db(), task.refresh_from_db()
    assert (held.state, task.taken) == ("expired", 0)
    with pytest.raises(AlreadySo):
        decide(rater.pk, "pause", lead, "twice")
    decide(rater.pk, "resume", lead, "back")
    with pytest.raises(IntegrityError), transaction.atomic():
        RaterDecision.objects.update(why="another")


def test_a_lead_settles_a_split_and_takes_it_back_and_the_verdicts_stay():
    project, lead = judging.project(tasks=3, k=2), person("lead")
    judged.give_all(project, judging.raters(2), "ab at bb")
    first, second, agreed = project.tasks.order_by("pk")
    assert split_tasks() == split_tasks(project) == [first.pk, second.pk]
    settle(first.pk, "b", lead, "The shape counts.")
    assert split_tasks() == [second.pk] and tally(project).won == 2
    found = report(project)
    assert (found.comparison.ranking.whole.won, found.comparison.ranking.adjudicated) == (2, 1)
    assert found.agreement.whole.ratings == 6  # the lead's answer is none of the raters'
    take_back(lead)
    assert split_tasks() == [first.pk, second.pk] and tally(project).won == 1
    with pytest.raises(NothingToUndo):
        take_back(lead)
    with pytest.raises(NotAVerdict):
        settle(first.pk, "5", lead)
    with pytest.raises(UnknownTask):
        settle(0, "a", lead)


def test_grades_far_apart_are_a_leads_to_settle_and_near_ones_say_the_same():
    project = judging.project("grade", tasks=2, k=2)  # two results each
    one, two = judging.raters(2)
    judged.give_all(project, (one, two), "54 52 33 00")
    assert split_tasks(project) == [project.tasks.order_by("pk")[1].pk]
    assert figures(project)[one.pk].others.yes == 3
    assert agree(project, read_votes(project), {}).scale == "interval"
    assert report(project).comparison is None


def test_raters_are_measured_against_gold_themselves_the_others_and_the_sides():
    project = judging.project(tasks=3, k=3, gold=2)
    one, two, three = judging.raters(3)
    judged.give_all(project, (one, two, three), "bba bbb aab")
    for task, value in zip(project.tasks.filter(gold__isnull=False), ("left", "right"), strict=True):
        judged.give(task, one, value)  # a is right, and on the left
    first = Assignment.objects.get(task=project.tasks.first(), rater=one)
    judged.give(first.task, one, "left", swapped=True, repeat_of=first)  # b again
    mine = figures(project)[one.pk]
    assert (mine.gold.yes, mine.gold.n) == (1, 2)
    assert (mine.repeats.yes, mine.repeats.n) == (1, 1)
    assert (mine.others.yes, mine.others.n) == (1, 1)  # only where the two others are of one opinion
    assert mine.left.n == 6 and mine.seconds == 5.0


def test_honest_raters_are_not_flagged_and_a_careless_one_is():
    dice = np.random.default_rng(2)
    project = judging.project(tasks=40, k=4)
    raters = judging.raters(4)
    truth = dice.choice(list("aabbt"), 40)
    said = "".join(
        "".join(true if dice.random() < 0.9 else "t" for _ in range(3)) + str(dice.choice(list("abtx"))) + " "
        for true in truth
    )
    judged.give_all(project, raters, said)
    found = flags(rater_figures(project, read_votes(project)))
    assert set(found) == {raters[3].pk}
    assert "half of the raters reach" in found[raters[3].pk][0].why


def test_more_than_two_systems_stand_on_one_scale():
    first = judging.project(tasks=8, k=1)
    second = judging.project(tasks=8, k=1)
    (rater,) = judging.raters(1)
    assert compared_systems(first) == ()
    second.system_a, second.batch = first.system_b, first.batch
    second.save()
    judged.give_all(first, [rater], "b b b b b b a a")
    judged.give_all(second, [rater], "b b b b b b a t")
    found = compared_systems(first)
    assert [one.system for one in found] == [second.system_b.name, first.system_b.name, first.system_a.name]


def test_a_project_without_verdicts_has_a_report():
    found = report(judging.project(tasks=2))
    assert found.verdicts == 0 and found.comparison.shipping.answer == "unknown" and found.agreement.whole.alpha is None
