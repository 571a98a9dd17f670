"""The generation that a merge starts from: its vectors by image id, so that only what is new comes from Postgres."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from search.build.rowfile import FileRows
from search.retrieve.cold import VECTORS
from search.retrieve.generation import Generation


@dataclass(frozen=True, slots=True)
class BaseRows:
    """sorted_ids int64 (n,) ascending; row `places[i]` of all shards' rows one after the other is image sorted_ids[i].

    `watermark` says what counts as new. `starts` int64 (shards + 1,): where each shard's rows begin.
    """

    watermark: str
    sorted_ids: np.ndarray
    places: np.ndarray
    starts: np.ndarray
    vectors: Sequence[FileRows]  # of each shard

    def find(self, image_ids: np.ndarray) -> np.ndarray:
        """Places of images, int64 (n,); -1 where the base has none."""
        at = np.minimum(np.searchsorted(self.sorted_ids, image_ids), max(len(self.sorted_ids) - 1, 0))
        if not len(self.sorted_ids):
            return np.full(len(image_ids), -1)
        return np.where(self.sorted_ids[at] == image_ids, self.places[at], -1)

    def take(self, places: np.ndarray, dim: int) -> np.ndarray:
        """Vectors float16 (n, dim) at these places."""
        out = np.empty((len(places), dim), dtype=np.float16)
        shards = np.searchsorted(self.starts, places, side="right") - 1
        for number, vectors in enumerate(self.vectors):
            here = np.flatnonzero(shards == number)
            here = here[np.argsort(places[here])]  # the disk is read forwards
            if len(here):
                out[here] = vectors[places[here] - self.starts[number]]
        return out


def base_rows(generation: Generation) -> BaseRows | None:
    """None where a shard is missing: then everything comes from Postgres, which repairs it."""
    parts = generation.parts
    if not parts or any(part.shard is None for part in parts):
        return None
    ids = np.concatenate([part.image_ids for part in parts])
    starts = np.cumsum([0, *(part.shard.rows for part in parts)])
    order = np.argsort(ids, kind="stable")
    vectors = [FileRows(part.folder / VECTORS, part.shard.rows, part.shard.dim) for part in parts]
    return BaseRows(generation.manifest.watermark, ids[order], order, starts, vectors)
