"""`manage.py evaluate` on a folder that nobody has seen before, from the feed to the pictures of the misses."""

import csv
import json
import os

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from search.evaluate.prepare import shop_for
from tests.conftest import picture

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def strange_folder(tmp_path, settings):
    settings.VAR_DIR = tmp_path / "var"
    root = tmp_path / "strange folder"
    root.mkdir()
    rows = [
        {"id": f"P-{n}", "title": f"Thing number {n}", "product_type": "Things", "price": "5.00 EUR",
         "availability": "in_stock", "image_link": f"{n}.jpg"}
        for n in range(5)
    ]  # fmt: skip
    with (root / "feed.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    for number in range(5):
        (root / f"{number}.jpg").write_bytes(picture(seed=number))
    (root / "not-sold.jpg").write_bytes(picture(seed=77))
    queries = [
        {"photo": "1.jpg", "product_id": "P-1"},
        {"photo": "2.jpg", "product_id": "P-2", "bbox": [0, 0, 240, 200]},
        {"photo": "missing.jpg", "product_id": "P-2"},
        {"photo": "3.jpg", "text": "thing", "product_id": "P-3"},
        {"text": "P-4", "product_ids": ["P-4"]},
        {"text": "gone", "product_id": "P-99"},
        {"photo": "not-sold.jpg", "sold": False},
    ]
    (root / "queries.jsonl").write_text("\n".join(map(json.dumps, queries)) + "\n{wrong\n")
    yield root
    with connection.cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{shop_for(root / "feed.csv")[0]}" WITH (FORCE)')


def test_figures_and_pictures_of_a_strange_folder(strange_folder, tmp_path, capfd):
    os.environ.pop("SIGHTLINE_TEST_DATABASE", None)
    signals = tmp_path / "signals.jsonl"
    call_command("evaluate", str(strange_folder), "--json", f"--misses={tmp_path / 'misses'}", f"--signals={signals}")
    figures = json.loads(capfd.readouterr().out)
    assert figures["same_product"]["queries"] == 3
    assert figures["same_product"]["given_boxes"]["precision_at_1"] == 1.0
    assert figures["detection"]["objects"] == 1
    assert figures["text"]["queries"] == 2
    assert figures["text"]["recall_at_10"] == 0.5
    assert figures["photo_and_text"]["queries"] == 1
    assert figures["photo"]["any_box"]["queries"] == 2
    names, *examples = map(json.loads, signals.read_text().splitlines())
    kinds = [(each["kind"], each["right"]) for each in examples if len(each["signals"]) == len(names["names"])]
    assert kinds.count(("not_sold", False)) == 1
    sold = sum(kind == "sold" for kind, _ in kinds)  # of two photos, as far as the detector has a box
    assert sold == kinds.count(("without_its_product", False)) >= 1
    assert figures["catalog"] == {"products": 5, "images": {"indexed": 5}}
    assert figures["details"]["images_read"] == 5
    problems = figures["problems"]
    assert (problems["wrong_lines_count"], problems["photos_unusable_count"]) == (1, 1)
    assert problems["products_not_in_the_catalog"] == ["P-99"]
    assert len(list((tmp_path / "misses").glob("miss-*.jpg"))) == figures["misses"]["pictures"] >= 1


def test_a_folder_without_a_feed_is_refused_in_words(tmp_path):
    with pytest.raises(CommandError, match=r"feed\.csv"):
        call_command("evaluate", str(tmp_path))
