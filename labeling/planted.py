"""Gold questions: things of quite another category among, or against, what the search found. Nobody who looks misses
them, and they look like any other result."""

import random
from collections.abc import Callable, Iterable, Sequence
from math import ceil

from labeling.models import Project, Query, ResultList, System, Task
from labeling.types import Item

PLANTED = "planted"
FEWEST, MOST = 3, 60  # gold questions of a project


class Planter:
    """One project's. lists: by query, then by system."""

    def __init__(self, project: Project, lists: dict[int, dict[int, ResultList]]) -> None:
        self.project = project
        self.found = {
            query: [Item.from_json(item) for row in by_system.values() for item in row.items[: project.results_shown]]
            for query, by_system in lists.items()
        }
        self.lists = lists
        self.items = list({item.sku: item for items in self.found.values() for item in items}.values())
        self.chance = random.Random(f"gold of project {project.pk}")  # the same ones when it is built again

    def chosen(self, queries: Sequence[Query]) -> list[Query]:
        number = min(max(ceil(self.project.gold_share * len(queries)), FEWEST), MOST, len(queries))
        return self.chance.sample(list(queries), number)

    def strangers(self, query: Query, number: int) -> list[Item]:
        """Products of no category that the query's results are of; empty where there are not enough."""
        own = {item.category for item in self.found[query.pk]}
        others = [item for item in self.items if item.category and item.category not in own and item.picture]
        return self.chance.sample(others, number) if own - {""} and len(others) >= number else []

    def gold(self, query: Query, result_task: Callable[..., Task], new_task: Callable[..., Task]) -> Iterable[Task]:
        if self.project.kind == Project.Kind.SIDE_BY_SIDE:
            return self.against_strangers(query, new_task)
        right = ["0", "1"] if self.project.kind == Project.Kind.GRADE else ["different"]
        return [result_task(self.project, query, item, right) for item in self.strangers(query, 1)]

    def against_strangers(self, query: Query, new_task: Callable[..., Task]) -> list[Task]:
        """System a's own list against one that has nothing to do with the query."""
        a = self.lists[query.pk][self.project.system_a_id]
        items = self.strangers(query, min(len(a.items), self.project.results_shown))
        if not items:
            return []
        system, _ = System.objects.get_or_create(name=PLANTED, defaults={"kind": System.Kind.PLANTED})
        planted, _ = ResultList.objects.get_or_create(
            system=system, query=query, defaults={"items": [item.as_json() for item in items]}
        )
        return [new_task(self.project, query=query, list_a=a, list_b=planted, gold=["a"])]
