"""Verdicts in rows: who said what is all that golden sets and data sets ask for."""

import uuid
from datetime import timedelta

from django.contrib.auth.models import User
from django.utils import timezone

from catalog.models import Product
from labeling.judge import Said, judge
from labeling.models import Assignment, Guideline, Project, Query, QueryBatch, ResultList, System, Task, Verdict
from labeling.pictures import keep_photo
from labeling.types import Item


def shown(product: Product) -> Item:
    return Item(product.pk, product.sku, product.title, category=product.category.path if product.category else "")


def project(kind: str, name: str, batch: QueryBatch | None = None, k: int = 3) -> Project:
    guideline, _ = Guideline.objects.get_or_create(name="How to judge", defaults={"text": "Look closely."})
    systems = [System.objects.get_or_create(name=f"{name} {side}")[0] for side in "ab"]
    batch = batch or QueryBatch.objects.create(name=name)
    return Project.objects.create(
        name=name, kind=kind, k=k, guideline=guideline, batch=batch, system_a=systems[0], system_b=systems[1],
        state=Project.State.OPEN, gold_share=0, repeat_share=0,
    )  # fmt: skip


def photo_query(batch: QueryBatch, name: str, data: bytes, **more) -> Query:
    kept = keep_photo(data)
    return Query.objects.create(
        batch=batch, name=name, type="photo", photo=kept.name, width=kept.width, height=kept.height,
        sha256=kept.sha256, phash=kept.phash, **more,
    )  # fmt: skip


def text_query(batch: QueryBatch, name: str, text: str) -> Query:
    return Query.objects.create(batch=batch, name=name, type="text", text=text, sha256=uuid.uuid4().hex)


def task(made: Project, query: Query, product: Product) -> Task:
    side = "a" if made.kind == Project.Kind.GRADE else "b"
    item = shown(product).as_json()
    fields = {f"item_{side}": item, f"sku_{side}": product.sku, f"product_{side}": product}
    return Task.objects.create(project=made, query=query, needed=made.k, **fields)


def sides(made: Project, query: Query, a: Product, b: Product) -> Task:
    lists = [
        ResultList.objects.create(system=system, query=query, items=[shown(product).as_json()])
        for system, product in ((made.system_a, a), (made.system_b, b))
    ]
    return Task.objects.create(project=made, query=query, needed=made.k, list_a=lists[0], list_b=lists[1])


def say(asked: Task, *values: str, reasons: tuple[str, ...] = ()) -> list[Verdict]:
    """Rater 0 says the first value, rater 1 the second, and so on."""
    made = []
    for number, value in enumerate(values):
        rater, _ = User.objects.get_or_create(username=f"rater-{number}")
        until = timezone.now() + timedelta(hours=1)
        assignment = Assignment.objects.create(task=asked, rater=rater, leased_until=until)
        made.append(judge(rater.pk, Said(uuid.uuid4(), assignment.pk, value, reasons=reasons)))
    return made
