"""Data sets that were made elsewhere: taken in whole, or refused where a golden photo is in them."""

import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from PIL import Image

from labeling.errors import BadDataset, GoldenLeak
from labeling.export import from_folder
from labeling.export.dataset import publish
from labeling.export.from_folder import import_dataset
from labeling.models import Dataset
from ml.train.mine import missed_items
from tests.datasets import GOLDEN_ROOM, ROOM, copy_of, folder_of, golden_of
from tests.search_catalog import make_catalog
from tests.shop import DEMO

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def homes(tmp_path, settings):
    settings.SIGHTLINE_GOLDEN_DIR, settings.SIGHTLINE_DATASETS_DIR = tmp_path / "golden", tmp_path / "datasets"


@pytest.fixture
def catalog():
    return make_catalog(8)


@pytest.fixture
def brought(tmp_path) -> Path:
    root = tmp_path / "brought"
    root.mkdir()
    (root / "feed.csv").write_text("id,title,image_link\nA,Sofa,a.jpg\nB,Lamp,b.jpg\n")
    for name, sku in (("a", "SL-0136"), ("b", "SL-0049")):
        (root / f"{name}.jpg").write_bytes((DEMO / f"images/{sku}-1.jpg").read_bytes())
    (root / "room.jpg").write_bytes(ROOM.read_bytes())
    lines = [
        {"anchor": {"photo": "room.jpg", "bbox": [1, 2, 30, 40]}, "positive": "A", "negative": "B"},
        {"anchor": None, "positive": "A", "negative": "B", "weight": 0.5},
    ]
    (root / "negatives.jsonl").write_text("\n".join(map(json.dumps, lines)))
    return root


def test_a_folder_is_taken_in(brought, settings):
    row = import_dataset("brought", brought, "ann")
    assert (row.rows, row.sources) == (2, {"imported": 2})
    assert {item.key for item in missed_items(folder_of(row, settings))} == {"A", "B"}


@pytest.mark.parametrize("how", ["resized", "cropped", "again"])
def test_a_folder_with_a_planted_golden_photo_is_refused(brought, settings, how):
    golden_of(settings, GOLDEN_ROOM.read_bytes())
    (brought / "room.jpg").write_bytes(copy_of(GOLDEN_ROOM, how))
    with pytest.raises(GoldenLeak, match="room.jpg"):
        import_dataset("brought", brought, "ann")
    assert not Dataset.objects.exists()
    assert not Path(settings.SIGHTLINE_DATASETS_DIR).exists()
    row = import_dataset("brought", brought, "ann", leave_out=True)
    assert (row.rows, row.left_out) == (1, {"photo of a golden set": 1})


def test_a_picture_that_changes_while_a_data_set_is_written_is_refused(brought, monkeypatch):
    def replaced(*arguments):
        (brought / "a.jpg").write_bytes(b"another")
        return publish(*arguments)

    monkeypatch.setattr(from_folder, "publish", replaced)
    with pytest.raises(BadDataset, match="deleted or replaced"):
        import_dataset("brought", brought, "ann")
    assert not Dataset.objects.exists()


def test_broken_pictures_do_no_harm(brought):
    Image.new("RGB", (90, 90)).save(brought / "a.jpg")
    (brought / "b.jpg").write_bytes(b"no picture")
    assert import_dataset("brought", brought, "ann").rows == 2


def test_commands(catalog, brought, capsys):
    call_command("negatives", "make", "hard", "--mine", "4", "--days", "0")
    assert "hard@v1, 8 rows" in capsys.readouterr().out
    call_command("negatives", "import", "brought", str(brought))
    call_command("negatives", "list")
    assert "brought@v1" in capsys.readouterr().out
    call_command("negatives", "lineage", "00000000-0000-4000-8000-000000000000")
    assert "It is in none." in capsys.readouterr().out
    for arguments in ("make Hard", "make x --project None", "make x --days 0", "import x /nowhere"):
        with pytest.raises(CommandError):
            call_command("negatives", *arguments.split())
