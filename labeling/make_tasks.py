"""From lists to questions. Each function may run twice: what is asked already is left alone."""

from collections.abc import Iterable, Sequence
from itertools import chain

from catalog.models import Product
from labeling import order
from labeling.lists import items_of
from labeling.models import Project, Query, ResultList, Task
from labeling.planted import Planter
from labeling.types import Item

Lists = dict[int, dict[int, ResultList]]  # by query, then by system


def make_tasks(project: Project, queries: Sequence[Query]) -> int:
    """All tasks of these queries, whose lists are there; gold questions too. Returns how many there are to judge."""
    lists = lists_of(project, queries)
    queries = [query for query in queries if query.pk in lists]
    if project.kind == Project.Kind.SIDE_BY_SIDE:
        tasks = side_by_side(project, queries, lists)
    else:
        tasks = [task for query in queries for task in results(project, query, lists[query.pk])]
    tasks += golds(project, queries, lists)
    Task.objects.bulk_create(tasks, ignore_conflicts=True)
    order.replan(project)
    return project.tasks.filter(gold__isnull=True).count()


def fits(project: Project, query: Query) -> bool:
    """Words alone show no thing that a product could be."""
    return project.kind != Project.Kind.SAME_PRODUCT or bool(query.photo)


def lists_of(project: Project, queries: Sequence[Query]) -> Lists:
    """Of the queries that every system of the project could answer."""
    systems = [system for system in (project.system_a_id, project.system_b_id) if system]
    found: Lists = {}
    for row in ResultList.objects.filter(query__in=queries, system__in=systems, error=""):
        found.setdefault(row.query_id, {})[row.system_id] = row
    return {query: by_system for query, by_system in found.items() if len(by_system) == len(systems)}


def top(project: Project, row: ResultList) -> list[Item]:
    return [Item.from_json(item) for item in row.items[: project.results_shown]]


def new_task(project: Project, **fields) -> Task:
    """Its priority is random at first: the order in which queries came means nothing."""
    return Task(project=project, needed=project.k, **fields)


def side_by_side(project: Project, queries: Sequence[Query], lists: Lists) -> list[Task]:
    """One task a query. Where both systems show the same there is nothing to compare: it is noted, and not asked."""
    tasks, same = [], 0
    for query in queries:
        a, b = lists[query.pk][project.system_a_id], lists[query.pk][project.system_b_id]
        if [item.sku for item in top(project, a)] == [item.sku for item in top(project, b)]:
            same += 1
        else:
            tasks.append(new_task(project, query=query, list_a=a, list_b=b))
    project.progress |= {"identical": same}
    return tasks


def results(project: Project, query: Query, by_system: dict[int, ResultList]) -> list[Task]:
    """One task for each result that any of the systems shows first."""
    found = {item.sku: item for row in by_system.values() for item in top(project, row)}
    return [result_task(project, query, item) for item in found.values()]


def result_task(project: Project, query: Query, item: Item, gold: list[str] | None = None) -> Task:
    """To grade it is the first product of the task; of a pair it is the second, beside the query."""
    side = "a" if project.kind == Project.Kind.GRADE else "b"
    shown = {f"item_{side}": item.as_json(), f"sku_{side}": item.sku, f"product_{side}_id": item.product_id}
    return new_task(project, query=query, gold=gold, **shown)


def golds(project: Project, queries: Sequence[Query], lists: Lists) -> list[Task]:
    """Questions whose answer nobody doubts, a share of the tasks: results of quite another query, planted."""
    if not project.gold_share:
        return []
    planter = Planter(project, lists)
    made = (planter.gold(query, result_task, new_task) for query in planter.chosen(queries))
    return list(chain.from_iterable(made))


def add_grade_tasks(project: Project, pairs: Iterable[tuple[int, int]]) -> int:
    """Ask for grades of (query id, product id) pairs that are not asked in this project yet; returns how many are new.

    Products that are hidden or deleted cannot be shown, and are left out.
    """
    asked = set(project.tasks.values_list("query_id", "sku_a"))
    pairs = list(dict.fromkeys(pairs))
    items = {item.product_id: item for item in items_of({product for _, product in pairs})}
    queries = Query.objects.in_bulk({query for query, _ in pairs})
    new = [
        result_task(project, queries[query], items[product])
        for query, product in pairs
        if query in queries and product in items and (query, items[product].sku) not in asked
    ]
    there = Product.objects.filter(pk__in=[task.product_a_id for task in new]).values_list("pk", flat=True)
    kept = [task for task in new if task.product_a_id in set(there)]
    return len(Task.objects.bulk_create(kept, ignore_conflicts=True))
