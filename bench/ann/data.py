"""The vectors of a run, made once and kept in $SIGHTLINE_BENCH_DATA (a temporary folder unless set)."""

import json
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ann.world import ANOTHER_PHOTO, ANOTHER_PHOTO_NOISE, DIM, QUERY_NOISE, World, photographed_again

QUERIES = 1000
DEEPEST = 100  # neighbours that are known exactly for each query
CELLS = 1000
HARD_ENOUGH = (0.90, 0.95)  # recall@10 of plain IVF with CELLS lists, 10 of them looked into
STEP = 25_000
TRAIN_PER_CELL = 64


def data_folder() -> Path:
    return Path(os.environ.get("SIGHTLINE_BENCH_DATA") or Path(tempfile.gettempdir()) / "sightline-bench")


@dataclass(frozen=True, slots=True)
class Data:
    """base float32 (rows, DIM), mapped; queries float32 (QUERIES, DIM): half are other photos of something in the base,
    half are things that are not in it. practice: as many others, for what tunes itself. truth int32 (QUERIES, DEEPEST):
    row numbers, best first. price float32 (rows,) even over 0 to 1000, whatever the vector. cells int16 (rows,): the
    nearest of `centres` float32 (CELLS, DIM).
    """

    rows: int
    folder: Path
    base: np.ndarray
    queries: np.ndarray
    practice: np.ndarray
    truth: np.ndarray
    price: np.ndarray
    cells: np.ndarray
    centres: np.ndarray
    hardness: dict

    @classmethod
    def open(cls, rows: int) -> "Data":
        folder = data_folder() / f"vectors-{rows}"
        if not (folder / "hardness.json").exists():
            make(rows, folder)
        names = ("queries", "practice", "truth", "price", "cells", "centres")
        small = {name: np.load(folder / f"{name}.npy") for name in names}
        base = np.load(folder / "base.npy", mmap_mode="r")
        return cls(rows, folder, base, hardness=json.loads((folder / "hardness.json").read_text()), **small)

    def parts(self, step: int = STEP) -> Iterator[tuple[int, np.ndarray]]:
        """(first row, float32 (step, DIM)) over the whole base, copied out of the file."""
        for first in range(0, self.rows, step):
            yield first, np.ascontiguousarray(self.base[first : first + step])

    def sample(self, n: int, seed: int = 3) -> np.ndarray:
        rows = np.sort(np.random.default_rng(seed).choice(self.rows, min(n, self.rows), replace=False))
        return np.ascontiguousarray(self.base[rows])


def make(rows: int, folder: Path) -> None:
    """hardness.json is written last: a folder without it is made again."""
    folder.mkdir(parents=True, exist_ok=True)
    print(f"Making {rows:,} vectors in {folder}", flush=True)
    world = World(classes=max(500, int(14_000 * (rows / 1e6) ** 0.7)))
    base = draw_base(world, rows, folder / "base.npy")
    dice = np.random.default_rng(world.seed + 2)
    queries, practice = (draw_queries(world, base, dice) for _ in range(2))
    truth = exact(base, queries, DEEPEST)
    centres = centres_of(base)
    cells = nearest_cell(base, centres)
    price = np.random.default_rng(world.seed + 3).uniform(0, 1000, rows).astype(np.float32)
    made = {"queries": queries, "practice": practice, "truth": truth, "price": price, "cells": cells}
    for name, array in {**made, "centres": centres}.items():
        np.save(folder / f"{name}.npy", array)
    found = hardness(base, queries, truth, cells, centres)
    (folder / "hardness.json").write_text(json.dumps({"rows": rows, "classes": world.classes, **found}, indent=1))


def draw_base(world: World, rows: int, path: Path) -> np.ndarray:
    base = np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=(rows, DIM))
    dice = np.random.default_rng(world.seed + 1)
    for first in range(0, rows, STEP):
        part = world.draw(min(STEP, rows - first), dice)
        again = np.flatnonzero(dice.random(len(part)) < ANOTHER_PHOTO)
        shown = dice.integers(0, first or len(part), len(again))
        part[again] = photographed_again((base if first else part)[shown], ANOTHER_PHOTO_NOISE, dice)
        base[first : first + len(part)] = part
    base.flush()
    return base


def draw_queries(world: World, base: np.ndarray, dice: np.random.Generator) -> np.ndarray:
    known = np.sort(dice.integers(0, len(base), QUERIES // 2))
    again = photographed_again(base[known], QUERY_NOISE, dice)
    return np.concatenate([again, world.draw(QUERIES - len(again), dice)])[dice.permutation(QUERIES)]


def exact(base: np.ndarray, queries: np.ndarray, k: int) -> np.ndarray:
    """Row numbers of the largest inner products, int32 (queries, k), best first."""
    import faiss

    return faiss.knn(queries, base, k, metric=faiss.METRIC_INNER_PRODUCT)[1].astype(np.int32)


def centres_of(base: np.ndarray) -> np.ndarray:
    import faiss

    few = min(len(base), CELLS * TRAIN_PER_CELL)
    rows = np.sort(np.random.default_rng(1).choice(len(base), few, replace=False))
    means = faiss.Kmeans(DIM, CELLS, niter=10, spherical=True, seed=1, min_points_per_centroid=1)
    means.train(np.ascontiguousarray(base[rows]))
    return means.centroids


def nearest_cell(base: np.ndarray, centres: np.ndarray) -> np.ndarray:
    steps = range(0, len(base), STEP)
    return np.concatenate([(base[first : first + STEP] @ centres.T).argmax(1) for first in steps]).astype(np.int16)


def hardness(base, queries, truth, cells, centres) -> dict:
    """What an index is up against. The recall of plain IVF follows from the cells: what lies in a cell that is looked
    into is found, and nothing else."""
    dice = np.random.default_rng(1)
    one, other = (base[np.sort(dice.integers(0, len(base), 5000))] for _ in range(2))
    pairs = np.einsum("nd,nd->n", one, other[dice.permutation(len(other))])
    best = np.einsum("qd,qkd->qk", queries, base[truth[:, [0, 9]]])
    looked_into = np.argsort(-(queries @ centres.T), axis=1)[:, :32]
    rank = (cells[truth[:, :10]][:, :, None] == looked_into[:, None, :]).cumsum(2)  # (q, 10, 32)
    recall = {probed: float(rank[:, :, probed - 1].mean()) for probed in (1, 4, 10, 32)}
    sizes = np.bincount(cells, minlength=CELLS).astype(float)
    return {
        "cosine_of_two_at_random": float(pairs.mean()),
        "cosine_of_the_nearest": float(np.median(best[:, 0])),
        "cosine_of_the_tenth": float(np.median(best[:, 1])),
        "ivf_recall_at_10": recall,
        "list_imbalance": float(CELLS * (sizes**2).sum() / sizes.sum() ** 2),
        "hard_enough": bool(HARD_ENOUGH[0] <= recall[10] <= HARD_ENOUGH[1]),
    }
