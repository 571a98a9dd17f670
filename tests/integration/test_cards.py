"""Cards beside a generation: what the catalog says, read back without the catalog."""

import numpy as np
import pytest

from catalog.cards import cards_by_id
from catalog.models import Image, Product
from catalog.services import block_product
from search.build.cards import write_cards
from search.cards import ENDS, IDS, LINES, BrokenCards, Cards
from search.rerank.facts import read_facts
from tests.search_catalog import make_product

pytestmark = pytest.mark.django_db


@pytest.fixture
def products() -> list[Product]:
    made = [make_product(number, gtin=f"40063813339{number}", group_id=f"group {number // 2}") for number in range(5)]
    Image.objects.filter(product=made[0]).update(phash=-(2**62) - 1)
    return made


def test_cards_and_facts_come_back_as_the_catalog_gives_them(products, tmp_path):
    Product.objects.filter(pk=products[1].pk).update(title="Stuhl „Grün“, 40 cm\n<b>", category=None)
    block_product(products[4].sku)
    ids = [product.pk for product in products]
    assert write_cards(tmp_path, [*reversed(ids), ids[0], 10**9]) == 4
    cards = Cards.open(tmp_path)
    kept = cards.by_ids([10**9, *ids, -1])
    assert {pk: each.card() for pk, each in kept.items()} == cards_by_id(ids)
    facts = read_facts(np.array(ids[:4]))
    assert {pk: (each.color, each.phashes) for pk, each in kept.items()} == {
        pk: (each.color, each.phashes) for pk, each in facts.items()
    }


def test_a_generation_without_products_has_no_cards(tmp_path):
    assert write_cards(tmp_path, []) == 0
    assert Cards.open(tmp_path).by_ids([1, 2]) == {}


@pytest.mark.parametrize("name", [IDS, ENDS, LINES])
def test_files_that_do_not_fit_together_are_refused(products, tmp_path, name):
    write_cards(tmp_path, [product.pk for product in products])
    content = (tmp_path / name).read_bytes()
    for damaged in (content[:-1], content[:-8], b""):
        (tmp_path / name).write_bytes(damaged)
        with pytest.raises(BrokenCards):
            Cards.open(tmp_path)
    (tmp_path / name).unlink()
    with pytest.raises(BrokenCards):
        Cards.open(tmp_path)


@pytest.mark.parametrize("name", [IDS, ENDS, LINES])
def test_no_flipped_byte_does_more_than_hide_or_change_a_card(products, tmp_path, name):
    ids = [product.pk for product in products]
    write_cards(tmp_path, ids)
    content = bytearray((tmp_path / name).read_bytes())
    for at in range(0, len(content), 3):
        for bit in (1, 128):
            content[at] ^= bit
            (tmp_path / name).write_bytes(content)
            content[at] ^= bit
            try:
                cards = Cards.open(tmp_path)
            except BrokenCards:
                continue
            assert set(cards.by_ids(ids)) <= set(ids)


def test_a_file_cut_short_while_it_is_open_hides_its_cards(products, tmp_path):
    ids = [product.pk for product in products]
    write_cards(tmp_path, ids)
    cards = Cards.open(tmp_path)
    with open(tmp_path / LINES, "r+b") as file:
        file.truncate(int(cards.ends[1]))
    assert list(cards.by_ids(ids)) == ids[:1]
