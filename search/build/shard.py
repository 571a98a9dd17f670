"""Rows to one shard: float16 rows list by list, and an index over them whose kind is chosen by size."""

import os
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path

import faiss
import numpy as np

from search.build.tune import code_noise, tune
from search.retrieve.cold import INDEX, VECTORS, Shard
from search.retrieve.lists import centroids as centroids_of

KINDS = ("exact", "hnsw", "ivf", "ivfpq", "ivfpq-disk")
EXACT_BELOW = 20_000
GRAPH_LINKS = 32
CHUNK_ROWS = 50_000
TRAIN_PER_LIST = 48
TRAIN_LEAST = 65_536
TRAIN_ROUNDS = 10
CODE_TRAIN_ROWS = 65_536
CODE_PARTS = 128  # 64 bytes a row: half the memory of 256 parts, scanned twice as fast, and more rows to compare
CODE_BITS = 4  # what a register can look up at once

Progress = Callable[[str, int, int], None]


def no_progress(stage: str, done: int, total: int) -> None:
    """For callers that nobody watches."""


def choose_kind(rows: int) -> str:
    """exact or ivf. A graph (hnsw) is chosen by hand: it is larger, and compares every match of a filter."""
    return "exact" if rows < EXACT_BELOW else "ivf"


def list_count(rows: int) -> int:
    """Lists of an IVF index: about 1.45 times the root of the rows, where choosing lists costs what scanning does."""
    return max(8, int(1.45 * rows**0.5))


def build_shard(
    folder: Path,
    vectors: np.ndarray,
    *,
    kind: str | None = None,
    centroids: np.ndarray | None = None,
    queries: np.ndarray | None = None,
    seed: int = 0,
    progress: Progress = no_progress,
) -> tuple[dict, np.ndarray]:
    """Writes vectors.f16 and index.faiss into `folder`, and measures the tuning table.

    vectors: float16 (n, dim) unit rows, may be mapped. centroids: float32 (nlist, dim) of an earlier build, to skip
    training them. queries: float32 (q, dim) real ones to tune with; without them rows of the shard are asked for.
    Returns the shard's entry for the manifest, and `order` int64 (n,): row i of the shard is vectors[order[i]].
    """
    n, dim = vectors.shape
    kind = kind or choose_kind(n)
    if kind not in KINDS:
        raise ValueError(f"{kind} is no kind of index; there are {', '.join(KINDS)}")
    folder.mkdir(parents=True, exist_ok=True)
    entry = {"kind": kind, "rows": n, "dim": dim}
    with all_cores():
        if kind.startswith("ivf"):
            order, extra = build_lists(folder, vectors, kind, centroids, seed, progress)
            entry |= extra
        else:
            order = np.arange(n)
            write_rows(folder / VECTORS, vectors, order, progress)
            if kind == "hnsw":
                build_graph(folder, dim, n, progress)
        progress("measuring recall", 0, 1)
        shard = Shard.open(folder, entry)
        entry["tuning"] = tune(shard, queries, seed)
        entry["noise"] = code_noise(shard, seed)
        shard.close()
    return entry, order


@contextmanager
def all_cores():
    """FAISS counts threads per calling thread: building may use every core or OMP_NUM_THREADS, searching uses one."""
    before = faiss.omp_get_max_threads()
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    faiss.omp_set_num_threads(int(os.environ.get("OMP_NUM_THREADS") or cores))
    try:
        yield
    finally:
        faiss.omp_set_num_threads(before)


def build_lists(folder: Path, vectors, kind: str, known, seed: int, progress: Progress) -> tuple[np.ndarray, dict]:
    n, dim = vectors.shape
    progress("training lists", 0, 1)
    sample = draw(vectors, max(TRAIN_LEAST, list_count(n) * TRAIN_PER_LIST), seed)
    turn = train_turn(sample, seed) if kind.startswith("ivfpq") else None
    if turn is not None:
        sample = turn.apply(sample)
    if known is None or known.shape[1] != dim:
        known = train_centroids(sample, min(list_count(n), len(sample)), seed)
    flat = faiss.IndexFlatIP(dim)
    flat.add(known)
    lists, distance = assign(vectors, flat, turn, progress)
    order = np.argsort(lists, kind="stable")
    write_rows(folder / VECTORS, vectors, order, progress)
    index = new_index(kind, flat, dim, len(known))
    train_codes(index, sample, seed)
    add(index, folder / VECTORS, lists[order], turn, progress)
    save_lists(folder / INDEX, index, known, turn)
    sizes = np.bincount(lists, minlength=len(known))
    imbalance = float(len(known) * (sizes.astype(float) ** 2).sum() / n**2)
    return order, {"nlist": len(known), "trained_rows": n, "distance": distance, "imbalance": imbalance}


def draw(vectors: np.ndarray, count: int, seed: int) -> np.ndarray:
    """float32 (min(count, n), dim): rows at random, in the order of the file."""
    n = len(vectors)
    rows = np.random.default_rng(seed).choice(n, min(count, n), replace=False)
    return np.ascontiguousarray(vectors[np.sort(rows)], dtype=np.float32)


def train_centroids(sample: np.ndarray, lists: int, seed: int) -> np.ndarray:
    """float32 (lists, dim) unit centroids by spherical k-means."""
    clustering = faiss.Clustering(sample.shape[1], lists)
    clustering.niter, clustering.seed, clustering.spherical = TRAIN_ROUNDS, seed + 1, True
    clustering.min_points_per_centroid = 1
    clustering.max_points_per_centroid = TRAIN_PER_LIST * 4
    clustering.train(sample, faiss.IndexFlatIP(sample.shape[1]))
    return faiss.vector_to_array(clustering.centroids).reshape(lists, -1)


def train_turn(sample: np.ndarray, seed: int):
    """The rotation of optimised product quantisation (Ge, He, Ke, Sun, TPAMI 2014)."""
    turn = faiss.OPQMatrix(sample.shape[1], product_bytes(sample.shape[1]))
    turn.niter, turn.niter_pq, turn.niter_pq_0 = 8, 4, 10
    turn.max_train_points = CODE_TRAIN_ROWS
    turn.train(sample)
    return turn


def assign(vectors, flat, turn, progress: Progress) -> tuple[np.ndarray, float]:
    """Each row's nearest list int64 (n,), and the mean distance (1 - inner product) to its centroid."""
    n = len(vectors)
    lists, near = np.empty(n, np.int64), 0.0
    for start in range(0, n, CHUNK_ROWS):
        rows = np.asarray(vectors[start : start + CHUNK_ROWS], dtype=np.float32)
        scores, found = flat.search(rows if turn is None else turn.apply(rows), 1)
        lists[start : start + len(rows)] = found[:, 0]
        near += float(scores.sum())
        progress("sorting rows into lists", start + len(rows), n)
    return lists, 1.0 - near / max(1, n)


def write_rows(path: Path, vectors, order: np.ndarray, progress: Progress) -> None:
    with path.open("wb") as file:
        for start in range(0, len(order), CHUNK_ROWS):
            rows = order[start : start + CHUNK_ROWS]
            file.write(np.ascontiguousarray(vectors[rows], dtype=np.float16).data)
            progress("writing rows", start + len(rows), len(order))


def product_bytes(dim: int) -> int:
    """64 where that divides the dimension, else the largest smaller power of two that does."""
    return next(parts for parts in (64, 32, 16, 8, 4, 2, 1) if dim % parts == 0)


def new_index(kind: str, flat, dim: int, lists: int):
    if kind == "ivf":
        parts = next(parts for parts in range(min(CODE_PARTS, dim), 0, -1) if dim % parts == 0)
        index = faiss.IndexIVFPQ(flat, dim, lists, parts, CODE_BITS, faiss.METRIC_INNER_PRODUCT)
    else:
        index = faiss.IndexIVFPQ(flat, dim, lists, product_bytes(dim), 8, faiss.METRIC_INNER_PRODUCT)
    index.do_polysemous_training = False  # ten times as long, for a search mode that is not used
    return index


def train_codes(index, sample: np.ndarray, seed: int) -> None:
    rows = sample[np.random.default_rng(seed).permutation(len(sample))[:CODE_TRAIN_ROWS]]
    index.pq.cp.niter, index.pq.cp.seed = 8, seed + 1
    index.pq.cp.max_points_per_centroid = 256
    index.train(np.ascontiguousarray(rows))


def add(index, path: Path, lists: np.ndarray, turn, progress: Progress) -> None:
    """Rows in the order of the file, into the lists they were sorted into."""
    n = len(lists)
    stored = np.memmap(path, np.float16, mode="r").reshape(n, index.d) if n else np.empty((0, index.d), np.float16)
    for start in range(0, n, CHUNK_ROWS):
        rows = stored[start : start + CHUNK_ROWS].astype(np.float32)
        rows = rows if turn is None else turn.apply(rows)
        ids = np.arange(start, start + len(rows), dtype=np.int64)
        chosen = np.ascontiguousarray(lists[start : start + len(rows)])
        pointers = [faiss.swig_ptr(array) for array in (rows, ids, chosen)]
        index.add_core(len(rows), *pointers)
        progress("coding rows", start + len(rows), n)


def save_lists(path: Path, index, known: np.ndarray, turn) -> None:
    """4-bit codes are packed for scanning in registers; the centroids are found by a graph from now on."""
    graph = faiss.IndexHNSWFlat(index.d, GRAPH_LINKS, faiss.METRIC_INNER_PRODUCT)
    graph.hnsw.efConstruction = 100
    graph.add(known)
    packed = faiss.IndexIVFPQFastScan(index, 32) if index.pq.nbits == CODE_BITS else index
    packed.quantizer = graph
    packed.quantizer_trains_alone = 2
    whole = packed if turn is None else faiss.IndexPreTransform(turn, packed)
    faiss.write_index(whole, str(path))


def build_graph(folder: Path, dim: int, n: int, progress: Progress) -> None:
    stored = np.memmap(folder / VECTORS, np.float16, mode="r").reshape(n, dim)
    index = faiss.IndexHNSWSQ(dim, faiss.ScalarQuantizer.QT_8bit, GRAPH_LINKS, faiss.METRIC_INNER_PRODUCT)
    index.hnsw.efConstruction = 80
    index.train(draw(stored, TRAIN_LEAST, 0))
    for start in range(0, n, 5000):
        index.add(stored[start : start + 5000].astype(np.float32))
        progress("linking rows", min(n, start + 5000), n)
    faiss.write_index(index, str(folder / INDEX))


def known_centroids(folder: Path, entry: dict) -> np.ndarray | None:
    """float32 (nlist, dim) of a shard's lists, to build the next one with; None for kinds that have none."""
    if entry["kind"] != "ivf":
        return None
    index = faiss.read_index(str(folder / INDEX), faiss.IO_FLAG_SKIP_IVF_DATA)  # owns the memory of the view
    return centroids_of(index).copy()


def drift(entry: dict, distance: float, rows: int) -> float:
    """How much worse rows fit the lists than when they were trained: 1.0 is as well as then.

    distance: mean distance of the new rows to their centroids; rows: how many the shard would have.
    """
    fit = distance / max(entry["distance"], 1e-6)
    return max(fit, rows / max(1, entry["trained_rows"]) / 1.5)
