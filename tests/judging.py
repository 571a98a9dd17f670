"""Projects to judge, made row by row: no search is needed to test who judges what."""

import io
import zipfile

from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile

from labeling.models import Guideline, Project, Query, QueryBatch, ResultList, System, Task
from labeling.types import Item


def item(number: int, **more) -> Item:
    return Item(number, f"SKU-{number}", f"Thing {number}", category="Chairs", price="12.00", currency="EUR", **more)


def project(kind: str = "side_by_side", *, tasks: int = 4, k: int = 2, gold: int = 0, **more) -> Project:
    """Open, with tasks of a query each; to grade, two results of each query. No gold or repeats come in between."""
    guideline, _ = Guideline.objects.get_or_create(name="How to judge", defaults={"text": "Look closely."})
    settings = {"gold_share": 0, "repeat_share": 0, "state": Project.State.OPEN} | more
    number = Project.objects.count() + 1
    systems = [System.objects.create(name=f"system-{side}-{number}") for side in "ab"]
    batch = QueryBatch.objects.create(name=f"Set {number}")
    made = Project.objects.create(
        name=f"Project {number}",
        kind=kind,
        k=k,
        guideline=guideline,
        batch=batch,
        system_a=systems[0],
        system_b=systems[1],
        **settings,
    )
    for place in range(tasks + gold):
        add_tasks(made, place, gold=place >= tasks)
    return made


def add_tasks(made: Project, place: int, gold: bool) -> None:
    query = Query.objects.create(
        batch=made.batch, name=f"{place}", type="text", text=f"chair number {place}", sha256=f"{place:064}"
    )
    common = {"project": made, "query": query, "needed": made.k}
    if made.kind == "side_by_side":
        lists = [
            ResultList.objects.create(system=system, query=query, items=[item(10 * side + n).as_json() for n in (1, 2)])
            for side, system in enumerate((made.system_a, made.system_b))
        ]
        Task.objects.create(**common, list_a=lists[0], list_b=lists[1], gold=["a"] if gold else None)
        return
    for number in (1, 2):
        shown = item(10 * place + number)
        side = "a" if made.kind == "grade" else "b"
        Task.objects.create(
            **common, **{f"item_{side}": shown.as_json(), f"sku_{side}": shown.sku}, gold=["5"] if gold else None
        )


def raters(number: int) -> list[User]:
    return [User.objects.create_user(f"rater-{place}") for place in range(number)]


def upload(name: str, data: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data)


def zip_of(files: dict[str, bytes]) -> SimpleUploadedFile:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return SimpleUploadedFile("queries.zip", out.getvalue(), "application/zip")
