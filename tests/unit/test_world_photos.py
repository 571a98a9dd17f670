"""Phone effects keep boxes where they are; the packed feed and queries say what the plan says."""

import json

import numpy as np
import pytest
from PIL import Image

from ml.train.items import room_crops
from ml.world import pack, phone, queries
from ml.world.catalog import plan_catalog


@pytest.fixture(scope="module")
def skus():
    return plan_catalog(7)


def marked_picture():
    picture = np.full((60, 80, 3), 0.4)
    picture[10:20, 50:70] = (0.9, 0.1, 0.1)
    return picture


def red_box(pixels):
    ys, xs = np.nonzero(pixels[..., 0] > 1.6 * pixels[..., 1] + 20)
    return xs.min(), ys.min(), xs.max() + 1, ys.max() + 1


def test_boxes_are_those_of_the_upright_picture_whatever_the_orientation(tmp_path):
    turned = set()
    for seed in range(60):
        path = tmp_path / f"{seed}.jpg"
        phone.save(marked_picture(), path, seed)
        with Image.open(path) as stored:
            turned.add(stored.getexif()[phone.ORIENTATION_TAG])
        upright = np.asarray(pack.upright(path)).astype(int)
        assert upright.shape == (60, 80, 3)
        assert red_box(upright) == pytest.approx((50, 10, 70, 20), abs=2)
    assert turned == {1, 3, 6, 8}


def test_development_keeps_size_and_range_and_is_the_same_for_a_seed():
    for mood in ("day", "dim"):
        photo = phone.develop(marked_picture(), 3, mood)
        assert photo.shape == (60, 80, 3) and photo.min() >= 0 and photo.max() <= 1
        assert np.array_equal(photo, phone.develop(marked_picture(), 3, mood))


def test_text_queries_know_every_right_answer(skus):
    by_id = {sku.id: sku for sku in skus}
    records = queries.text_queries(skus)
    assert 100 <= len(records) <= queries.COUNT
    for record in records:
        answers = [by_id[i] for i in record["product_ids"]]
        assert 1 <= len(answers) <= queries.MAX_ANSWERS
        assert any(sku.split == "golden" for sku in answers)
        assert all(sku.category in record["text"] and sku.colour in record["text"] for sku in answers)


def test_a_copy_is_as_right_an_answer_as_its_original(skus):
    same = pack.equals(skus)
    copy = next(sku for sku in skus if sku.copy_of)
    assert same[copy.copy_of] == [copy.copy_of, copy.id]
    assert same[copy.id] == [copy.id, copy.copy_of]


def test_feed_rows_use_merchant_names(skus):
    row = pack.feed_row(skus[0])
    assert tuple(row) == pack.COLUMNS
    assert row["price"].endswith(" EUR") and float(row["price"].split()[0]) > 0
    assert row["availability"] in ("in_stock", "out_of_stock")
    assert row["image_link"] == "images/SL-0001-1.jpg"


def test_only_objects_half_visible_or_more_are_asked_for():
    thing = {"product_id": "SL-0001", "product_ids": ["SL-0001"], "bbox": [0, 0, 50, 50], "visible": 0.8}
    rooms = [
        {"photo": "photos/golden-0001.jpg", "split": "golden", "objects": [thing, {**thing, "visible": 0.3}]},
        {"photo": "photos/train-0001.jpg", "split": "train", "objects": [thing]},
    ]
    assert pack.photo_queries(rooms) == [{"photo": "photos/golden-0001.jpg", **thing}]


def test_copied_pictures_are_near_but_not_equal(skus, tmp_path):
    copy = next(sku for sku in skus if sku.copy_of)
    rng = np.random.default_rng(0)
    source = np.kron(rng.integers(0, 255, (8, 8, 3)), np.ones((40, 40, 1))).astype(np.uint8)
    (tmp_path / "images").mkdir()
    for shot in (1, 2):
        Image.fromarray(source).save(tmp_path / "images" / f"{copy.copy_of}-{shot}.jpg")
    pack.copy_pictures(copy, tmp_path)
    with Image.open(tmp_path / "images" / f"{copy.id}-1.jpg") as made:
        pixels = np.asarray(made).astype(int)
    assert pixels.shape == source.shape
    assert 1 < np.abs(pixels - source).mean() < 40


def test_packing_refuses_a_half_rendered_shop(tmp_path):
    with pytest.raises(SystemExit, match="studio shots are missing"):
        pack.pack(tmp_path, tmp_path / "work", tmp_path / "extra", 7)
    assert not (tmp_path / "feed.csv").exists()


def test_extra_rooms_are_trained_on(tmp_path, monkeypatch):
    monkeypatch.setattr(pack, "copy_pictures", lambda sku, out: None)
    folders = [tmp_path / "images", tmp_path / "work" / "truth", tmp_path / "extra" / "photos"]
    for folder in folders:
        folder.mkdir(parents=True)
    skus = plan_catalog(7)
    for sku in skus:
        for shot in (1, 2):
            (tmp_path / "images" / f"{sku.id}-{shot}.jpg").touch()
    thing = {"product_id": skus[0].id, "bbox": [0, 0, 9, 9], "visible": 1.0}
    room = {"photo": "photos/extra-0001.jpg", "split": "extra", "width": 48, "height": 36, "objects": [thing]}
    (tmp_path / "work" / "truth" / "extra-0001.json").write_text(json.dumps(room))
    (tmp_path / "extra" / room["photo"]).touch()
    pack.pack(tmp_path, tmp_path / "work", tmp_path / "extra", 7)
    assert list(room_crops(tmp_path / "extra", "train")) == [skus[0].id]
    assert (tmp_path / "rooms.jsonl").read_text() == ""


def test_lines_are_json_lines():
    assert [json.loads(line) for line in pack.lines([{"a": 1}, {"b": "é"}]).splitlines()] == [{"a": 1}, {"b": "é"}]
