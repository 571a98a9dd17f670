"""Hard negatives: where each line comes from, and that nothing of a golden set is among them."""

import io
import json
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from PIL import Image

from catalog.models import Image as ProductImage
from labeling.errors import BadDataset, GoldenLeak
from labeling.export.dataset import make_dataset
from labeling.export.from_folder import import_dataset
from labeling.export.from_index import mine
from labeling.export.from_use import pairs_from_use
from labeling.export.from_verdicts import pairs_from_verdicts
from labeling.export.golden import from_projects
from labeling.export.lineage import datasets_of
from labeling.export.pairs import Anchor, Pair
from labeling.models import Dataset, DatasetRow
from ml.evaluate.golden import GoldenQuery, write_golden
from ml.images import open_image
from ml.train.mine import missed_items
from search.models import Click
from search.pipeline import find_products, record_flag
from search.types import Query as Search
from tests import verdicts
from tests.search_catalog import make_catalog
from tests.shop import DEMO

pytestmark = pytest.mark.django_db
ROOM = DEMO / "photos/train-0001.jpg"
GOLDEN_ROOM = DEMO / "photos/golden-0002.jpg"


@pytest.fixture(autouse=True)
def homes(tmp_path, settings):
    settings.SIGHTLINE_GOLDEN_DIR, settings.SIGHTLINE_DATASETS_DIR = tmp_path / "golden", tmp_path / "datasets"


@pytest.fixture
def catalog():
    return make_catalog(8)


def folder_of(row: Dataset, settings) -> Path:
    return Path(settings.SIGHTLINE_DATASETS_DIR) / f"{row.name}@{row.sha256}"


def lines_of(row: Dataset, settings) -> list[dict]:
    return [json.loads(line) for line in (folder_of(row, settings) / "negatives.jsonl").read_text().splitlines()]


def plain(positive: str = "SKU-0", negative: str = "SKU-1", **more) -> Pair:
    return Pair("test", Anchor(), positive, negative, 1.0, **more)


def test_what_raters_named_becomes_pairs(catalog):
    products = catalog.products
    pairs = verdicts.project("same_product", "Pairs")
    room = verdicts.photo_query(pairs.batch, "1", ROOM.read_bytes(), bbox=[40, 40, 300, 300])
    right, wrong = verdicts.task(pairs, room, products[1]), verdicts.task(pairs, room, products[2])
    verdicts.say(right, "same_sku", "same_sku")
    said = verdicts.say(wrong, "different", "different", "variant")
    grading = verdicts.project("grade", "Grades", pairs.batch)
    verdicts.say(verdicts.task(grading, room, products[3]), "0", "0", reasons=("wrong_category",))
    verdicts.say(verdicts.task(grading, room, products[4]), "1")
    both = verdicts.project("side_by_side", "Sides", pairs.batch)
    verdicts.say(verdicts.sides(both, room, products[5], products[6]), "both_bad")
    found = {(pair.source, pair.negative): pair for pair in pairs_from_verdicts()}
    assert set(found) == {
        ("judged different", "SKU-2"), ("wrong category", "SKU-3"), ("both bad", "SKU-5"), ("both bad", "SKU-6"),
    }  # fmt: skip
    named = found["judged different", "SKU-2"]
    assert (named.positive, named.weight) == ("SKU-1", pytest.approx(2 / 3))
    assert set(named.verdicts) == {verdict.pk for verdict in said}
    assert named.anchor.photo == room.photo and named.anchor.bbox == (40, 40, 300, 300)


def test_the_list_that_lost_for_its_category(catalog):
    both = verdicts.project("side_by_side", "Sides")
    query = verdicts.photo_query(both.batch, "1", ROOM.read_bytes(), known={"SKU-1": 5})
    lost = verdicts.sides(both, query, catalog.products[1], catalog.products[2])  # a chair and a lamp
    verdicts.say(lost, "left", "left", reasons=("wrong_category",))
    (pair,) = pairs_from_verdicts([both])
    assert (pair.source, pair.positive, pair.negative) == ("wrong category", "SKU-1", "SKU-2")
    alike = verdicts.sides(both, verdicts.text_query(both.batch, "2", "x"), catalog.products[1], catalog.products[3])
    verdicts.say(alike, "left", reasons=("wrong_category",))
    assert len(pairs_from_verdicts([both])) == 1


def test_misses_in_use(catalog):
    answer = find_products(Search(text="chair"))
    ids = [card.product_id for card in answer.results]
    Click.objects.create(query_id=answer.query_id, product_id=ids[2], rank=3)
    flag = record_flag(answer.query_id, ids[3])
    record_flag(answer.query_id, ids[0])
    record_flag(answer.query_id, ids[0], withdrawn=True)
    sku = {product.pk: product.sku for product in catalog.products}
    found = {(pair.source, pair.negative): pair for pair in pairs_from_use()}
    assert set(found) == {("not a match", sku[ids[3]]), ("passed over", sku[ids[0]]), ("passed over", sku[ids[1]])}
    flagged = found["not a match", sku[ids[3]]]
    assert (flagged.positive, flagged.flag, str(flagged.query)) == (sku[ids[2]], flag.pk, answer.query_id)
    assert pairs_from_use(days=0) == []


def test_a_flag_on_a_page_of_similar_things_knows_what_was_looked_for(catalog):
    answer = find_products(Search(product_id=catalog.products[1].pk))
    record_flag(answer.query_id, answer.results[0].product_id)
    (pair,) = pairs_from_use()
    assert pair.positive == "SKU-1"


def test_mining_leaves_out_variants_and_other_listings(catalog):
    found = mine(8, each=2)
    assert {pair.positive for pair in found} == {f"SKU-{n}" for n in range(8)}
    assert all(pair.positive != pair.negative for pair in found) and len(found) == 16
    group = catalog.products[1]
    type(group).objects.filter(sku__in=["SKU-1", found_for(found, "SKU-1")]).update(group_id="F-1")
    assert found_for(mine(8), "SKU-1") != found_for(found, "SKU-1")


def found_for(pairs: list[Pair], sku: str) -> str:
    return next(pair.negative for pair in pairs if pair.positive == sku)


def test_a_data_set_is_versioned_and_leads_back(catalog, settings):
    pairs = verdicts.project("same_product", "Pairs")
    room = verdicts.photo_query(pairs.batch, "1", ROOM.read_bytes(), bbox=[40, 40, 300, 300])
    verdicts.say(verdicts.task(pairs, room, catalog.products[1]), "same_sku")
    (verdict,) = verdicts.say(verdicts.task(pairs, room, catalog.products[2]), "different")
    first = make_dataset("hard", pairs_from_verdicts(), "ann")
    assert (str(first), first.rows, first.sources) == ("hard@v1", 1, {"judged different": 1})
    assert make_dataset("hard", pairs_from_verdicts(), "ben") == first
    second = make_dataset("hard", [*pairs_from_verdicts(), plain()], "ann")
    assert (second.version, second.rows) == (2, 2)
    assert datasets_of([verdict.pk]) == {verdict.pk: ["hard@v1", "hard@v2"]}
    assert DatasetRow.objects.filter(dataset=second).count() == 1
    (line,) = [line for line in lines_of(second, settings) if line["anchor"]]
    assert line["anchor"]["photo"].startswith("photos/") and line["weight"] == 1.0
    items = {item.key: item for item in missed_items(folder_of(second, settings))}
    assert items["SKU-1"].rivals == ("SKU-2",) and items["SKU-1"].studio and len(items["SKU-1"].crops) == 1


def golden_of(settings, data: bytes) -> None:
    queries = [GoldenQuery("1", photo="x", same={"A": 1}), GoldenQuery("2", text="Green  Chair", similar={"A": 3})]
    write_golden(Path(settings.SIGHTLINE_GOLDEN_DIR), "rooms", queries, {"1": data}, {})


def copy_of(photo: Path, how: str) -> bytes:
    room = open_image(photo.read_bytes())
    w, h = room.size
    made = {"resized": room.resize((w // 3, h // 3)), "cropped": room.crop((w // 5, h // 8, w, h)), "again": room}[how]
    file = io.BytesIO()
    made.save(file, "JPEG", quality=45)
    return file.getvalue()


@pytest.mark.parametrize("how", ["resized", "cropped", "again"])
def test_a_golden_photo_never_gets_into_a_data_set(catalog, settings, how):
    golden_of(settings, GOLDEN_ROOM.read_bytes())
    pairs = verdicts.project("same_product", "Pairs")
    leak = verdicts.photo_query(pairs.batch, "1", copy_of(GOLDEN_ROOM, how))
    verdicts.say(verdicts.task(pairs, leak, catalog.products[2]), "different")
    with pytest.raises(BadDataset, match="1 photo of a golden set"):
        make_dataset("hard", pairs_from_verdicts(), "ann")
    row = make_dataset("hard", [*pairs_from_verdicts(), plain()], "ann")
    assert (row.rows, row.left_out) == (1, {"photo of a golden set": 1})
    about = json.loads((folder_of(row, settings) / "dataset.json").read_text())
    assert "the same photo" in about["leaks_left_out"][0]
    assert list((folder_of(row, settings) / "photos").iterdir()) == []


def test_a_catalog_picture_that_is_a_golden_photo_is_left_out(catalog, settings):
    golden_of(settings, catalog.picture_of(0))
    with pytest.raises(BadDataset, match="without a picture"):
        make_dataset("hard", [plain()], "ann")
    more = default_storage.save("products/more.jpg", io.BytesIO(ROOM.read_bytes()))
    product = catalog.products[0]
    ProductImage.objects.create(product=product, source=more, file=more, position=1, status="indexed")
    row = make_dataset("hard", [plain()], "ann")
    assert (row.rows, row.left_out) == (1, {"photo of a golden set": 1})


def test_words_and_verdicts_of_a_golden_set_are_left_out(catalog, settings):
    golden_of(settings, GOLDEN_ROOM.read_bytes())
    with pytest.raises(BadDataset, match="1 words of a golden set"):
        make_dataset("hard", [Pair("x", Anchor(text="green chair"), "SKU-0", "SKU-1", 1.0)], "ann")
    pairs = verdicts.project("same_product", "Pairs")
    room = verdicts.photo_query(pairs.batch, "1", ROOM.read_bytes(), known={"SKU-0": 5})
    verdicts.say(verdicts.task(pairs, room, catalog.products[2]), "different")
    assert make_dataset("before", pairs_from_verdicts(), "ann").rows == 1
    from_projects("judged", [pairs], "ann")
    with pytest.raises(BadDataset, match="1 verdict of a golden set"):
        make_dataset("after", pairs_from_verdicts(), "ann")


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


def test_broken_pictures_do_no_harm(brought):
    Image.new("RGB", (90, 90)).save(brought / "a.jpg")
    (brought / "b.jpg").write_bytes(b"no picture")
    assert import_dataset("brought", brought, "ann").rows == 2
