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
from search.retrieve.plan import FILTERED_RECALL, settings_for
from search.retrieve.rows import BrokenShard, HalfRows, best

__all__ = ["BrokenShard", "Found", "Shard"]

INDEX = "index.faiss"
VECTORS = "vectors.f16"
EXACT_ROWS = 700  # up to this many matches are compared one by one, whatever the index says
LEAST_SHARE = 0.02  # a graph under a filter looks at up to 50 times as many rows
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

    def __init__(self, rows: HalfRows, kind: str, index, tuning: list[dict]):
        self._rows, self.kind, self.index, self._tuning = rows, kind, index, tuning
        self.rows, self.dim = rows.rows, rows.dim
        self.lists = InvertedLists(index, tuning) if kind.startswith("ivf") else None

    @classmethod
    def open(cls, folder: Path, entry: dict) -> "Shard":
        """`entry` is the shard's part of the manifest. Raises BrokenShard."""
        rows = HalfRows(folder / VECTORS, entry["rows"], entry["dim"])
        if entry["kind"] == "exact":
            return cls(rows, "exact", None, entry.get("tuning", []))
        path = folder / INDEX
        try:
            check_sha256(path, entry)
            index = faiss.read_index(str(path), READ_FLAGS.get(entry["kind"], 0))
        except (OSError, RuntimeError) as error:
            raise BrokenShard(f"{folder.name}/{INDEX}: {error}") from error
        if index.ntotal != entry["rows"] or index.d != entry["dim"]:
            raise BrokenShard(f"{folder.name}/{INDEX} holds {index.ntotal} rows of {index.d} numbers.")
        return cls(rows, entry["kind"], index, entry.get("tuning", []))

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
        if mask is not None and (mask.count <= EXACT_ROWS or self.kind == "exact"):
            return self._found(query, mask.nonzero(), k, {"plan": "exact", "matches": mask.count})
        if self.kind == "exact":
            return self._best_of_all(query, k, alive if dead else None)
        search = self._search_hnsw if self.kind == "hnsw" else self._search_ivf
        rows, explain = search(query, k, recall, mask, dead)
        if dead and mask is None:
            rows = rows[alive[rows]]
        return self._found(query, rows, k, explain)

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

    def _search_hnsw(self, query, k, recall, mask, dead) -> tuple[np.ndarray, dict]:
        plan = settings_for(self._tuning, k, recall)
        share = 1.0 if mask is None else mask.count / self.rows
        ef = min(self.rows, round(max(plan.nprobe, plan.rerank + dead) / max(share, LEAST_SHARE)))
        parameters = faiss.SearchParametersHNSW(efSearch=ef)
        if mask is not None:
            bits = mask.bits
            keep = faiss.IDSelectorBitmap(len(bits), faiss.swig_ptr(bits))
            parameters.sel = keep
        rows = raw_search(self.index, query, min(plan.rerank + dead, self.rows), parameters)
        return self._sound(rows), {"plan": "graph", "ef": ef, "rerank": plan.rerank} | matches(mask)

    def _search_ivf(self, query, k, recall, mask, dead) -> tuple[np.ndarray, dict]:
        if mask is None:
            plan = settings_for(self._tuning, k, recall)
            rows = self.lists.search(query, plan, min(plan.rerank + dead, self.rows))
            return self._sound(rows), {"plan": "lists", "nprobe": plan.nprobe, "rerank": plan.rerank}
        plan = settings_for(self._tuning, k, max(recall, FILTERED_RECALL))
        probe = self.lists.probe(query, k, mask, recall, plan.rerank)
        explain = {"plan": probe.how, "nprobe": len(probe.lists), "examined": probe.examined} | matches(mask)
        if probe.how == "matches":
            return self.lists.rows_in(probe, mask), explain
        return self._sound(self.lists.search_lists(query, probe, mask)), explain | {"rerank": probe.rerank}

    def _sound(self, rows: np.ndarray) -> np.ndarray:
        """Drops the -1 of a short answer, and row numbers that a damaged file made up."""
        return rows[(rows >= 0) & (rows < self.rows)]


def matches(mask) -> dict:
    return {} if mask is None else {"matches": mask.count}


def check_sha256(path: Path, entry: dict) -> None:
    """FAISS trusts what it reads, so a damaged index is never given to it. Raises BrokenShard."""
    wanted = next((file["sha256"] for name, file in entry.get("files", {}).items() if name.endswith(INDEX)), None)
    if wanted is None:
        return
    with path.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != wanted:
            raise BrokenShard(f"{path.parent.name}/{INDEX} is not as it was written.")
