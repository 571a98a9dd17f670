"""`manage.py index` and `manage.py bundle` as an operator meets them: what they print, and how they refuse."""

import io
import json

import pytest
from django.core.management import CommandError, call_command

from catalog.models import Category
from search import serving
from search.build.embed import fill_bundle
from search.build.job import folder_of
from search.build.register import create_index
from search.models import Bundle, Generation, ServingEvent
from tests.fake_bundles import make_bundle, make_item

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def blue(settings, tmp_path):
    settings.SIGHTLINE_BUNDLES_DIR, settings.SIGHTLINE_INDEX_DIR = tmp_path / "bundles", tmp_path / "index"
    serving.forget()
    blue = make_bundle("blue", 16, lambda number: number // 5)
    create_index(Bundle.objects.create(id=blue.id, dim=blue.dim, state="live"))
    for number in range(20):
        make_item(number)
    while fill_bundle(blue.id):
        pass
    yield blue
    serving.forget()


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue().strip()


def test_a_generation_from_build_to_rollback(blue):
    first = json.loads(run("index", "build", "--json"))
    assert (first["state"], first["rows"], first["ok"]) == ("ready", 20, True)
    assert run("index", "promote", first["generation"]) == f"{first['generation']} is live."
    said = run("index", "merge", "--promote", "--actor", "ann")
    assert "is live: 20 rows" in said.splitlines()[0]
    assert {line.split()[0] for line in said.splitlines()[2:]} >= {"files", "rows", "vectors", "recall@10"}
    assert run("index", "rollback") == f"{first['generation']} is live."
    assert list(ServingEvent.objects.filter(actor="ann").order_by("pk").values_list("verb", flat=True)) == [
        "build",
        "verify",
        "promote",
    ]


def test_promote_verifies_what_was_not_verified_yet(blue):
    report = json.loads(run("index", "build", "--json"))
    Generation.objects.update(recall={})
    assert run("index", "promote", report["generation"]).endswith("is live.")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("index", "promote", "20260101-000000-abcdef"), "There is no such generation"),
        (("index", "verify", "20260101-000000-abcdef"), "There is no such generation"),
        (("index", "rollback"), "There is nothing to go back to"),
        (("index", "build", "--bundle", "red"), "There is no such bundle"),
        (("index", "pin", "Sofas"), "There is no category Sofas"),
        (("index", "explain", "--product", "X"), "There is no product X"),
        (("index", "explain"), "Nothing to search for"),
        (("bundle", "promote", "red"), "There is no such bundle"),
        (("bundle", "rollback"), "There is no retired bundle"),
        (("bundle", "register", "/nowhere"), "cannot be read"),
    ],
)
def test_a_refusal_is_one_line_and_exit_code_one(blue, arguments, said):
    with pytest.raises(CommandError, match=said) as refused:
        run(*arguments)
    assert refused.value.returncode == 1
    assert "\n" not in str(refused.value)


def test_a_generation_that_fails_its_verification_is_an_error(blue):
    made = json.loads(run("index", "build", "--json"))["generation"]
    file = next(folder_of(made).rglob("image_ids*"))
    file.write_bytes(file.read_bytes()[:-8])
    with pytest.raises(CommandError, match=f"{made} is not promoted: "):
        run("index", "verify", made)
    assert Generation.objects.get().state == "failed"


def test_status_shows_generations_tiers_and_freshness(blue):
    assert "No generation yet: the hot tier answers alone." in run("index", "status")
    run("index", "build", "--promote", "--json")
    found = json.loads(run("index", "status", "--json"))
    assert [(line["state"], line["rows"]) for line in found["generations"]] == [("live", 20)]
    tiers = {line["name"]: line for line in found["tiers"]}
    assert tiers["Cold"]["rows"] == tiers["Hot"]["rows"] == 20  # nothing has settled yet
    assert tiers["Cold"]["bytes_disk_a_row"] > 0 and tiers["Hot"]["bytes_ram"] > 0
    assert found["freshness"]["waiting"] == 0
    said = run("index", "status")
    assert "recall@10" in said and "a year" in said and "rows newer than the live generation" in said


def test_explain_tells_the_plan_of_each_tier(blue):
    run("index", "build", "--promote", "--json")
    serving.forget()
    found = json.loads(run("index", "explain", "--text", "item 7", "--k", "5", "--in-stock", "--json"))
    assert set(found["tiers"][0]) >= {"cold", "hot"}
    said = run("index", "explain", "--product", "I-7", "--k", "5")
    assert "shards" in said and "plan" in said and "I-7" in said


def test_pins(blue):
    Category.objects.create(name="Chair", path="Furniture > Chair", slug="chair")
    assert run("index", "pin", "chair") == "Furniture > Chair is kept in the hot tier."
    assert run("index", "unpin", "Chair") == "Furniture > Chair is no longer kept in the hot tier."
    with pytest.raises(CommandError, match="is not pinned"):
        run("index", "unpin", "chair")


def test_bundles_side_by_side(blue):
    green = make_bundle("green", 24)
    Bundle.objects.create(id=green.id, dim=green.dim, state="building")
    lines = {line["bundle"]: line for line in json.loads(run("bundle", "list", "--json"))}
    assert (lines[green.id]["missing"], lines[green.id]["against"]) == (20, "20 pictures have no vector of it yet")
    while fill_bundle(green.id):
        pass
    assert run("bundle", "shadow", green.id, "--share", "0.1").endswith("is shadow. It answers 10.00% of the visitors.")
    assert run("bundle", "promote", green.id).startswith(f"{green.id} is live.")
    assert run("bundle", "rollback") == f"{blue.id} is live."
    with pytest.raises(CommandError, match="kept for a rollback"):
        run("bundle", "retire", green.id)
    assert run("bundle", "retire", green.id, "--reason", "worse").startswith(f"{green.id} is removing.")
    assert green.id in run("bundle", "list")
