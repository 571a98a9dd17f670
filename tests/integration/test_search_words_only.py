"""A bundle that reads no words: pictures as ever, and words by the catalog's words."""

import json
import shutil

import pytest

from ml.bundle import default_bundle_folder
from ml.manifest import MANIFEST, read_manifest
from search import explain, serving
from search.errors import BadQuery
from search.models import Bundle
from search.pipeline import find_objects, find_products
from search.types import Query
from tests.search_catalog import make_catalog

pytestmark = pytest.mark.django_db


@pytest.fixture
def catalog(tmp_path, monkeypatch):
    folder = shutil.copytree(default_bundle_folder(), tmp_path / "bundle", ignore=shutil.ignore_patterns("t*"))
    manifest, _ = read_manifest(folder)
    manifest["text"] = None
    for name in ("text.onnx", "tokenizer.json"):
        del manifest["files"][name]
    del manifest["canonical"]["text"]
    (folder / MANIFEST).write_text(json.dumps(manifest))
    monkeypatch.setenv("SIGHTLINE_BUNDLE", str(folder))
    made = make_catalog()
    assert Bundle.objects.get().pk == serving.folder_bundle_id(folder)
    return made


def skus(answer) -> list[str]:
    return [card.sku for card in answer.results]


def test_words_alone_are_answered_by_the_catalogs_words(catalog):
    assert skus(find_products(Query(text="sku-7")))[0] == "SKU-7"
    answer = find_products(Query(text="red lamp", limit=2))
    assert {card.title.rsplit(" ", 2)[0] for card in answer.results} == {"Red lamp"}
    assert not answer.partial
    assert set(answer.results[0].scores) == {"words"}
    assert skus(find_products(Query(text="helicopter"))) == []


def test_a_photo_is_refined_by_words(catalog):
    found = find_objects(catalog.picture_of(0))
    box = (0.0, 0.0, float(found.width), float(found.height))
    assert skus(find_products(Query(photo=found.photo, bbox=box, limit=3)))[0] == "SKU-0"
    answer = find_products(Query(photo=found.photo, bbox=box, text="sku-3", limit=3))
    assert answer.understanding["kind"] == "photo+text"
    assert set(answer.results[0].scores) == {"image", "words"}


def test_there_is_no_plan_to_explain_for_words(catalog):
    with pytest.raises(BadQuery, match="reads no words"):
        explain.explain(Query(text="red lamp"), k=10)
