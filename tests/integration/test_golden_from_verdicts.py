"""Golden sets from what raters said, and from files, and what nobody has judged is asked for."""

import json

import pytest
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command

from labeling.adjudicate import settle
from labeling.errors import BadGolden
from labeling.export import golden_files
from labeling.export.from_verdicts import pairs_from_verdicts
from labeling.export.golden import from_projects
from labeling.export.lineage import golden_sets_of
from labeling.export.trend import falls, points
from labeling.export.watch import measure, measure_all
from labeling.models import Adjudication, GoldenSet, Rater
from ml.evaluate.golden import find_golden, read_golden
from search.models import ServingEvent
from tests import verdicts
from tests.people import person
from tests.search_catalog import make_catalog

pytestmark = pytest.mark.django_db


@pytest.fixture
def home(tmp_path, settings):
    settings.SIGHTLINE_GOLDEN_DIR = tmp_path / "golden"
    return tmp_path / "golden"


@pytest.fixture
def catalog():
    return make_catalog(8)


@pytest.fixture
def graded(catalog, home):
    """A project in which two queries were graded."""
    made = verdicts.project("grade", "Rooms")
    photo = verdicts.photo_query(made.batch, "1", catalog.picture_of(1), bbox=[10, 10, 100, 90], category="Chair")
    words = verdicts.text_query(made.batch, "2", "green chair")
    verdicts.say(verdicts.task(made, photo, catalog.products[1]), "5", "4", "5")
    verdicts.say(verdicts.task(made, photo, catalog.products[3]), "2", "3")
    verdicts.say(verdicts.task(made, words, catalog.products[3]), "4", "skip", "4")
    return made


def read(home, row: GoldenSet):
    return read_golden(home / str(row))


def test_grades_are_medians_of_what_counts(graded, home):
    made = read(home, from_projects("rooms", [graded], "ann"))
    first, second = made.queries
    assert (first.id, dict(first.similar), first.category, first.bbox) == (
        "Rooms/1", {"SKU-1": 5, "SKU-3": 2}, "Chair", (10, 10, 100, 90)
    )  # fmt: skip
    assert (second.text, dict(second.similar), dict(second.same)) == ("green chair", {"SKU-3": 4}, {})


def test_what_is_set_aside_or_overruled_does_not_count(graded, home, django_user_model):
    task = graded.tasks.get(query__name="1", sku_a="SKU-3")
    Adjudication.objects.create(task=task, choice="0", by=person("lead"))
    Rater.objects.create(user=django_user_model.objects.get(username="rater-1"), set_aside=True)
    Rater.objects.create(user=django_user_model.objects.get(username="rater-2"), set_aside=True)
    made = read(home, from_projects("rooms", [graded], "ann"))
    assert dict(made.queries[0].similar) == {"SKU-1": 5, "SKU-3": 0}


def test_pairs_fill_the_other_pool(graded, catalog, home):
    pairs = verdicts.project("same_product", "Pairs", graded.batch)
    query = graded.batch.queries.get(name="1")
    verdicts.say(verdicts.task(pairs, query, catalog.products[1]), "same_sku", "same_sku", "variant")
    verdicts.say(verdicts.task(pairs, query, catalog.products[2]), "different", "variant", "different")
    verdicts.say(verdicts.task(pairs, query, catalog.products[4]), "different", "same_sku")  # a draw
    verdicts.say(verdicts.task(pairs, query, catalog.products[5]), "cannot_tell", "cannot_tell")
    row = from_projects("rooms", [graded, pairs], "ann")
    made = read(home, row)
    assert dict(made.queries[0].same) == {"SKU-1": 1, "SKU-2": 0}
    assert row.projects.count() == 2
    said = pairs.tasks.get(sku_b="SKU-1").assignments.first().current_id
    assert golden_sets_of([said]) == {said: [f"rooms@{row.sha256[:12]}"]}


def test_what_raters_do_not_agree_on_waits_for_a_lead(graded, catalog, home):
    pairs = verdicts.project("same_product", "Pairs", graded.batch, k=4)
    query = graded.batch.queries.get(name="1")
    split = verdicts.task(pairs, query, catalog.products[1])
    verdicts.say(split, "same_sku", "same_sku", "variant", "different")  # most often said, and by half of them alone
    apart = verdicts.task(graded, query, catalog.products[6])
    verdicts.say(apart, "0", "5")
    made = read(home, from_projects("rooms", [graded, pairs], "ann"))
    assert "SKU-6" not in made.queries[0].similar and not made.queries[0].same
    assert pairs_from_verdicts([graded, pairs]) == []
    lead = person("lead")
    settle(split.pk, "same_sku", lead), settle(apart.pk, "5", lead)
    made = read(home, from_projects("rooms", [graded, pairs], "ann"))
    assert made.queries[0].similar["SKU-6"] == 5 and dict(made.queries[0].same) == {"SKU-1": 1}


def test_what_a_lead_decided_holds_where_nobody_else_counts(graded, home, django_user_model):
    settle(graded.tasks.get(query__name="1", sku_a="SKU-3").pk, "1", person("lead"))
    for user in django_user_model.objects.filter(username__startswith="rater-"):
        Rater.objects.create(user=user, set_aside=True)
    row = from_projects("rooms", [graded], "ann")
    (query,) = read(home, row).queries
    assert dict(query.similar) == {"SKU-3": 1} and not row.verdicts.exists()


def test_another_verdict_is_another_version(graded, catalog, home):
    row = from_projects("rooms", [graded], "ann")
    assert from_projects("rooms", [graded], "ben") == row
    verdicts.say(verdicts.task(graded, graded.batch.queries.get(name="2"), catalog.products[5]), "3")
    newer = from_projects("rooms", [graded], "ann")
    assert newer.sha256 != row.sha256
    assert find_golden(home, "rooms").sha256 == newer.sha256
    assert read(home, row).judgments == row.judgments == newer.judgments - 1


def test_nothing_judged_makes_no_set(catalog, home):
    with pytest.raises(BadGolden, match="no query"):
        from_projects("rooms", [verdicts.project("grade", "Empty")], "ann")
    assert not GoldenSet.objects.exists()


def test_what_nobody_judged_is_asked_for(graded, home):
    row = from_projects("rooms", [graded], "ann")
    graded.pool_depth = 3
    graded.save()
    before = graded.tasks.count()
    measured = measure(row, "ann")
    assert measured.asked == graded.tasks.count() - before > 0
    depth = {task.sku_a for task in graded.tasks.filter(query__name="2")}
    assert len(depth) <= 4  # what was graded, and of the first three what was not
    assert measure(row, "ann").asked == 0
    graded.pool_depth = 0
    graded.save()
    assert measure(row, "ann").asked == 0


def test_the_schedule_keeps_a_trend_and_warns_of_a_fall(graded, home, caplog):
    row = from_projects("rooms", [graded], "ann")
    found = measure_all("worker")
    assert set(found) == {str(row)}
    (first,) = points(str(row))
    assert falls([first]) == []
    ServingEvent.objects.filter(verb="golden").update(
        detail=ServingEvent.objects.get(verb="golden").detail
        | {"scores": {name: value + 0.1 for name, value in first.figures.items()}}
    )
    fell = measure_all("worker")[str(row)].fell
    assert len(fell) == len(first.figures)
    assert "fell from" in fell[0] and fell[0] in caplog.text


def test_the_demo_in_and_out_again(catalog, home, tmp_path, capsys):
    call_command("golden", "import", "demo-rooms", "demo", "--every", "60", "--json")
    said = json.loads(capsys.readouterr().out)
    made = find_golden(home, "demo-rooms")
    assert (said["set"], said["queries"], said["judgments"]) == (made.ref, len(made.queries), made.judgments)
    assert all(query.same for query in made.queries) and {query.type for query in made.queries} >= {"photo", "text"}

    call_command("golden", "export", "demo-rooms", str(tmp_path / "out"))
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "golden.json", "queries.jsonl", "photos", "same_product.qrels", "judgments.jsonl",
    }  # fmt: skip
    lines = [json.loads(line) for line in (tmp_path / "out" / "judgments.jsonl").read_text().splitlines()]
    assert len(lines) == made.judgments

    call_command(
        "golden", "import-trec", "again", str(tmp_path / "out" / "queries.jsonl"),
        "--same", str(tmp_path / "out" / "same_product.qrels"),
    )  # fmt: skip
    assert find_golden(home, "again").sha256 == made.sha256  # the same content, whatever way it came

    GoldenSet.objects.all().delete()
    django_settings.SIGHTLINE_GOLDEN_DIR = tmp_path / "elsewhere"
    call_command("golden", "import", "x", str(tmp_path / "out"))
    assert GoldenSet.objects.get(name="demo-rooms").sha256 == made.sha256
    call_command("golden", "list")
    assert "demo-rooms" in capsys.readouterr().out


def test_files_that_are_wrong_are_refused_whole(home, tmp_path):
    (tmp_path / "feed.csv").touch()
    (tmp_path / "queries.jsonl").write_text('{"photo": "x.jpg", "product_id": "1"}\n{}\n')
    with pytest.raises(BadGolden, match="line 2"):
        golden_files.from_folder("x", tmp_path, "ann")
    (tmp_path / "queries.jsonl").write_text('{"photo": "../x.jpg", "product_id": "1"}\n')
    with pytest.raises(BadGolden, match="outside"):
        golden_files.from_folder("x", tmp_path, "ann")
    (tmp_path / "qrels").write_text("q 0 SKU-1 1\n")
    with pytest.raises(CommandError, match="name queries"):
        (tmp_path / "q.jsonl").write_text('{"id": "other", "text": "chair"}\n')
        call_command("golden", "import-trec", "x", str(tmp_path / "q.jsonl"), "--same", str(tmp_path / "qrels"))
    with pytest.raises(CommandError):
        call_command("golden", "make", "x", "--project", "None")
    assert not GoldenSet.objects.exists()
