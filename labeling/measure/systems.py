"""All systems that were compared over one query set, on one scale."""

from labeling.measure.tally import tally
from labeling.models import Project
from ml.evaluate.strength import Strength, strengths

Pairs = dict[tuple[str, str], tuple[int, int, int]]


def compared_systems(project: Project) -> tuple[Strength, ...]:
    """Best first; empty while there are only two. Systems that nothing links to this project's are left out."""
    projects = Project.objects.filter(kind=Project.Kind.SIDE_BY_SIDE, batch=project.batch_id)
    projects = list(projects.select_related("system_a", "system_b"))
    if len({system for each in projects for system in (each.system_a_id, each.system_b_id)}) < 3:
        return ()
    found: Pairs = {}
    for each in projects:
        counted = tally(each)
        add(found, each.system_a.name, each.system_b.name, (counted.lost, counted.tied, counted.won))
    linked = reachable(found, project.system_a.name)
    return strengths({pair: counts for pair, counts in found.items() if pair[0] in linked}) if len(linked) > 2 else ()


def add(found: Pairs, first: str, second: str, counts: tuple[int, int, int]) -> None:
    """counts: queries that the first won, that were tied, that the second won."""
    if not sum(counts):
        return
    if first > second:
        first, second, counts = second, first, counts[::-1]
    before = found.get((first, second), (0, 0, 0))
    found[first, second] = tuple(a + b for a, b in zip(before, counts, strict=True))


def reachable(pairs: Pairs, start: str) -> set[str]:
    linked, grown = {start}, True
    while grown:
        more = {name for pair in pairs if linked & set(pair) for name in pair} - linked
        linked, grown = linked | more, bool(more)
    return linked
