"""Endless training batches: each from one source, whole families together, several views of each item, and words."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from zlib import crc32

import numpy as np
import torch
from onnxruntime import InferenceSession
from PIL import Image
from torch.utils.data import IterableDataset, get_worker_info

from ml.encode.images import ImageSpec, to_square
from ml.train.early import Early, run_early
from ml.train.items import Item
from ml.train.mine import Index, draw_mixed_up
from ml.train.sources import Source
from ml.train.views import pasted_view, photo_view, studio_view
from ml.train.words import Phrase, phrase, says

# The other sofas are harder to tell from a sofa than the lamps are.
SAME_KIND_SHARE = 0.6
MIXED_UP_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class Batch:
    """maps: n pictures after the frozen stages; labels and kinds int64 (n,); texts (m,), matches bool (m, n).

    A product has the same label in every batch, a kind of thing the same number; `matches`: which text fits which.
    """

    source: str
    maps: tuple[torch.Tensor, ...]
    labels: torch.Tensor
    kinds: torch.Tensor
    texts: tuple[str, ...]
    matches: torch.Tensor


class Batches(IterableDataset):
    """Deterministic for a seed without workers; with them, as far as `indexes` are refreshed at the same batches."""

    def __init__(
        self,
        sources: Sequence[Source],
        spec: ImageSpec,
        *,
        size: int,
        seed: int,
        fillers: Sequence[Path],
        early: Early,
        indexes: Mapping[str, Index] | None = None,
    ) -> None:
        self.sources = [source for source in sources if source.items]
        self.spec = spec
        self.size = size
        self.seed = seed
        self.fillers = fillers
        self.early = early
        self.indexes = indexes or {}

    def __iter__(self) -> Iterator[Batch]:
        worker = get_worker_info()
        random = Random(f"{self.seed}/{worker.id if worker else 0}")
        session = self.early.open()
        shares = [source.share for source in self.sources]
        while True:
            (source,) = random.choices(self.sources, shares)
            yield self.batch(source, random, session)

    def batch(self, source: Source, random: Random, session: InferenceSession) -> Batch:
        items = self.draw(source, self.size // source.views, random)
        views = [view(item, number, random, self.fillers) for item in items for number in range(source.views)]
        shown = [item for item in items for _ in range(source.views)]
        phrases = [phrase(item, random) for item in items]
        return Batch(
            source=source.name,
            maps=run_early(session, np.stack([to_square(image, self.spec) for image in views])),
            labels=torch.tensor([label_of(item) for item in shown]),
            kinds=torch.tensor([crc32(kind_of(item).encode()) for item in shown]),
            texts=tuple(each.text for each in phrases),
            matches=match_matrix(phrases, shown),
        )

    def draw(self, source: Source, count: int, random: Random) -> list[Item]:
        """Half of the batches from what is mixed up now, as far as that is known."""
        index = self.indexes.get(source.name)
        known = index is not None and bool((index.nearest[:, 0] >= 0).any())
        if known and random.random() < MIXED_UP_SHARE:
            return draw_mixed_up(source.items, index, count, random)
        return draw_families(source.items, count, random)


def label_of(item: Item) -> int:
    return crc32(item.key.encode())


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
    return item.attributes.get("type", item.family)


def view(item: Item, number: int, random: Random, fillers: Sequence[Path]) -> Image.Image:
    """View 0 is the catalog's where there is one, the others are what a shopper's phone would send."""
    if item.studio and (number == 0 or not item.crops):
        path = random.choice(item.studio)
        return studio_view(path, random) if number == 0 else pasted_view(path, random, fillers)
    if item.studio and random.random() < 0.25:
        return pasted_view(random.choice(item.studio), random, fillers)
    return photo_view(random.choice(item.crops), random, fillers)
