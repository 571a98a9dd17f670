"""Makes a project ready to be judged: queries read, both systems asked, tasks made. The worker does it.

Each step may be interrupted anywhere and done again: what is there already is left alone.
"""

import hashlib
import random
from collections.abc import Callable

from django.conf import settings
from django.core.files.storage import storages
from django.db import transaction

from catalog.models import Product
from labeling.errors import BadQuerySet
from labeling.lists import ask, serving
from labeling.make_tasks import fits, make_tasks
from labeling.models import Project, Query, System
from labeling.pictures import keep_photo
from labeling.read_set import Line, QuerySetFile, from_folder, from_zip
from ml.errors import ImageRejected

MOST_PROBLEMS = 50
Stop = Callable[[], bool]
DEMO = "demo"  # as a project's source; an upload's source is its name in the private storage


class Stopped(Exception):
    """The worker ends. The job is taken up again by the next one."""


def build(project_id: int, should_stop: Stop = lambda: False) -> None:
    """building -> open. Anything else is left alone. Raises BadQuerySet for what no further attempt can help."""
    project = Project.objects.select_related("batch", "system_a", "system_b").get(pk=project_id)
    if project.state != Project.State.BUILDING:
        return
    if project.progress.get("source"):
        read_queries(project, should_stop)
    queries = [query for query in chosen_queries(project) if usable(project, query)]
    systems = [system for system in (project.system_a, project.system_b) if system]
    for number, system in enumerate(systems):
        ask_all(project, system, queries, number * len(queries), len(systems) * len(queries), should_stop)
    finish(project, queries)


def say(project: Project, stage: str, done: int, total: int) -> None:
    project.progress |= {"stage": stage, "done": done, "total": total}
    Project.objects.filter(pk=project.pk).update(progress=project.progress)


def complain(project: Project, what: str) -> None:
    if what not in project.problems and len(project.problems) < MOST_PROBLEMS:
        project.problems.append(what)
        Project.objects.filter(pk=project.pk).update(problems=project.problems)


def read_queries(project: Project, should_stop: Stop) -> None:
    """The queries of its set, which it is the first to use."""
    source = project.progress["source"]
    if source == DEMO:
        keep_queries(project, from_folder(settings.BASE_DIR / "demo"), should_stop)
        return
    with storages["private"].open(source) as file:
        keep_queries(project, from_zip(file), should_stop)


def keep_queries(project: Project, found: QuerySetFile, should_stop: Stop) -> None:
    for wrong in found.wrong:
        complain(project, wrong)
    lines = sample(found.lines, project)
    names = set(project.batch.queries.values_list("name", flat=True))
    skus = {sku for line in lines for sku in line.known}
    categories = dict(Product.objects.filter(sku__in=skus).values_list("sku", "category__path"))
    for number, line in enumerate(lines):
        stop_if(should_stop)
        say(project, "Reading the queries", number, len(lines))
        if line.name not in names:
            keep_query(project, line, found.read, categories)
    if not project.batch.queries.exists():
        raise BadQuerySet("No query of it could be used. " + " ".join(project.problems[:1]))


def sample(lines: tuple[Line, ...], project: Project) -> list[Line]:
    """As many as were asked for, by chance, always the same ones for this project; in their order."""
    number = project.progress.get("sample") or len(lines)
    if number >= len(lines):
        return list(lines)
    places = random.Random(f"queries of project {project.pk}").sample(range(len(lines)), number)
    return [lines[place] for place in sorted(places)]


def keep_query(project: Project, line: Line, read: Callable[[str], bytes], categories: dict) -> None:
    own = next((categories[sku] for sku in line.known if categories.get(sku)), "")
    query = Query(batch=project.batch, name=line.name, text=line.text, known=line.known, category=line.category or own)
    if line.photo:
        try:
            photo = keep_photo(read(line.photo))
        except (BadQuerySet, ImageRejected) as error:
            complain(project, error.detail if isinstance(error, BadQuerySet) else f"{line.photo}: {error.detail}")
            return
        query.photo, query.width, query.height = photo.name, photo.width, photo.height
        query.sha256, query.phash = photo.sha256, photo.phash
        query.bbox = None if line.bbox is None else list(line.bbox)
    else:
        query.sha256 = words_sha256(line.text)
    query.type = "+".join(part for part in ("photo" * bool(line.photo), "text" * bool(line.text)) if part)
    query.save()


def words_sha256(text: str) -> str:
    """Of what two spellings of one query share."""
    return hashlib.sha256(" ".join(text.lower().split()).encode()).hexdigest()


def chosen_queries(project: Project) -> list[Query]:
    """All of its set; of a set that was there before, a sample where one was asked for."""
    queries = list(project.batch.queries.order_by("pk"))
    number = project.progress.get("sample") or len(queries)
    if project.progress.get("source") or number >= len(queries):
        return queries
    return random.Random(f"queries of project {project.pk}").sample(queries, number)


def usable(project: Project, query: Query) -> bool:
    if fits(project, query):
        return True
    complain(project, f"{query}: words alone show no thing that a product could be. Left out.")
    return False


def ask_all(project: Project, system: System, queries: list[Query], before: int, total: int, should_stop: Stop) -> None:
    with serving(system):
        for number, query in enumerate(queries):
            stop_if(should_stop)
            say(project, "Searching", before + number, total)
            answered = ask(system, query)
            if answered.error:
                complain(project, f"{query}: {answered.error}")
            elif not answered.items:
                complain(project, f"{query}: {system} found nothing.")


def stop_if(should_stop: Stop) -> None:
    if should_stop():
        raise Stopped


@transaction.atomic
def finish(project: Project, queries: list[Query]) -> None:
    """Tasks and the open door in one transaction."""
    made = make_tasks(project, queries)
    if not made:
        raise BadQuerySet("There is nothing to judge: both systems show the same results everywhere, or none at all.")
    said = {"stage": "", "identical": project.progress.get("identical", 0)}
    opened = Project.objects.filter(pk=project.pk, state=Project.State.BUILDING)
    opened.update(state=Project.State.OPEN, progress=project.progress | said, problems=project.problems)


def fail(project_id: int, why: str) -> None:
    """building -> failed, with the reason where the lead looks."""
    project = Project.objects.get(pk=project_id)
    failed = Project.objects.filter(pk=project_id, state=Project.State.BUILDING)
    failed.update(state=Project.State.FAILED, problems=[why, *[each for each in project.problems if each != why]])
