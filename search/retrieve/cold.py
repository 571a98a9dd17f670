"""One shard of the cold tier: an immutable FAISS index that proposes rows, and float16 rows that decide.

The kind is stated in the manifest (search/build/shard.py chooses by size):

- `exact`: every row is compared.
- `hnsw`: a graph over 8-bit codes (Malkov and Yashunin, TPAMI 2020).
- `ivf`: inverted lists with 4-bit product codes scanned in registers (André, Le Scouarnec, Kermarrec, VLDB 2015),
  whose rows lie list by list in `vectors.f16`. The lists' centroids are found by a small graph.
- `ivfpq`: the same with 8-bit codes of 64 parts after a rotation (Ge, He, Ke, Sun, TPAMI 2014), half as large; as
  `ivfpq-disk` its lists stay in the file, for what does not fit in memory.

Every setting travels with the call; a shard that is shared between threads is never changed.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import faiss
import numpy as np

from search.retrieve.lists import InvertedLists, raw_search
from search.retrieve.plan import FILTERED_RECALL, Plan, Tuning
from search.retrieve.rows import BrokenShard, HalfRows, best

__all__ = ["BrokenShard", "Found", "Shard"]

INDEX = "index.faiss"
VECTORS = "vectors.f16"
EXACT_ROWS = 1200  # up to this many matches are compared one by one, whatever the index says
NOISES = 2.1  # standard errors of a code's score that a row may seem worse than it is
DEAD_SHARE = 0.02  # more dead rows than this are filtered out while scanning, fewer afterwards

READ_FLAGS = {"ivfpq-disk": faiss.IO_FLAG_MMAP_IFC}  # lists stay in their file, and in the page cache

faiss.omp_set_num_threads(1)  # a search is one thread; many of them run beside one another


@dataclass(frozen=True, slots=True)
class Found:
    """rows int64 (m,) of the shard, best first; scores float32 (m,), exact; vectors float32 (m, dim); explain: how."""

    rows: np.ndarray
    scores: np.ndarray
    vectors: np.ndarray
    explain: dict


class Shard:
    """Open and search. Safe for many threads."""

    def __init__(self, rows: HalfRows, entry: dict, index=None):
        self._rows, self.kind, self.index = rows, entry["kind"], index
        self._tuning, self._noise = Tuning(entry.get("tuning", [])), entry.get("noise", 0.0)
        self.rows, self.dim = rows.rows, rows.dim
        self.lists = InvertedLists(index, self._tuning) if index is not None and self.kind != "hnsw" else None

    @classmethod
    def open(cls, folder: Path, entry: dict) -> "Shard":
        """`entry` is the shard's part of the manifest. Raises BrokenShard."""
        rows = HalfRows(folder / VECTORS, entry["rows"], entry["dim"])
        if entry["kind"] == "exact":
            return cls(rows, entry)
        path = folder / INDEX
        try:
            check_sha256(path, entry)
            index = faiss.read_index(str(path), READ_FLAGS.get(entry["kind"], 0))
        except (OSError, RuntimeError) as error:
            raise BrokenShard(f"{folder.name}/{INDEX}: {error}") from error
        if index.ntotal != entry["rows"] or index.d != entry["dim"]:
            raise BrokenShard(f"{folder.name}/{INDEX} holds {index.ntotal} rows of {index.d} numbers.")
        try:
            return cls(rows, entry, index)
        except RuntimeError as error:
            raise BrokenShard(f"{folder.name}/{INDEX}: {error}") from error

    @property
    def vectors(self) -> HalfRows:
        return self._rows

    def score(self, query: np.ndarray, rows: np.ndarray) -> np.ndarray:
        return self._rows.score(query, rows)

    def touch(self) -> None:
        """Reads every page once, so that the first searches need not wait for the disk."""
        step = 4096 // (self.dim * 2) or 1
        np.asarray(self._rows)[::step, 0].sum(dtype=np.float32)

    def close(self) -> None:
        self.index = self.lists = None

    def search(self, query: np.ndarray, k: int, recall: float = 0.95, mask=None, dead: int = 0, alive=None) -> Found:
        """The best `k` rows that pass, or as many as there are.

        query float32 (dim,). `mask` (search.retrieve.columns.Mask) holds the rows that pass a filter and are alive;
        without one, `alive` bool (n,) drops the `dead` rows.
        """
        if self.rows == 0 or k < 1 or (mask is not None and mask.count == 0):
            return self._found(query, np.empty(0, np.int64), k, {"plan": "nothing"})
        if mask is None and dead > DEAD_SHARE * self.rows:
            raise ValueError("many dead rows: pass Columns.alive as the mask")
        if mask is not None and (mask.count <= EXACT_ROWS or self.lists is None):
            return self._found(query, mask.nonzero(), k, {"plan": "exact", "matches": mask.count})
        if mask is not None:
            return self._search_filtered(query, k, recall, mask)
        alive = alive if dead else None
        if self.kind == "exact":
            return self._best_of_all(query, k, alive)
        return self._search(query, k, recall, dead, alive)

    def _search(self, query, k, recall, dead, alive) -> Found:
        """By lists or graph; wider where they hold fewer rows than were asked for."""
        plan = self._tuning.settings(k, recall)
        most, wanted = self.rows, min(k, self.rows - dead)
        while True:
            count = min(plan.rerank + dead, most)
            rows = self._sound(self._propose(query, plan.nprobe, count))
            if alive is not None:
                rows = rows[alive[rows]]
            if len(rows) >= wanted or plan.nprobe >= most:
                named = {"nprobe" if self.lists else "ef": plan.nprobe, "rerank": plan.rerank}
                return self._found(query, rows, k, {"plan": "lists" if self.lists else "graph"} | named)
            plan = Plan(min(most, 4 * plan.nprobe), max(plan.rerank, wanted))

    def _propose(self, query: np.ndarray, effort: int, count: int) -> np.ndarray:
        if self.lists is not None:
            return self.lists.search(query, effort, count)
        return raw_search(self.index, query, count, faiss.SearchParametersHNSW(efSearch=max(effort, count)))

    def _found(self, query: np.ndarray, rows: np.ndarray, k: int, explain: dict) -> Found:
        """Exact scores decide which of the proposed rows are the best."""
        places, scores, floats = self._rows.best(query, rows, k)
        return Found(rows[places], scores, floats, explain)

    def _best_of_all(self, query: np.ndarray, k: int, alive: np.ndarray | None) -> Found:
        scores = self._rows.score_all(query)
        if alive is not None:
            scores[~alive] = -np.inf
        rows = best(scores, k)
        return self._found(query, rows[scores[rows] > -np.inf], k, {"plan": "exact", "matches": self.rows})

    def _search_filtered(self, query, k, recall, mask) -> Found:
        """Visits lists that hold matches, nearest first, until the last half of the work has found nothing new.

        What codes propose is compared in two steps: the best few at once, and when the k-th best is known, whatever
        may be better than it.
        """
        recall = max(recall, FILTERED_RECALL)
        rerank = self._tuning.settings(k, recall).rerank
        rows = self.lists.came_since(mask)
        route = self.lists.route(query, k, mask, recall)
        start, end, compared, waiting = 0, route.first, 0, []
        count = route.proposals(rerank, mask.count)
        while True:
            lists, scores = route.lists[start:end], route.scores[start:end]
            sure, proposed, by_codes = self.lists.candidates(query, lists, scores, mask, count)
            rows = np.concatenate([rows, sure, self._sound(proposed[:rerank])])
            waiting.append((proposed[rerank:], by_codes[rerank:]))
            compared += len(rows)
            found = self._found(query, rows, k, {})
            late = route.late(self.lists.list_of[found.rows], end)
            if end == len(route.lists) or (len(found.rows) == k and late <= k * (1 - recall)):
                break
            rows, start, end = found.rows, end, route.further(end, late / k)
        self.lists.learn(route.lists[:end], mask)
        least = found.scores[-1] - NOISES * self._noise if len(found.rows) == k else -np.inf
        rows = self._sound(np.concatenate([proposed[by_codes >= least] for proposed, by_codes in waiting]))
        explain = {"plan": "filtered", "nprobe": end, "matches": mask.count, "compared": compared + len(rows)}
        return self._found(query, np.concatenate([found.rows, rows]), k, explain)

    def _sound(self, rows: np.ndarray) -> np.ndarray:
        """Drops the -1 of a short answer, and row numbers that a damaged file made up."""
        return rows[(rows >= 0) & (rows < self.rows)]


def check_sha256(path: Path, entry: dict) -> None:
    """FAISS trusts what it reads, so a damaged index is never given to it. Raises BrokenShard."""
    wanted = next((file["sha256"] for name, file in entry.get("files", {}).items() if name.endswith(INDEX)), None)
    if wanted is None:
        return
    with path.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != wanted:
            raise BrokenShard(f"{path.parent.name}/{INDEX} is not as it was written.")
