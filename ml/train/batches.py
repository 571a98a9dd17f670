"""Endless training batches: each from one source, whole families together, several views of each item, and words."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from zlib import crc32

import numpy as np
import torch
from PIL import Image
from torch.utils.data import IterableDataset, get_worker_info

from ml.encode.images import ImageSpec, to_square
from ml.train.items import Item
from ml.train.views import pasted_view, photo_view, studio_view
from ml.train.words import Phrase, phrase, says

# The other sofas are harder to tell from a sofa than the lamps are.
SAME_KIND_SHARE = 0.6


@dataclass(frozen=True, slots=True)
class Source:
    """Items to draw from. `views`: pictures of each item in a batch; `share`: how often this source is drawn."""

    name: str
    items: Sequence[Item]
    views: int
    share: float


@dataclass(frozen=True, slots=True)
class Batch:
    """pixels uint8 (n, size, size, 3), labels int64 (n,), texts (m,), matches bool (m, n): which text fits which.

    A product has the same label in every batch.
    """

    source: str
    pixels: torch.Tensor
    labels: torch.Tensor
    texts: tuple[str, ...]
    matches: torch.Tensor


class Batches(IterableDataset):
    """Deterministic for a seed and a worker count; `skip` goes on where a run stopped."""

    def __init__(
        self, sources: Sequence[Source], spec: ImageSpec, *, size: int, seed: int, fillers: Sequence[Path]
    ) -> None:
        self.sources = [source for source in sources if source.items]
        self.spec = spec
        self.size = size
        self.seed = seed
        self.fillers = fillers

    def __iter__(self) -> Iterator[Batch]:
        worker = get_worker_info()
        random = Random(f"{self.seed}/{worker.id if worker else 0}")
        shares = [source.share for source in self.sources]
        while True:
            (source,) = random.choices(self.sources, shares)
            yield self.batch(source, random)

    def batch(self, source: Source, random: Random) -> Batch:
        items = draw_families(source.items, self.size // source.views, random)
        views = [view(item, number, random, self.fillers) for item in items for number in range(source.views)]
        shown = [item for item in items for _ in range(source.views)]
        phrases = [phrase(item, random) for item in items]
        return Batch(
            source=source.name,
            pixels=torch.from_numpy(np.stack([to_square(image, self.spec) for image in views])),
            labels=torch.tensor([crc32(item.key.encode()) for item in shown]),
            texts=tuple(each.text for each in phrases),
            matches=match_matrix(phrases, shown),
        )


def match_matrix(phrases: Sequence[Phrase], shown: Sequence[Item]) -> torch.Tensor:
    return torch.tensor([[says(each, item) for item in shown] for each in phrases])


def draw_families(items: Sequence[Item], count: int, random: Random) -> list[Item]:
    """`count` different items, whole families (at most a quarter of the batch each) one after another."""
    families: dict[str, list[Item]] = {}
    for item in items:
        families.setdefault(item.family, []).append(item)
    drawn: list[Item] = []
    names = list(families)
    random.shuffle(names)
    if random.random() < SAME_KIND_SHARE:
        order = {kind: random.random() for kind in sorted({kind_of(item) for item in items})}
        names.sort(key=lambda name: order[kind_of(families[name][0])])
    for name in names:
        members = families[name]
        drawn += random.sample(members, min(len(members), max(2, count // 4)))
        if len(drawn) >= count:
            break
    return drawn[:count]


def kind_of(item: Item) -> str:
    return item.attributes.get("type", "")


def view(item: Item, number: int, random: Random, fillers: Sequence[Path]) -> Image.Image:
    """View 0 is the catalog's where there is one, the others are what a shopper's phone would send."""
    if item.studio and (number == 0 or not item.crops):
        path = random.choice(item.studio)
        return studio_view(path, random) if number == 0 else pasted_view(path, random, fillers)
    if item.studio and random.random() < 0.25:
        return pasted_view(random.choice(item.studio), random, fillers)
    return photo_view(random.choice(item.crops), random, fillers)
