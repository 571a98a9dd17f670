"""Recall against the truth: every row of a generation compared with every query, a piece of the rows at a time."""

from dataclasses import dataclass

import numpy as np

from search.build.rowfile import FileRows
from search.retrieve import generation as cold
from search.retrieve.cold import VECTORS
from search.retrieve.part import Part
from search.types import QueryVector

CHUNK_ROWS = 16_384
TIE = 2e-6  # rows as good as the k-th are right answers, too: a catalog is full of equal pictures
ASKED = 0.95  # what a search asks for when nothing else is said


@dataclass(frozen=True, slots=True)
class Recall:
    """Means over the queries, with their standard errors: the share of the 10 and 100 best rows that a search finds."""

    at_10: float
    at_100: float
    error_10: float
    error_100: float


def measure_recall(generation: cold.Generation, queries: np.ndarray) -> Recall:
    """queries float32 (q, dim)."""
    best = exact_scores(generation, queries, 100)
    shares = np.array([found_share(generation, query, best[number]) for number, query in enumerate(queries)])
    figures = (*shares.mean(axis=0), *shares.std(axis=0) / len(shares) ** 0.5)
    return Recall(*(round(float(figure), 4) for figure in figures))


def found_share(generation: cold.Generation, query: np.ndarray, best: np.ndarray) -> tuple[float, float]:
    """Of the 10 and the 100 best, each asked for by itself. best float32 (m,), descending: their true scores."""
    shares = []
    for k in (10, 100):
        true = best[:k]
        found = generation.search(QueryVector(generation.manifest.bundle_id, query), k, ASKED)
        right = int((found.scores[:k] >= true[-1] - TIE).sum()) if len(true) else 0
        shares.append(right / len(true) if len(true) else 1.0)
    return shares[0], shares[1]


def exact_scores(generation: cold.Generation, queries: np.ndarray, k: int) -> np.ndarray:
    """float32 (q, min(k, rows alive)): the best scores of each query, descending."""
    best = np.full((len(queries), k), -np.inf, np.float32)
    for part in generation.parts:
        alive, stored = living(part), FileRows(part.folder / VECTORS, part.shard.rows, part.shard.dim)
        for start in range(0, part.shard.rows, CHUNK_ROWS):
            rows = np.arange(start, min(start + CHUNK_ROWS, part.shard.rows))
            scores = queries @ stored[start : start + CHUNK_ROWS].astype(np.float32).T
            if alive is not None:
                scores[:, ~alive[rows]] = -np.inf
            both = np.concatenate([best, scores], axis=1)
            best = np.partition(both, both.shape[1] - k, axis=1)[:, -k:]
    best = -np.sort(-best, axis=1)
    return best[:, : int(np.isfinite(best[0]).sum())] if len(best) else best


def living(part: Part) -> np.ndarray | None:
    """Rows that may be shown, bool (n,); None for all."""
    if part.columns is None or not part.columns.dead_count:
        return None
    return part.columns.alive.rows
