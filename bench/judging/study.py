"""One study in a real database: tasks are given by labeling.assign, verdicts kept by labeling.judge."""

import uuid
from dataclasses import dataclass

import numpy as np

from judging.world import RATERS, B, Rater, World, press, say

GOLD_ACCURACY = 0.05  # gold questions are plain: so much more often right
GOLDS = 30


@dataclass(frozen=True, slots=True)
class Run:
    """presses: all verdicts, gold questions and repeats among them. settled_at: counted verdicts after which the same
    test would have been settled, None where it never was; and for whom then.
    """

    project: object
    verdicts: int
    presses: int
    settled_at: int | None
    settled: str


class Study:
    """The same queries, truth and raters for every project of it."""

    def __init__(self, world: World, k: int, seed: int):
        from django.contrib.auth.models import User

        from labeling.models import Guideline, Query, QueryBatch, ResultList, System

        self.k, self.seed, self.name = k, seed, uuid.uuid4().hex[:8]
        self.dice = np.random.default_rng(seed)
        self.truth_of_place = world.truth(self.dice)
        self.guideline = Guideline.objects.create(name=self.name, text="As they are.")
        self.systems = [System.objects.create(name=f"{self.name} {side}") for side in "ab"]
        self.batch = QueryBatch.objects.create(name=self.name)
        queries = Query.objects.bulk_create(
            Query(batch=self.batch, name=f"{place}", type="text", text=f"query {place}", sha256=f"{place:064}")
            for place in range(world.queries + GOLDS)
        )
        lists = [ResultList(system=system, query=query) for system in self.systems for query in queries]
        ResultList.objects.bulk_create(lists)
        self.queries = queries
        self.lists = {(row.system_id, row.query_id): row for row in lists}
        self.raters = {User.objects.create_user(f"{self.name} {rater.name}").pk: rater for rater in RATERS}

    def project(self, order: str):
        """Open, with all its tasks; the last of the queries are gold questions."""
        from labeling.models import Project, Task
        from labeling.order import replan

        project = Project.objects.create(
            name=f"{self.name} {order}", kind="side_by_side", state="open", k=self.k, guideline=self.guideline,
            system_a=self.systems[0], system_b=self.systems[1], batch=self.batch, order=order,
            gold_share=0.12, repeat_share=0.08,
        )  # fmt: skip
        tasks = []
        for place, query in enumerate(self.queries):
            lists = [self.lists[system.pk, query.pk] for system in self.systems]
            gold = ["a" if place % 2 else "b"] if place >= len(self.truth_of_place) else None
            tasks.append(Task(project=project, query=query, list_a=lists[0], list_b=lists[1], needed=self.k, gold=gold))
        Task.objects.bulk_create(tasks)
        replan(project)
        return project

    def run(self, order: str) -> Run:
        """Raters take turns at random until nobody gets anything more."""
        from labeling.assign import next_screens
        from labeling.judge import Said, judge
        from labeling.measure.tally import answer, tally

        project = self.project(order)
        truth = dict(zip([query.pk for query in self.queries], self.truth_of_place.tolist(), strict=False))
        thoughts: dict[tuple[int, int], int] = {}
        idle, presses, settled_at, settled = set(), 0, None, ""
        while len(idle) < len(self.raters):
            rater_id = int(self.dice.choice(list(self.raters)))
            screens = next_screens(project, rater_id)
            if not screens:
                idle.add(rater_id)
                continue
            idle.clear()
            (assignment,) = screens[0]
            value = self.answer(rater_id, assignment, truth, thoughts)
            ms = int(1000 * self.raters[rater_id].seconds * self.dice.lognormal(0, 0.4))
            judge(rater_id, Said(uuid.uuid4(), assignment.pk, value, ms_taken=ms))
            presses += 1
            if assignment.counts and settled_at is None:
                counted = tally(project)
                if found := answer(counted, project.ship_p, project.ship_margin):
                    settled_at, settled = counted.verdicts, found
        project.refresh_from_db()
        return Run(project, tally(project).verdicts, presses, settled_at, settled)

    def answer(self, rater_id: int, assignment, truth: dict, thoughts: dict) -> str:
        rater: Rater = self.raters[rater_id]
        task = assignment.task
        if task.gold:
            right = B if task.gold == ["b"] else -B
            accuracy = 1 / 3 if rater.accuracy < 0.5 else min(1.0, rater.accuracy + GOLD_ACCURACY)
            return press(rater, say(rater, right, self.dice, accuracy), assignment.swapped, self.dice)
        known = (rater_id, task.query_id)
        if known not in thoughts or self.dice.random() > rater.steady:
            thoughts[known] = say(rater, truth[task.query_id], self.dice)
        return press(rater, thoughts[known], assignment.swapped, self.dice)
