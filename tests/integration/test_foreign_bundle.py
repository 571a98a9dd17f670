"""From a model that was trained elsewhere to live, by the documented commands."""

import io
import json
import sys

import pytest
from django.core.management import call_command

pytest.importorskip("open_clip")

from ml.train.__main__ import main as train
from search.build.embed import fill_bundle
from search.models import Bundle
from search.pipeline import find_objects, find_products
from search.types import Query
from tests.foreign import TIMM, save_open_clip, save_timm
from tests.search_catalog import make_catalog

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore::Warning:torch", "ignore::Warning:open_clip", "ignore::Warning:timm"),
]


@pytest.fixture
def export(tmp_path, monkeypatch):
    """python -m ml.train export ...; the folder of the bundle."""

    def run(*arguments: str):
        given = ["export", *arguments, "--licence", "MIT", "--name", "foreign", "--bundles", str(tmp_path)]
        monkeypatch.setattr(sys, "argv", ["ml.train", *given])
        train()
        return tmp_path / "foreign-1.0.0"

    return run


@pytest.fixture
def go_live(settings, tmp_path):
    """manage.py bundle register, shadow and promote, with what the worker does between them."""

    def run(folder) -> Bundle:
        settings.SIGHTLINE_BUNDLES_DIR = tmp_path / "registered"
        bundle_id = manage("register", str(folder))["bundle"]
        assert "no vector" in str(next(each for each in manage("list") if each["bundle"] == bundle_id)["against"])
        while fill_bundle(bundle_id):
            pass
        assert manage("shadow", bundle_id, "--share", "0.5")["state"] == "shadow"
        assert manage("promote", bundle_id)["state"] == "live"
        return Bundle.objects.get(pk=bundle_id)

    return run


def manage(*arguments: str):
    out = io.StringIO()
    call_command("bundle", *arguments, "--json", "--actor", "tester", stdout=out)
    return json.loads(out.getvalue())


def search_by_picture(catalog, number: int):
    found = find_objects(catalog.picture_of(number))
    return find_products(Query(photo=found.photo, bbox=(0.0, 0.0, float(found.width), float(found.height)), limit=12))


def test_an_open_clip_model_goes_live(export, go_live, tmp_path):
    catalog = make_catalog()
    before = Bundle.objects.get(state="live")
    live = go_live(export("open_clip", save_open_clip(tmp_path / "tiny")))
    assert live.dim == 24 != before.dim
    assert manage("card", live.pk)["licence"].startswith("MIT (encoders)")
    answer = search_by_picture(catalog, 4)
    assert answer.results[0].sku == "SKU-4"
    assert answer.bundle == live.pk
    assert "text" in find_products(Query(text="red lamp", limit=3)).results[0].scores
    assert manage("rollback")["bundle"] == before.pk
    assert search_by_picture(catalog, 4).bundle == before.pk


def test_a_timm_tower_goes_live_and_leaves_words_to_the_catalog(export, go_live, tmp_path):
    catalog = make_catalog()
    live = go_live(export("timm", TIMM, str(save_timm(tmp_path / "small.pt"))))
    answer = search_by_picture(catalog, 4)  # weights drawn by lot find all of them alike
    assert answer.bundle == live.pk
    assert {card.sku: card.scores["image"] for card in answer.results}["SKU-4"] > 0.99
    answer = find_products(Query(text="red lamp", limit=2))
    assert set(answer.results[0].scores) == {"words"}
    assert {card.title.rsplit(" ", 2)[0] for card in answer.results} == {"Red lamp"}
