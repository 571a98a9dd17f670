"""Golden sets from verdicts: what raters judged, in a folder that never changes."""

import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from PIL import Image

from labeling import pictures
from labeling.errors import BadGolden
from labeling.export.judgments import SAME_SKU, grades, same_products, standing
from labeling.models import GoldenSet, GoldenVerdict, Project, Query
from ml.evaluate import golden as files


@dataclass(slots=True)
class Draft:
    """Queries by id with their grades, their photos, and the verdicts that they rest on."""

    queries: dict[str, files.GoldenQuery] = field(default_factory=dict)
    photos: dict[str, bytes] = field(default_factory=dict)
    verdicts: set[UUID] = field(default_factory=set)


def from_projects(name: str, projects: Iterable[Project], actor: str, note: str = "") -> GoldenSet:
    """A golden set of what was judged in these projects; the one that is there where nothing is new. Raises BadGolden.

    Grades of results fill the pool of similar ones, answers to "same product?" the other; side by side grades nothing.
    """
    projects = list(projects)
    draft = drafted(standing(projects))
    note = note or "Verdicts of " + ", ".join(project.name for project in projects)
    return publish(name, draft, actor, note, projects)


def drafted(rows) -> Draft:
    draft, known = Draft(), {}
    graded, paired = grades(rows), [each for each in same_products(rows) if each.query is not None]
    known = Query.objects.select_related("batch").in_bulk({each.query for each in (*graded, *paired)})
    similar, same = {}, {}
    for each in graded:
        similar.setdefault(each.query, {})[each.sku_a] = int(each.choice)
    for each in paired:
        same.setdefault(each.query, {})[each.sku_b] = int(each.choice == SAME_SKU)
    for pk, query in known.items():
        add(draft, query, same.get(pk, {}), similar.get(pk, {}))
    draft.verdicts = {verdict for each in (*graded, *paired) for verdict in each.verdicts}
    return draft


def add(draft: Draft, query: Query, same: Mapping[str, int], similar: Mapping[str, int]) -> None:
    key = query_id(query)
    if query.photo:
        try:
            draft.photos[key] = pictures.read(query.photo)
        except FileNotFoundError as error:
            raise BadGolden(f"The photo of query {key} is gone.") from error
    draft.queries[key] = files.GoldenQuery(
        id=key,
        photo=query.photo or None,
        bbox=box_in(draft.photos[key], query) if query.photo and query.bbox else None,
        text=query.text or None,
        type=query.get_type_display().lower(),
        category=query.category,
        same=same,
        similar=similar,
    )


def query_id(query: Query) -> str:
    return f"{query.batch.name}/{query.name}"


def box_in(photo: bytes, query: Query) -> tuple[float, ...]:
    """The kept photo may be smaller than the original whose pixels the box counts."""
    with Image.open(io.BytesIO(photo)) as kept:
        fx, fy = kept.width / query.width, kept.height / query.height
    x1, y1, x2, y2 = query.bbox
    return x1 * fx, y1 * fy, x2 * fx, y2 * fy


def publish(name: str, draft: Draft, actor: str, note: str, projects: Iterable[Project] = ()) -> GoldenSet:
    """Folder first, row second: a folder without a row is found by `manage.py golden list`, and does no harm."""
    try:
        written = files.write_golden(
            Path(settings.SIGHTLINE_GOLDEN_DIR), name, draft.queries.values(), draft.photos,
            {"made_at": timezone.now().isoformat(timespec="microseconds"), "made_by": actor, "note": note},
        )  # fmt: skip
    except files.BadGoldenSet as error:
        raise BadGolden(str(error)) from error
    return register(written, actor, note, projects, draft.verdicts)


@transaction.atomic
def register(
    written: files.GoldenSet, actor: str, note: str, projects: Iterable[Project] = (), verdicts: Iterable[UUID] = ()
) -> GoldenSet:
    row, new = GoldenSet.objects.get_or_create(
        name=written.name,
        sha256=written.sha256,
        defaults={
            "queries": len(written.queries),
            "judgments": written.judgments,
            "note": note[:300],
            "made_by": actor,
        },
    )
    row.projects.add(*projects)
    links = [GoldenVerdict(golden=row, verdict_id=verdict) for verdict in verdicts]
    GoldenVerdict.objects.bulk_create(links, ignore_conflicts=True)
    return row
