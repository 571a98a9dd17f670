"""Whether the cells of an earlier build still fit the rows, or must be trained anew."""

from dataclasses import dataclass

import numpy as np

from search.build.rowfile import FileRows
from search.build.shard import choose_kind, drift, known_centroids
from search.retrieve.part import Part

GROWTH = 1.5  # rows since the cells were trained
MAX_DRIFT = 1.15  # mean distance of new rows to their centroid, in that of the rows it was trained with
MAX_IMBALANCE = 1.5  # of the lists' sizes, in what it was when they were trained
SAMPLED_ROWS = 10_000
TRAINED = ("trained_rows", "distance", "imbalance")  # figures of the training, handed on while its cells are kept


@dataclass(frozen=True, slots=True)
class Cells:
    """centroids float32 (nlist, dim) to take over, or None; `why` in words; `trained`: TRAINED of an earlier entry."""

    centroids: np.ndarray | None
    why: str
    trained: dict | None = None
    drift: float | None = None

    def facts(self, entry: dict) -> dict:
        """What the entry of the shard that was built with them says more, or otherwise."""
        said = {"cells_why": self.why, "drift": self.drift}
        if "distance" not in entry:
            return said | {"cells": "none"}
        if self.centroids is None:
            return said | {"cells": "trained"}
        return said | {"cells": "kept", "imbalance_now": entry["imbalance"], **(self.trained or {})}


def choose_cells(rows: np.ndarray, fresh: np.ndarray, vectors: FileRows, base: Part | None) -> Cells:
    """rows int64 (n,) of the shard in the snapshot; fresh bool and vectors are the snapshot's."""
    if base is None:
        return Cells(None, "no earlier shard")
    kind = choose_kind(len(rows))
    centroids = known_centroids(base.folder, base.entry) if base.entry["kind"] == kind else None
    if centroids is None:
        return Cells(None, "an index of this kind and size takes no cells over")
    trained = {name: base.entry[name] for name in TRAINED}
    if len(rows) > GROWTH * trained["trained_rows"]:
        return Cells(None, f"{len(rows):,} rows, trained with {trained['trained_rows']:,}")
    if (now := base.entry.get("imbalance_now", 0.0)) > MAX_IMBALANCE * trained["imbalance"]:
        return Cells(None, f"lists have become uneven: {now:.2f}, {trained['imbalance']:.2f} when trained")
    new = rows[fresh[rows]]
    if not len(new):
        return Cells(centroids, "no new rows", trained)
    sampled = new[np.linspace(0, len(new) - 1, min(len(new), SAMPLED_ROWS)).astype(np.int64)]
    moved = round(drift(base.entry, least_distance(vectors[sampled], centroids), 0), 3)
    if moved > MAX_DRIFT:
        return Cells(None, f"new rows lie {moved:.2f} times as far from their centroids", drift=moved)
    return Cells(centroids, "they still fit", trained, moved)


def least_distance(vectors: np.ndarray, centroids: np.ndarray) -> float:
    """How far rows lie from their nearest centroid at least: the mean less two standard errors.

    The distance is 1 less the inner product. vectors float16 (m, dim). A handful of odd rows is no drift.
    """
    pieces = np.array_split(vectors, max(1, len(vectors) // 1000))
    nearest = [(piece.astype(np.float32) @ centroids.T).max(axis=1) for piece in pieces]
    distances = 1.0 - np.concatenate(nearest)
    return float(distances.mean() - 2 * distances.std() / len(distances) ** 0.5)
