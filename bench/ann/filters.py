"""Which rows a shopper's filter leaves, in three relations to the query, and what is exactly right under it.

independent: a price limit; prices know nothing of the vectors.
against: the shop's departments (the cells of the data) that lie farthest from the query, added up until they hold the
wanted share of the rows. The queries are put into groups of neighbours, one filter a group, as a shop has a few
filters and not one a shopper. `near` says how many of a query's 100 nearest rows pass: it should be about none.
along: the nearest departments instead.
"""

from dataclasses import dataclass

import numpy as np

from ann.data import CELLS, DEEPEST, Data, exact
from ann.world import DIM

SHARES = (0.5, 0.1, 0.01, 0.001)
RELATIONS = ("independent", "against", "along")
GROUPS = 16


@dataclass(frozen=True, slots=True)
class Narrow:
    """One filter: rows below a price, or in some of the cells."""

    price_max: float | None = None
    cells: tuple[int, ...] = ()

    def rows(self, data: Data) -> np.ndarray:
        """bool (rows,)"""
        if self.price_max is not None:
            return data.price <= self.price_max
        return np.isin(data.cells, self.cells)


@dataclass(frozen=True, slots=True)
class Case:
    """One relation at one share. filters: one or GROUPS; group int (QUERIES,) says which one a query has. truth int32
    (QUERIES, DEEPEST), -1 where fewer rows pass; share and near as measured.
    """

    relation: str
    share: float
    filters: tuple[Narrow, ...]
    group: np.ndarray
    truth: np.ndarray
    passing: float
    near: float


def cases(data: Data, shares=SHARES, relations=RELATIONS) -> list[Case]:
    return [case(data, relation, share) for relation in relations for share in shares]


def case(data: Data, relation: str, share: float) -> Case:
    """Made at first use, which needs faiss; kept beside the vectors."""
    group = groups(data) if relation != "independent" else np.zeros(len(data.queries), np.int64)
    filters = tuple(narrow(data, relation, share, number) for number in range(group.max() + 1))
    path = data.folder / f"truth-{relation}-{share}.npz"
    if not path.exists():
        truth, passing = truth_of(data, filters, group)
        np.savez(path, truth=truth, passing=passing, near=near_share(data, filters, group))
    kept = np.load(path)
    return Case(relation, share, filters, group, kept["truth"], float(kept["passing"]), float(kept["near"]))


def groups(data: Data) -> np.ndarray:
    """Which of GROUPS clusters of queries each belongs to, int64 (QUERIES,)."""
    path = data.folder / "groups.npy"
    if not path.exists():
        import faiss

        means = faiss.Kmeans(DIM, GROUPS, niter=20, spherical=True, seed=5, min_points_per_centroid=1)
        means.train(data.queries)
        np.save(path, (data.queries @ means.centroids.T).argmax(1))
    return np.load(path)


def narrow(data: Data, relation: str, share: float, number: int) -> Narrow:
    if relation == "independent":
        return Narrow(price_max=float(np.quantile(data.price, share)))
    likeness = data.queries[groups(data) == number] @ data.centres.T  # (queries of the group, CELLS)
    order = np.argsort(likeness.max(0)) if relation == "against" else np.argsort(-likeness.mean(0))
    sizes = np.bincount(data.cells, minlength=CELLS)[order]
    enough = int(np.searchsorted(np.cumsum(sizes), share * data.rows)) + 1
    return Narrow(cells=tuple(sorted(int(cell) for cell in order[:enough])))


def truth_of(data: Data, filters: tuple[Narrow, ...], group: np.ndarray) -> tuple[np.ndarray, float]:
    """(row numbers int32 (QUERIES, DEEPEST), mean share of the rows that pass)."""
    truth = np.full((len(data.queries), DEEPEST), -1, np.int32)
    passing = []
    for number, narrow in enumerate(filters):
        rows = np.flatnonzero(narrow.rows(data))
        asked = np.flatnonzero(group == number)
        depth = min(DEEPEST, len(rows))
        truth[asked, :depth] = best_of(data, rows, asked, depth)
        passing.append(len(rows) / data.rows)
    return truth, float(np.mean(passing))


def best_of(data: Data, rows: np.ndarray, asked: np.ndarray, k: int, step: int = 100_000) -> np.ndarray:
    """The best k of some rows for some queries, int (asked, k), without holding more than `step` rows."""
    queries = data.queries[asked]
    found, scores = [], []
    for first in range(0, len(rows), step):
        part = rows[first : first + step]
        vectors = np.ascontiguousarray(data.base[part])
        ids = part[exact(vectors, queries, min(k, len(part)))]
        found.append(ids)
        scores.append(np.einsum("qd,qkd->qk", queries, data.base[ids]))
    ids, scores = np.concatenate(found, 1), np.concatenate(scores, 1)
    return np.take_along_axis(ids, np.argsort(-scores, axis=1, kind="stable")[:, :k], 1)


def near_share(data: Data, filters: tuple[Narrow, ...], group: np.ndarray) -> float:
    passes = [narrow.rows(data) for narrow in filters]
    return np.mean([passes[number][truth].mean() for number, truth in zip(group, data.truth, strict=True)])
