"""Unjudged results become tasks: what a new system found and nobody has graded yet.

A score rests on judgements; where a system finds what nobody looked at, it counts as wrong until somebody does.
"""

from catalog.models import Product
from labeling.export.golden import query_id
from labeling.make_tasks import add_grade_tasks
from labeling.models import GoldenSet, Project, Query
from ml.evaluate.golden import SIMILAR
from search.evaluate.score import Score


def unjudged(measured: Score, depth: int) -> list[tuple[str, str]]:
    """(query id, sku) of the first `depth` results that have no grade, where their query is graded at all."""
    found = []
    for query in measured.golden.queries:
        reply = measured.replies[SIMILAR].get(query.id)
        if reply is None:
            continue
        judged = {reply.stands_for.get(sku, sku) for sku in query.similar}
        found += [(query.id, sku) for sku in reply.skus[:depth] if sku not in judged]
    return found


def pool(measured: Score, row: GoldenSet) -> int:
    """Asks for them in the grading projects that the set came from; each project says how deep. How many are new."""
    made = 0
    for project in row.projects.filter(kind=Project.Kind.GRADE, pool_depth__gt=0).exclude(state=Project.State.CLOSED):
        pairs = unjudged(measured, project.pool_depth)
        asked = Query.objects.filter(batch=project.batch).select_related("batch")
        queries = {query_id(query): query.pk for query in asked}
        products = dict(Product.objects.filter(sku__in={sku for _, sku in pairs}).values_list("sku", "pk"))
        wanted = [(queries[query], products[sku]) for query, sku in pairs if query in queries and sku in products]
        made += add_grade_tasks(project, wanted)
    return made
