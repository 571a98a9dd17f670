"""Which shard a row lies in: by hash of its product, or by category, so that a filter on one asks few shards."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from catalog.models import Category

By = Literal["hash", "category"]
GOLDEN_RATIO = np.uint64(0x9E3779B97F4A7C15)  # Fibonacci hashing: neighbouring ids spread evenly
UNKNOWN = 0  # products without a category


@dataclass(frozen=True, slots=True)
class Split:
    """`categories`: for a split by category the ids of each shard; a product's images always stay together."""

    by: By
    shards: int
    categories: tuple[tuple[int, ...], ...] = ()

    def routing(self, shard: int) -> dict:
        """For the manifest's entry of this shard."""
        if self.by == "category":
            return {"by": "category", "categories": list(self.categories[shard])}
        return {"by": "hash", "part": shard, "of": self.shards}

    def shard_of(self, product_ids: np.ndarray, category_ids: np.ndarray) -> np.ndarray:
        """int16 (n,) for ids int64 (n,)."""
        if self.by == "hash":
            return hash_shards(product_ids, self.shards)
        known = np.array([each for group in self.categories for each in group], dtype=np.int64)
        owner = np.repeat(np.arange(self.shards, dtype=np.int16), [len(group) for group in self.categories])
        order = np.argsort(known)
        return owner[order][np.searchsorted(known[order], category_ids)]


def hash_shards(product_ids: np.ndarray, shards: int) -> np.ndarray:
    mixed = np.asarray(product_ids).astype(np.uint64) * GOLDEN_RATIO
    return ((mixed >> np.uint64(33)) % np.uint64(shards)).astype(np.int16)


def split_rows(category_ids: np.ndarray, shards: int, by: By) -> Split:
    """`shards` parts of about the same size. By category: neighbours in the tree stay together, none is cut."""
    if by == "hash" or shards == 1:
        return Split("hash", shards)
    ids, counts = np.unique(category_ids, return_counts=True)
    paths = dict(Category.objects.values_list("id", "path"))
    order = sorted(range(len(ids)), key=lambda at: paths.get(int(ids[at]), ""))
    middles = np.cumsum(counts[order]) - counts[order] / 2
    owner = (middles * shards / counts.sum()).astype(int)
    groups = [tuple(int(ids[at]) for at, shard in zip(order, owner, strict=True) if shard == n) for n in range(shards)]
    groups = [group for group in groups if group]
    return Split("category", len(groups), tuple(groups))


def split_as_before(routings: list[dict], category_ids: np.ndarray) -> Split:
    """The split that these entries of a manifest were made with; categories that are new go to the smallest shard."""
    if routings[0]["by"] == "hash":
        return Split("hash", routings[0]["of"])
    groups = [set(each["categories"]) for each in routings]
    ids, counts = np.unique(category_ids, return_counts=True)
    count = dict(zip(ids.tolist(), counts.tolist(), strict=True))
    for category in ids.tolist():
        if not any(category in group for group in groups):
            min(groups, key=lambda group: sum(count.get(each, 0) for each in group)).add(category)
    return Split("category", len(groups), tuple(tuple(sorted(group)) for group in groups))
