"""A lead's few clicks become tasks: queries read, both systems asked, gold questions planted."""

import json

import pytest
from django.core.files.storage import storages
from django.urls import reverse

from labeling import build
from labeling.errors import BadQuerySet
from labeling.make_tasks import add_grade_tasks
from labeling.models import Project, Query, ResultList, System, Task
from labeling.planted import PLANTED
from labeling.projects import build_again
from labeling.types import Item
from search.models import Bundle, QueryLog
from tests import judging
from tests.people import person
from tests.search_catalog import make_catalog

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead(client):
    user = person("lead")
    client.force_login(user)
    return user


@pytest.fixture
def catalog():
    return make_catalog(12)


def lines(*rows: dict) -> bytes:
    return "\n".join(json.dumps(row) for row in rows).encode()


def asked(**more) -> dict:
    bundle = f"{Bundle.objects.get().pk}|"
    return {
        "name": "Which is better?", "kind": "side_by_side", "queries": "upload", "sample": "", "k": 2, "guideline": "",
        "system_a": bundle, "mode_a": "similar", "weight_a": 60, "system_b": bundle, "mode_b": "same_product",
        "weight_b": 60, "results_shown": 8, "gold": 10, "repeats": 5, "lease": 15, "ship_win": 55, "ship_p": 0.05,
        "ship_margin": 5, **more,
    }  # fmt: skip


def upload(catalog):
    return judging.zip_of(
        {
            "set/queries.jsonl": lines(
                {"id": "q1", "photo": "photos/3.jpg", "bbox": [0, 0, 200, 180], "product_id": "SKU-3"},
                {"photo": "photos/4.jpg"},
                {"text": "green lamp", "grades": {"SKU-0": 4}},
                {"photo": "photos/5.jpg", "text": "blue", "category": "Chairs"},
                {"photo": "photos/broken.jpg"},
                {"photo": "photos/missing.jpg"},
                {"bbox": [1, 2, 3, 4]},
                {"id": "q1", "text": "the same name"},
                {"photo": "photos/3.jpg", "bbox": [5, 5, 1, 1]},
            ),
            "set/photos/3.jpg": catalog.picture_of(3),
            "set/photos/4.jpg": catalog.picture_of(4),
            "set/photos/5.jpg": catalog.picture_of(5),
            "set/photos/broken.jpg": b"no picture",
            "__MACOSX/set/photos/._3.jpg": b"what a Mac adds",
        }
    )


def test_from_a_zip_to_tasks(client, lead, catalog):
    response = client.post(reverse("label_new"), asked(file=upload(catalog)))
    project = Project.objects.get()
    assert response.url == reverse("label_project", args=[project.pk])
    assert client.get(response.url).status_code == 200  # while it is being built
    build.build(project.pk)
    project.refresh_from_db()
    assert project.state == "open"
    by_name = {query.name: query for query in Query.objects.all()}
    assert set(by_name) == {"q1", "2", "3", "4"}
    boxed = by_name["q1"]
    assert (boxed.type, boxed.bbox, boxed.width, boxed.known) == ("photo", [0, 0, 200, 180], 240, {"SKU-3": 5.0})
    assert (boxed.category, by_name["4"].category) == ("Furniture > Chair", "Chairs")
    assert (by_name["3"].type, by_name["4"].type) == ("text", "photo+text")
    problems = "\n".join(project.problems)
    for what in (
        "broken.jpg",
        "missing.jpg: there is no such file",
        "line 7",
        "second query is called q1",
        "is no box",
    ):
        assert what in problems
    assert ResultList.objects.get(query=boxed, system=project.system_a).items[0]["sku"] == "SKU-3"
    item = Item.from_json(ResultList.objects.get(query=boxed, system=project.system_b).items[0])
    assert (item.title, item.price, item.currency) == ("Green chair number 3", "40.00", "EUR")
    assert storages["private"].exists(item.picture)
    assert not QueryLog.objects.exists()  # nobody asked: it is no demand
    judged = project.tasks.filter(gold=None)
    assert judged.count() + project.progress["identical"] == 4 and {task.needed for task in judged} == {2}
    assert client.get(reverse("label_project", args=[project.pk])).content.decode().count("broken.jpg") == 1
    client.get(reverse("label_judge", args=[project.pk]))


def test_building_again_changes_nothing(lead, client, catalog):
    client.post(reverse("label_new"), asked(file=upload(catalog)))
    project = Project.objects.get()
    with pytest.raises(build.Stopped):  # the worker ends in the middle
        build.build(project.pk, iter([False] * 9 + [True]).__next__)
    assert Project.objects.get().state == "building" and Query.objects.exists()
    build.build(project.pk)
    tasks = Task.objects.count()
    Project.objects.update(state="building")
    build.build(project.pk)
    assert (Task.objects.count(), Query.objects.count(), Project.objects.get().state) == (tasks, 4, "open")


def test_gold_questions_are_of_quite_another_category(lead, client, catalog):
    rows = [{"id": f"q{number}", "photo": f"{number}.jpg"} for number in range(8)]
    photos = {f"{number}.jpg": catalog.picture_of(number) for number in range(8)}
    file = judging.zip_of({"queries.jsonl": lines(*rows), **photos})
    client.post(reverse("label_new"), asked(file=file, kind="grade", results_shown=1, gold=50))
    project = Project.objects.get()
    build.build(project.pk)
    golds = Task.objects.exclude(gold=None).select_related("query")
    assert golds.count() >= 3 and {tuple(task.gold) for task in golds} == {("0", "1")}
    for task in golds:
        own = ResultList.objects.get(query=task.query, system=project.system_a).items[0]["category"]
        assert task.item_a["category"] != own
    assert Task.objects.filter(gold=None).count() == 8 and project.system_b is None


def test_planted_lists_stand_against_the_first_system(catalog):
    project = judging.project(tasks=0, gold_share=0.5, results_shown=2)
    kinds = {"Lamp": [0, 2, 4, 6], "Chair": [1, 3, 5, 7]}
    for kind, numbers in kinds.items():
        for place in (0, 2):
            query = Query.objects.create(
                batch=project.batch, name=f"{kind}{place}", type="text", text=kind, sha256="0" * 64
            )
            for system, first in ((project.system_a, place), (project.system_b, 2 - place)):
                items = [judging.item(numbers[first + step]) for step in (0, 1)]
                rows = [item.as_json() | {"category": kind, "picture": "x.jpg"} for item in items]
                ResultList.objects.create(system=system, query=query, items=rows)
    Project.objects.update(state="building")
    build.build(project.pk)
    golds = Task.objects.exclude(gold=None)
    assert golds.count() >= 3
    for task in golds:
        assert task.list_b.system == System.objects.get(name=PLANTED) and task.gold == ["a"]
        assert {row["category"] for row in task.list_b.items}.isdisjoint({row["category"] for row in task.list_a.items})


def test_two_systems_that_always_agree_leave_nothing_to_judge(lead, client, catalog):
    file = judging.zip_of({"a.jpg": catalog.picture_of(1)})
    client.post(reverse("label_new"), asked(file=file, results_shown=1))
    project = Project.objects.get()
    with pytest.raises(BadQuerySet, match="nothing to judge"):
        build.build(project.pk)
    build.fail(project.pk, "There is nothing to judge.")
    assert "There is nothing to judge." in client.get(reverse("label_project", args=[project.pk])).content.decode()
    build_again(project.pk)
    assert Project.objects.get().state == "building"


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"file": judging.upload("x.zip", b"no zip")}, "no ZIP file"),
        ({"file": judging.zip_of({"readme.txt": b"hello"})}, "no photos and no queries.jsonl"),
        ({"file": judging.zip_of({"queries.jsonl": b"{nonsense"})}, "line 1"),
        ({}, "Choose the ZIP file."),
        ({"name": "", "queries": "demo"}, "This field is required."),
        ({"queries": "demo", "mode_b": "similar"}, "two different systems"),
        ({"queries": "demo", "k": 0}, "greater than or equal to 1"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_made(lead, client, catalog, more, said):
    response = client.post(reverse("label_new"), asked(**more))
    assert response.status_code == 422 and said in response.content.decode()
    assert not Project.objects.exists() and not System.objects.filter(kind="run").exists()


def test_the_demos_rooms_are_a_query_set(lead, client, catalog):
    client.post(reverse("label_new"), asked(queries="demo", sample=3, kind="grade", results_shown=4))
    project = Project.objects.get()
    build.build(project.pk)
    assert Query.objects.count() == 3 and all(query.bbox and query.phash for query in Query.objects.exclude(photo=""))
    assert Task.objects.filter(gold=None, item_b__isnull=True).count() == 12
    client.get(reverse("label_judge", args=[project.pk]))
    again = asked(name="Once more", queries=f"set:{project.batch_id}", sample=2, kind="grade", results_shown=4)
    client.post(reverse("label_new"), again)
    second = Project.objects.latest("pk")
    build.build(second.pk)
    assert second.batch == project.batch and second.tasks.filter(gold=None).count() == 8


def test_words_alone_are_no_product(lead, client, catalog):
    rows = [{"text": "green lamp"}, {"photo": "1.jpg"}]
    file = judging.zip_of({"queries.jsonl": lines(*rows), "1.jpg": catalog.picture_of(1)})
    client.post(reverse("label_new"), asked(file=file, kind="same_product", results_shown=2))
    project = Project.objects.get()
    build.build(project.pk)
    assert {task.query.type for task in Task.objects.filter(gold=None)} == {"photo"}
    assert "green lamp: words alone" in Project.objects.get().problems[0]


def test_more_results_can_be_asked_for(catalog):
    project = judging.project("grade", tasks=1)
    query = Query.objects.get()
    products = [product.pk for product in catalog.products[5:8]]
    pairs = [(query.pk, product) for product in products]
    assert add_grade_tasks(project, [*pairs, *pairs, (query.pk, 0)]) == 3
    assert add_grade_tasks(project, pairs) == 0
