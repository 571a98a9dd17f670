"""Pictures alone, words alone, or both in one vector of the catalog: the table that decides which is served."""

import json

import numpy as np
import pytest

from ml.bundle import default_bundle_folder, load_bundle
from ml.train.modes import Catalog, compare, variants
from ml.train.photos import read_feed, read_jsonl


@pytest.fixture
def folder(world, tmp_path):
    """The tiny world with queries: what its rooms show, and one in words."""
    for name in ("images", "photos", "feed.csv"):
        (tmp_path / name).symlink_to(world / name)
    lines = [
        {"photo": room["photo"], "product_id": room["objects"][0]["product_id"], "bbox": room["objects"][0]["bbox"]}
        for room in read_jsonl(world / "rooms.jsonl")
    ]
    lines.append({"text": "green lamp", "product_ids": ["T-3"]})
    (tmp_path / "queries.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return tmp_path


def test_each_kind_of_query_has_a_column(folder):
    lines = compare(load_bundle(default_bundle_folder(), threads=1), folder, (0.0, 0.2)).splitlines()
    assert lines[0] == "| words' share | photo (8) | words (1) | photo and words (8) |"
    assert [line.split(" | ")[0] for line in lines[2:]] == ["| 0.0", "| 0.2"]


def test_another_variant_is_the_same_thing_in_another_colour(folder):
    feed, queries = read_feed(folder / "feed.csv"), read_jsonl(folder / "queries.jsonl")
    shown = {row["id"]: row for row in feed}
    for number, colour, right in variants(feed, queries[:-1]):
        seen = shown[queries[number]["product_id"]]
        assert colour != seen["color"]
        assert {shown[each]["item_group_id"] for each in right} == {seen["item_group_id"]}


def test_words_pull_a_catalog_vector():
    eye = np.eye(3, dtype=np.float32)
    catalog = Catalog(["a", "b"], eye[[0, 1]], eye[[2, 0]])
    asked = np.array([[0.8, 0.7, 0.0]], np.float32)
    assert list(catalog.rank(asked, 0.0)) == [["a", "b"]]
    assert list(catalog.rank(asked, 1.0)) == [["b", "a"]]
