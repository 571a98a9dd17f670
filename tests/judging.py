"""Projects to judge, made row by row: no search is needed to test who judges what."""

import io
import random
import zipfile

from django.conf import settings
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile

from catalog.models import Product
from labeling.guidelines import default_guideline
from labeling.lists import items_of
from labeling.make_tasks import result_task
from labeling.models import Guideline, Project, Query, QueryBatch, ResultList, System, Task
from labeling.pictures import KeptPhoto, keep_photo
from labeling.types import Item
from webapp import roles


def item(number: int, **more) -> Item:
    return Item(number, f"SKU-{number}", f"Thing {number}", category="Chairs", price="12.00", currency="EUR", **more)


def project(kind: str = "side_by_side", *, tasks: int = 4, k: int = 2, gold: int = 0, **more) -> Project:
    """Open, with tasks of a query each; to grade, two results of each query. No gold or repeats come in between."""
    guideline, _ = Guideline.objects.get_or_create(name="How to judge", defaults={"text": "Look closely."})
    fields = {"gold_share": 0, "repeat_share": 0, "state": Project.State.OPEN, "guideline": guideline} | more
    number = Project.objects.count() + 1
    systems = [System.objects.create(name=f"system-{side}-{number}") for side in "ab"]
    batch = QueryBatch.objects.create(name=f"Set {number}")
    made = Project.objects.create(
        name=f"Project {number}",
        kind=kind,
        k=k,
        batch=batch,
        system_a=systems[0],
        system_b=systems[1],
        **fields,
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


def ask_with_photo(made: Project) -> None:
    """Its queries show a frame in a photo, where they had words."""
    photo = keep_photo(next((settings.BASE_DIR / "demo" / "photos").glob("golden-*.jpg")).read_bytes())
    bbox = [0.3 * photo.width, 0.3 * photo.height, 0.7 * photo.width, 0.8 * photo.height]
    fields = {"type": "photo", "text": "", "photo": photo.name, "width": photo.width, "height": photo.height}
    made.batch.queries.update(**fields, bbox=bbox)


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


def demo_projects() -> None:
    """In a shop with part of the demo catalog: a project of each kind over its own pictures, and who judges them."""
    for name, role in (("ann", "rater"), ("bob", "rater"), ("lead", "lead")):
        user = User.objects.create_user(name, password="secret")
        roles.give(user, [role])
    chance = random.Random(6)
    shown = items_of(Product.objects.order_by("pk").values_list("pk", flat=True))
    photos = sorted((settings.BASE_DIR / "demo" / "photos").glob("golden-*.jpg"))[:8]
    kept = [keep_photo(path.read_bytes()) for path in photos]
    for kind, tasks in (("side_by_side", 40), ("grade", 4), ("same_product", 6)):
        made = project(
            kind, tasks=0, results_shown=6 if kind == "side_by_side" else 3, guideline=default_guideline(kind)
        )
        for place in range(tasks):
            add_photo_task(made, place, kept[place % len(kept)], chance.sample(shown, 12))


def add_photo_task(made: Project, place: int, photo: KeptPhoto, items: list[Item]) -> None:
    query = Query.objects.create(
        batch=made.batch, name=f"{place}", type="photo", photo=photo.name, width=photo.width, height=photo.height,
        sha256=photo.sha256, bbox=[0.3 * photo.width, 0.3 * photo.height, 0.7 * photo.width, 0.8 * photo.height],
    )  # fmt: skip
    if made.kind == "side_by_side":
        halves = ((made.system_a, items[:6]), (made.system_b, items[6:]))
        lists = [
            ResultList.objects.create(system=system, query=query, items=[each.as_json() for each in half])
            for system, half in halves
        ]
        Task.objects.create(project=made, query=query, needed=made.k, list_a=lists[0], list_b=lists[1])
        return
    for each in items[: 3 if made.kind == "grade" else 1]:
        task = result_task(made, query, each)
        task.save()
