"""Hard negatives: where each line comes from, and that nothing of a golden set is among them."""

import io
import json

import pytest
from django.core.files.storage import default_storage, storages

from catalog.models import Image as ProductImage
from labeling.errors import BadDataset
from labeling.export.dataset import make_dataset
from labeling.export.from_index import mine
from labeling.export.from_use import pairs_from_use
from labeling.export.from_verdicts import pairs_from_verdicts
from labeling.export.golden import from_projects
from labeling.export.lineage import datasets_of
from labeling.export.pairs import Anchor, Pair
from labeling.models import Dataset, DatasetRow
from ml.train.mine import missed_items
from search import photos
from search.consent import blur_kept
from search.models import Click, QueryPhoto
from search.pipeline import find_products, record_flag
from search.types import Query as Search
from tests import verdicts
from tests.datasets import GOLDEN_ROOM, ROOM, copy_of, folder_of, golden_of
from tests.search_catalog import make_catalog

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def homes(tmp_path, settings):
    settings.SIGHTLINE_GOLDEN_DIR, settings.SIGHTLINE_DATASETS_DIR = tmp_path / "golden", tmp_path / "datasets"


@pytest.fixture
def catalog():
    return make_catalog(8)


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


def photo_search(consented: bool) -> tuple[str, str]:
    """A photo, and a search with a box of it in which a shopper marked a result as no match."""
    token = photos.keep(photos.decode(ROOM.read_bytes()), (), True, consented)
    answer = find_products(Search(photo=token, bbox=(40.0, 40.0, 300.0, 300.0)))
    record_flag(answer.query_id, answer.results[0].product_id)
    return token, answer.results[0].product_id


def test_a_photo_that_was_left_to_the_shop_is_an_anchor_and_no_other_is(catalog, settings):
    photo_search(consented=False)
    token, wrong = photo_search(consented=True)
    assert pairs_from_use() == []  # nobody has taken the faces out yet
    blur_kept()
    row = QueryPhoto.objects.get(pk=token)
    (pair,) = pairs_from_use()
    assert (pair.source, pair.positive, pair.anchor.photo) == ("not a match", "", row.blurred)
    assert pair.negative == next(product.sku for product in catalog.products if product.pk == wrong)
    assert pair.anchor.bbox == pytest.approx((40, 40, 300, 300))
    (line,) = lines_of(make_dataset("hard", [pair], "ann"), settings)
    assert line["anchor"]["bbox"] == [40, 40, 300, 300]
    golden_of(settings, private_file(row.blurred))
    with pytest.raises(BadDataset, match="1 photo of a golden set"):
        make_dataset("hard", pairs_from_use(), "ann")
    photos.discard(token)
    assert pairs_from_use() == []


def private_file(name: str) -> bytes:
    with storages["private"].open(name) as file:
        return file.read()


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


def test_a_golden_set_that_cannot_be_read_stops_every_data_set(catalog, settings):
    golden_of(settings, GOLDEN_ROOM.read_bytes())
    (queries,) = settings.SIGHTLINE_GOLDEN_DIR.glob("*/queries.jsonl")
    queries.chmod(0o644)
    queries.write_text(queries.read_text() + "{}")
    with pytest.raises(BadDataset, match="was changed"):
        make_dataset("hard", [plain()], "ann")


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
