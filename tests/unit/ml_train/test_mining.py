"""Hard negatives: mined from what was seen, and read from what people marked."""

import json
from random import Random

import pytest
import torch
from PIL import Image

from ml.train.batches import label_of
from ml.train.items import Item
from ml.train.losses import Memory, keep_loss, same_kind_loss, same_product_loss
from ml.train.mine import NEAREST, Index, draw_mixed_up, missed_items


def plain(number: int, **more) -> Item:
    return Item(f"item-{number}", f"family-{number}", **more)


def test_the_index_knows_what_is_taken_for_what():
    items = [plain(number) for number in range(3 * NEAREST)]
    index = Index(items, [label_of(item) for item in items], dim=8)
    assert index.refresh() == 0
    groups = torch.arange(len(items)) % 2
    vectors = torch.eye(8)[groups] + 0.05 * torch.randn(len(items), 8, generator=torch.Generator().manual_seed(1))
    index.note(torch.tensor([label_of(item) for item in items]), vectors)
    assert index.refresh() == len(items)
    assert all((groups[index.nearest[row]] == groups[row]).all() for row in range(len(items)))
    assert not (index.nearest == torch.arange(len(items))[:, None]).any()
    drawn = draw_mixed_up(items, index, 5, Random(2))
    assert len({item.key for item in drawn}) == 5
    assert len({int(item.key.split("-")[1]) % 2 for item in drawn}) == 1


def test_rivals_that_people_marked_come_along():
    items = [plain(0, rivals=("item-7",)), *(plain(number, weight=0.0) for number in range(1, 12))]
    index = Index(items, [label_of(item) for item in items], dim=4)
    drawn = draw_mixed_up(items, index, 2, Random(1))
    assert [item.key for item in drawn] == ["item-0", "item-7"]


def test_marked_negatives_are_read(tmp_path):
    Image.new("RGB", (40, 40)).save(tmp_path / "a.jpg")
    (tmp_path / "feed.csv").write_text(
        "id,title,item_group_id,product_type,image_link\n"
        "A,Blue sofa,F,Sofas,a.jpg\nB,Navy sofa,F,Home > Sofas,a.jpg\nC,Lamp,,Lamps,gone.jpg\n"
    )
    lines = [
        {"anchor": {"photo": "a.jpg", "bbox": [1, 2, 30, 40]}, "positive": "A", "negative": "B", "weight": 2.0},
        {"anchor": {"photo": "a.jpg"}, "positive": None, "negative": "A"},
        {"anchor": None, "positive": "A", "negative": "C"},
    ]
    (tmp_path / "negatives.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    items = {item.key: item for item in missed_items(tmp_path)}
    assert set(items) == {"A", "B", "photo-1"}
    assert (items["A"].rivals, items["A"].weight, len(items["A"].crops)) == (("B", "C"), 3.0, 1)
    assert (items["photo-1"].rivals, items["photo-1"].crops[0].box) == (("A",), None)
    assert items["B"].attributes["type"] == "sofas"


def test_a_margin_asks_for_more():
    vectors = torch.nn.functional.normalize(torch.randn(8, 6, generator=torch.Generator().manual_seed(3)), dim=1)
    labels = torch.arange(8) // 2
    loose = same_product_loss(vectors, labels, temperature=0.1)
    assert same_product_loss(vectors, labels, temperature=0.1, margin=0.2) > loose


def test_kinds_are_looked_for_in_the_memory_too():
    vectors, none = torch.eye(4), torch.arange(4)
    memory = Memory(torch.eye(4), none + 10, none)
    kinds = same_kind_loss(vectors, none, temperature=0.1, memory=memory)
    assert kinds < same_kind_loss(vectors, none.flip(0), temperature=0.1, memory=memory)
    assert same_product_loss(vectors, none, temperature=0.1, memory=memory) == 0


def test_the_teacher_holds_cosines_where_they_were():
    before = torch.nn.functional.normalize(torch.randn(5, 7, generator=torch.Generator().manual_seed(4)), dim=1)
    turn = torch.linalg.qr(torch.randn(7, 7, generator=torch.Generator().manual_seed(5)))[0]
    assert keep_loss(before @ turn, before) == pytest.approx(0, abs=1e-6)
    assert keep_loss(torch.eye(5), before) > 0.01
