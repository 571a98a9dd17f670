"""ml.train refuses by itself what shows a photo of a golden set, whatever was checked before."""

import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from ml.evaluate.golden import BadGoldenSet, GoldenQuery, write_golden
from ml.images import open_image
from ml.leaks import forbid, write_forbidden
from ml.train.datasets import ChangedDataset, NoSuchDataset, content_sha256, dataset_folder
from ml.train.detector import train_detector
from ml.train.guard import LeakedGoldenSet, forbidden_photos, refuse_leaks
from ml.train.heads import train_heads
from ml.train.image import train_image
from ml.train.recipe import DetectorRecipe, HeadsRecipe, ImageRecipe, TextRecipe
from ml.train.sources import read_sources
from ml.train.text import train_text
from tests.shop import DEMO

ROOM = DEMO / "photos/golden-0002.jpg"


@pytest.fixture
def dataset(tmp_path):
    """A data set of two products, one with an anchor."""
    folder = tmp_path / "marked"
    folder.mkdir()
    rows = "id,title,item_group_id,product_type,image_link\nA,Sofa,,Sofas,a.jpg\nB,Lamp,,Lamps,b.jpg\n"
    (folder / "feed.csv").write_text(rows)
    for name, sku in (("a", "SL-0136"), ("b", "SL-0049")):
        (folder / f"{name}.jpg").write_bytes((DEMO / f"images/{sku}-1.jpg").read_bytes())
    (folder / "room.jpg").write_bytes((DEMO / "photos/train-0001.jpg").read_bytes())
    line = {"anchor": {"photo": "room.jpg", "bbox": [10, 10, 200, 200]}, "positive": "A", "negative": "B"}
    (folder / "negatives.jsonl").write_text(json.dumps(line) + "\n")
    return folder


@pytest.fixture
def golden(tmp_path):
    return write_golden(
        tmp_path / "golden", "rooms", [GoldenQuery("1", photo="x", same={"A": 1})], {"1": ROOM.read_bytes()}, {}
    )


def recipe(tmp_path, *negatives, **more) -> ImageRecipe:
    return ImageRecipe(
        runs=tmp_path / "runs", data=tmp_path / "none", demo=tmp_path / "none", negatives=negatives,
        forbidden=(tmp_path / "golden",), **more,
    )  # fmt: skip


def planted(how: str) -> bytes:
    room = open_image(ROOM.read_bytes())
    w, h = room.size
    made = {
        "cropped": room.crop((w // 5, h // 8, w, h)),
        "resized": room.resize((w // 3, h // 3)),
        "encoded again": room,
    }[how]
    file = io.BytesIO()
    made.save(file, "JPEG", quality=45)
    return file.getvalue()


def test_a_clean_data_set_is_read(dataset, golden, tmp_path):
    sources, _ = read_sources(recipe(tmp_path, dataset))
    assert [source.name for source in sources] == ["misses"]
    kept = json.loads((tmp_path / "runs" / "no-leaks.json").read_text())
    assert len(kept["clean"]) == 3


@pytest.mark.parametrize("how", ["cropped", "resized", "encoded again"])
def test_a_planted_golden_photo_is_refused(dataset, golden, tmp_path, how):
    (dataset / "room.jpg").write_bytes(planted(how))
    with pytest.raises(LeakedGoldenSet, match="room.jpg"):
        read_sources(recipe(tmp_path, dataset))


def test_the_list_that_came_with_the_data_set_is_enough(dataset, tmp_path):
    (tmp_path / "golden").mkdir()  # and no set in it
    write_forbidden(dataset / "forbidden.npz", forbid([("rooms: 2", ROOM.read_bytes())]))
    (dataset / "room.jpg").write_bytes(planted("resized"))
    with pytest.raises(LeakedGoldenSet, match="rooms: 2"):
        read_sources(recipe(tmp_path, dataset))


@pytest.mark.parametrize("step", ["detector", "text", "heads"])
def test_no_step_learns_from_a_golden_photo(world, tmp_path, step):
    room = (world / "photos/train-3.jpg").read_bytes()
    write_golden(tmp_path / "golden", "rooms", [GoldenQuery("1", photo="x", same={"A": 1})], {"1": room}, {})
    common = {"runs": tmp_path, "data": tmp_path / "none", "demo": world, "forbidden": (tmp_path / "golden",)}
    image = tmp_path / "never-opened.pt"
    steps = {
        "detector": lambda: train_detector(DetectorRecipe(**common, steps=1)),
        "text": lambda: train_text(TextRecipe(**common, image=image, hold_out=False)),
        "heads": lambda: train_heads(HeadsRecipe(**common, image=image, hold_out=False)),
    }
    with pytest.raises(LeakedGoldenSet, match=r"rooms@\w{12}"):
        steps[step]()


def test_what_stands_behind_pasted_products_is_looked_at_too(world, dataset, tmp_path):
    room = (world / "photos/train-3.jpg").read_bytes()
    write_golden(tmp_path / "golden", "rooms", [GoldenQuery("1", photo="x", same={"A": 1})], {"1": room}, {})
    without = replace(recipe(tmp_path, dataset, steps=1), demo=world, shares={"demo": 0.0})
    assert [source.name for source in read_sources(without)[0]] == ["misses"]
    with pytest.raises(LeakedGoldenSet, match="train-3.jpg"):
        train_image(without)


def test_a_golden_set_that_cannot_be_read_lets_nothing_pass(dataset, golden, tmp_path):
    path = golden.folder / "queries.jsonl"
    path.chmod(0o644)
    path.write_text(path.read_text().replace('"A"', '"B"'))
    with pytest.raises(BadGoldenSet, match="was changed"):
        read_sources(recipe(tmp_path, dataset))


def test_what_is_to_be_kept_apart_from_has_to_be_there(dataset, golden, tmp_path):
    for place in (tmp_path / "goldne", dataset / "room.jpg", dataset):
        with pytest.raises(ValueError, match="Name golden sets|cannot"):
            read_sources(replace(recipe(tmp_path, dataset), forbidden=(place,)))
    (tmp_path / "empty").mkdir()
    assert read_sources(replace(recipe(tmp_path, dataset), forbidden=(tmp_path / "empty",)))


def test_an_evaluation_folder_can_be_forbidden(tmp_path):
    (tmp_path / "queries.jsonl").write_text(json.dumps({"photo": "r.jpg", "product_id": "1"}))
    (tmp_path / "r.jpg").write_bytes(ROOM.read_bytes())
    forbidden = forbidden_photos([tmp_path, tmp_path / "not there"])
    assert len(forbidden) == 1
    with pytest.raises(LeakedGoldenSet):
        refuse_leaks([tmp_path / "r.jpg"], forbidden, tmp_path / "runs")


def test_data_sets_by_name(tmp_path):
    for version, rows in ((1, b"{}"), (2, b"{ }")):
        sha256 = content_sha256(b"id\n", rows)
        folder = tmp_path / f"sofas@{sha256}"
        folder.mkdir()
        (folder / "feed.csv").write_bytes(b"id\n")
        (folder / "negatives.jsonl").write_bytes(rows)
        (folder / "dataset.json").write_text(json.dumps({"version": version, "sha256": sha256}))
    assert dataset_folder(Path("sofas"), tmp_path) == folder
    assert dataset_folder(Path(f"sofas@{sha256[:9]}"), tmp_path) == folder
    assert dataset_folder(Path("sofas@v1"), tmp_path) != folder
    with pytest.raises(NoSuchDataset):
        dataset_folder(Path("lamps"), tmp_path)
    (folder / "negatives.jsonl").write_bytes(b"{'another'}")
    with pytest.raises(ChangedDataset):
        dataset_folder(Path("sofas"), tmp_path)


def test_a_picture_that_cannot_be_read_teaches_nothing(tmp_path):
    (tmp_path / "broken.jpg").write_bytes(b"none")
    Image.new("RGB", (80, 80)).save(tmp_path / "plain.jpg")
    forbidden = forbid([("room", ROOM.read_bytes())])
    assert refuse_leaks([tmp_path / "broken.jpg", tmp_path / "plain.jpg"], forbidden, tmp_path / "runs") == 2
