"""The pages of golden sets and of hard negatives: for leads alone, and none of them grows with what is in it."""

import io

import pytest
from django.urls import reverse
from PIL import Image
from procrastinate.contrib.django.models import ProcrastinateJob

from labeling.export.dataset import make_dataset
from labeling.export.from_verdicts import pairs_from_verdicts
from labeling.export.golden import from_projects
from labeling.export.watch import measure
from labeling.models import Assignment, GoldenSet
from labeling.templatetags.sets import in_sets, of
from search.models import ServingEvent
from tests import verdicts
from tests.people import person
from tests.search_catalog import make_catalog
from tests.shop import DEMO

pytestmark = pytest.mark.django_db
BOXES = ("", "1.2.3,0,9,9", "nan,0,1,1", "1e999,0,1,1", "9,9,1,1", "-1e9,-1e9,1e9,1e9")
ROOM, OTHER_ROOM = DEMO / "photos/train-0001.jpg", DEMO / "photos/train-0002.jpg"


@pytest.fixture
def lead(client):
    client.force_login(person("lead"))
    return client


@pytest.fixture
def catalog(tmp_path, settings):
    settings.SIGHTLINE_GOLDEN_DIR, settings.SIGHTLINE_DATASETS_DIR = tmp_path / "golden", tmp_path / "datasets"
    return make_catalog(6)


@pytest.fixture
def golden(catalog) -> GoldenSet:
    made = verdicts.project("grade", "Rooms")
    query = verdicts.photo_query(made.batch, "1", OTHER_ROOM.read_bytes(), category="Chair")
    verdicts.say(verdicts.task(made, query, catalog.products[1]), "5")
    row = from_projects("rooms", [made], "ann")
    measure(row, "ann")
    return row


@pytest.fixture
def dataset(catalog):
    pairs = verdicts.project("same_product", "Pairs")
    room = verdicts.photo_query(pairs.batch, "1", ROOM.read_bytes(), bbox=[40, 40, 300, 300], known={"SKU-1": 5})
    verdicts.say(verdicts.task(pairs, room, catalog.products[2]), "different")
    return make_dataset("hard", pairs_from_verdicts(), "ann")


def page_of(golden: GoldenSet) -> str:
    return reverse("golden_set", args=[golden.name, golden.sha256[:12]])


def test_empty_pages_say_what_to_do(lead, catalog):
    assert b"manage.py golden make" in lead.get(reverse("golden_sets")).content
    assert b"manage.py negatives make" in lead.get(reverse("datasets")).content


def test_one_set_with_its_figures_and_trend(lead, golden, django_assert_max_num_queries):
    with django_assert_max_num_queries(8):
        said = lead.get(reverse("golden_sets")).content.decode()
    assert "rooms" in said and golden.sha256[:12] in said and "<path d=" in said
    with django_assert_max_num_queries(14):
        said = lead.get(page_of(golden)).content.decode()
    assert "nDCG@10" in said and "Judged@10" in said and "Chair" in said and "It holds" in said
    answer = lead.get(reverse("golden_qrels", args=["rooms", golden.sha256[:12], "visually_similar"]))
    assert answer.content.decode() == "Rooms/1 0 SKU-1 5\n"
    assert lead.get(reverse("golden_qrels", args=["rooms", golden.sha256[:12], "none"])).status_code == 404
    assert lead.get(reverse("golden_set", args=["rooms", "0000"])).status_code == 404


def test_a_fall_is_said(lead, golden):
    event = ServingEvent.objects.get(verb="golden")
    better = event.detail | {"scores": {name: value + 0.2 for name, value in event.detail["scores"].items()}}
    ServingEvent.objects.filter(pk=event.pk).update(detail=better)
    measure(golden, "ann")
    assert b"fell from" in lead.get(reverse("golden_sets")).content
    assert b"It fell" in lead.get(page_of(golden)).content


def test_a_changed_folder_is_said(lead, golden, settings):
    path = settings.SIGHTLINE_GOLDEN_DIR / str(golden) / "queries.jsonl"
    path.chmod(0o644)
    path.write_text("{}\n")
    assert b"was changed" in lead.get(page_of(golden)).content


def test_measuring_is_the_workers_job(lead, golden):
    where = reverse("golden_measure", args=["rooms", golden.sha256[:12]])
    for _ in range(2):
        assert lead.post(where, follow=True).status_code == 200
    assert ProcrastinateJob.objects.filter(task_name="labeling.score_golden_set").count() == 1


def test_a_data_set_shows_what_was_taken_for_what(lead, dataset, django_assert_max_num_queries):
    assert b"hard v1" in lead.get(reverse("datasets")).content
    with django_assert_max_num_queries(6):
        said = lead.get(reverse("dataset", args=["hard", 1])).content.decode()
    assert "1 verdict" in said and "Judged different" in said
    pictures = [part.split('"')[0].replace("&amp;", "&") for part in said.split('<img src="')[1:]]
    assert len(pictures) == 3
    for picture in pictures:
        answer = lead.get(picture)
        assert (answer.status_code, answer["Content-Type"]) == (200, "image/jpeg")
    cut = {Image.open(io.BytesIO(lead.get(f"{pictures[0].split('?')[0]}?bbox={box}").content)).size for box in BOXES}
    assert cut == {(180, 240)}  # all of it
    for path in ("images/../feed.csv", "feed.csv", "images/" + "0" * 64 + ".jpg"):
        assert lead.get(f"/label/datasets/hard/v1/{path}").status_code == 404


def test_a_verdict_knows_where_it_went(dataset, golden, django_assert_num_queries):
    ids = list(dataset.lineage.values_list("verdict", flat=True))
    with django_assert_num_queries(2):
        found = in_sets(ids)
    assert of(found, ids[0]) == ["hard@v1"]
    assert of(found, golden.verdicts.get().verdict_id) == []


def test_raters_see_where_their_own_verdicts_went(client, dataset, golden, django_assert_max_num_queries):
    client.force_login(dataset.lineage.first().verdict.assignment.rater)
    assert client.get(reverse("label_my_verdicts")).status_code == 403  # no rater
    rater = person("rater")
    client.force_login(rater)
    assert b"not judged anything" in client.get(reverse("label_my_verdicts")).content
    Assignment.objects.update(rater=rater)
    with django_assert_max_num_queries(9):
        said = client.get(reverse("label_my_verdicts")).content.decode()
    assert "teaches in hard@v1" in said and f"measures in rooms@{golden.sha256[:12]}" in said


def test_leads_alone(client, golden, dataset):
    pages = [
        reverse("golden_sets"), page_of(golden), reverse("datasets"), reverse("dataset", args=["hard", 1]),
        reverse("golden_qrels", args=["rooms", golden.sha256[:12], "visually_similar"]),
    ]  # fmt: skip
    for page in pages:
        assert client.get(page).status_code == 302
    client.force_login(person("rater"))
    for page in pages:
        assert client.get(page).status_code == 403
    assert client.post(reverse("golden_measure", args=["rooms", golden.sha256[:12]])).status_code == 403
