"""Hard negatives: what the tower mixes up now, and what people have marked as mixed up."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from random import Random

import torch

from ml.train.items import Crop, Item
from ml.train.photos import read_feed, read_jsonl

NEAREST = 8
KEPT = 0.5


class Index:
    """The last seen vectors of a source's items, and each item's nearest others among them.

    `nearest` int64 (n, NEAREST), -1 where nothing is known yet, lies in shared memory: a loader in another process
    sees each `refresh` with the batches that it makes next.
    """

    def __init__(self, items: Sequence[Item], labels: Sequence[int], dim: int) -> None:
        self.row_of = {label: row for row, label in enumerate(labels)}
        self.vectors = torch.zeros(len(items), dim)
        self.nearest = torch.full((len(items), NEAREST), -1).share_memory_()

    def note(self, labels: torch.Tensor, vectors: torch.Tensor) -> None:
        """Move the items' vectors towards these views of them. labels int64 (n,), vectors float (n, dim)."""
        for label, vector in zip(labels.tolist(), vectors.detach(), strict=True):
            row = self.row_of[label]
            self.vectors[row] = KEPT * self.vectors[row] + (1 - KEPT) * vector

    def refresh(self) -> int:
        """Find the nearest others anew; how many items take part: those that were seen at all."""
        known = self.vectors.abs().sum(dim=1).nonzero()[:, 0]
        if len(known) <= NEAREST:
            return 0
        rows = torch.nn.functional.normalize(self.vectors[known], dim=1)
        for start in range(0, len(known), 1024):
            scores = rows[start : start + 1024] @ rows.T
            own = torch.arange(start, start + len(scores))
            scores[torch.arange(len(scores)), own] = -2
            self.nearest[known[own]] = known[scores.topk(NEAREST, dim=1).indices]
        return len(known)


def draw_mixed_up(items: Sequence[Item], index: Index, count: int, random: Random) -> list[Item]:
    """`count` different items in groups of an item and those that are taken for it: marked by people, then mined."""
    by_key = {item.key: item for item in items}
    weights = [item.weight for item in items]
    drawn: dict[str, Item] = {}
    for _ in range(4 * count):
        (row,) = random.choices(range(len(items)), weights)
        near = [items[other] for other in index.nearest[row].tolist() if other >= 0]
        rivals = [by_key[key] for key in items[row].rivals if key in by_key]
        for item in [items[row], *rivals, *random.sample(near, min(len(near), NEAREST // 2))]:
            drawn.setdefault(item.key, item)
        if len(drawn) >= count:
            break
    return list(drawn.values())[:count]


def missed_items(folder: Path) -> list[Item]:
    """Items from what people marked: feed.csv (the products) and negatives.jsonl (docs/negatives.md) of `folder`."""
    rows = {row["id"]: row for row in read_feed(folder / "feed.csv")}
    items: dict[str, Item] = {}
    for number, line in enumerate(read_jsonl(folder / "negatives.jsonl")):
        positive, negative, weight = line.get("positive"), line["negative"], line.get("weight", 1.0)
        for key in filter(None, (positive, negative)):
            if key in rows and key not in items:
                items[key] = missed_item(folder, rows[key])
        # Where nothing in the catalog was right, the photo is a thing of its own.
        key = positive or f"photo-{number}"
        item = items.get(key, Item(key, key, weight=0.0))
        anchor = line.get("anchor") or {}
        crops = (Crop(folder / anchor["photo"], read_box(anchor)),) if anchor.get("photo") else ()
        rivals = tuple(dict.fromkeys((*item.rivals, negative)))
        items[key] = replace(item, crops=item.crops + crops, rivals=rivals, weight=item.weight + weight)
    return [item for item in items.values() if item.studio or item.crops]


def missed_item(folder: Path, row: dict) -> Item:
    links = [link.strip() for link in (row["image_link"], *(row.get("additional_image_link") or "").split(","))]
    studio = tuple(folder / link for link in links if link and (folder / link).is_file())
    family = row.get("item_group_id") or row["id"]
    kind = (row.get("product_type") or "").split(">")[-1].strip().lower()
    return Item(row["id"], family, studio, attributes={"type": kind, "title": row["title"]}, weight=0.0)


def read_box(anchor: dict) -> tuple[float, float, float, float] | None:
    return tuple(anchor["bbox"]) if anchor.get("bbox") else None
