"""The float16 rows of a shard, mapped from their file, and inner products with them in float32."""

import threading
from pathlib import Path

import faiss
import numpy as np

# A float16's exponent and fraction, moved to where a float32 has them, read 2**112 times too small.
SHIFT_BITS = 13
KEPT_BITS = np.uint32(0x8FFFE000).astype(np.int32)
SCALE = np.float32(2.0**112)
CHUNK_ROWS = 4096
FEW = 200  # up to this many best ones a heap is quickest


class BrokenShard(Exception):
    """A file of this shard is missing or damaged. The next build or merge makes it again."""


class HalfRows:
    """Rows (n, dim) float16, read only. Widening by moving bits is exact, and six times as fast as numpy's cast."""

    def __init__(self, path: Path, rows: int, dim: int):
        """Raises BrokenShard where the file is missing or has another size."""
        expected = rows * dim * 2
        if not path.is_file() or path.stat().st_size != expected:
            raise BrokenShard(f"{path.name} is missing, or is not {expected} bytes long.")
        self.rows, self.dim = rows, dim
        flat = np.memmap(path, np.int16, mode="r") if rows else np.empty(0, np.int16)
        self._bits = np.asarray(flat).reshape(rows, dim)  # without the subclass, whose every slice costs a microsecond
        self._map = flat
        self._scanners = HalfScanners(dim)

    def __array__(self, dtype=None, copy=None) -> np.ndarray:
        half = self._bits.view(np.float16)
        return half if dtype is None else half.astype(dtype)

    def floats(self, rows: np.ndarray) -> np.ndarray:
        """float32 (m, dim) of the rows asked for, int64 (m,)."""
        return _widen(self._bits.take(rows, axis=0)) * SCALE

    def score(self, query: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """float32 (m,): inner products of the query (dim,) with the rows asked for, int64 (m,)."""
        return (_widen(self._bits.take(rows, axis=0)) @ query) * SCALE

    def best(self, query: np.ndarray, rows: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The best `k` of the rows asked for, best first: places in `rows`, float32 scores, float32 (k, dim) rows."""
        chunks = range(0, len(rows), CHUNK_ROWS)
        found = [self._best(query, rows[start : start + CHUNK_ROWS], k) for start in chunks]
        if len(found) == 1:
            places, scores = found[0]
        else:
            scores = np.concatenate([np.empty(0, np.float32), *(scores for _, scores in found)])
            places = [places + start for start, (places, _) in zip(chunks, found, strict=True)]
            chosen = best(scores, k)
            places, scores = np.concatenate([np.empty(0, np.int64), *places])[chosen], scores[chosen]
        return places, scores, self.floats(rows[places])

    def _best(self, query: np.ndarray, rows: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
        if k > FEW:
            scores = self.score(query, rows)
            places = best(scores, k)
            return places, scores[places]
        return self._scanners.best(query, self._bits.take(rows, axis=0), k)

    def score_all(self, query: np.ndarray) -> np.ndarray:
        """float32 (n,): inner products with every row."""
        if not self.rows:
            return np.empty(0, np.float32)
        chunks = (self._bits[start : start + CHUNK_ROWS] for start in range(0, self.rows, CHUNK_ROWS))
        return np.concatenate([_widen(chunk) @ query for chunk in chunks]) * SCALE


class HalfScanners(threading.local):
    """FAISS's loop over float16 rows, which converts them in registers: a third of the time that numpy takes.

    It remembers its query, so every thread has its own.
    """

    def __init__(self, dim: int):
        self._kind = faiss.ScalarQuantizer(dim, faiss.ScalarQuantizer.QT_fp16)
        self._scanner = self._kind.select_InvertedListScanner(faiss.METRIC_INNER_PRODUCT, None, True, None)
        self._scanner.set_list(0, 0.0)

    def best(self, query: np.ndarray, bits: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
        """bits: int16 (m, dim), contiguous. Places int64 and float32 scores of the best k, best first."""
        query = np.ascontiguousarray(query, np.float32)
        scores = np.full(min(k, len(bits)), -np.inf, np.float32)
        places = np.full(len(scores), -1, np.int64)
        query_at, scores_at, places_at = (faiss.swig_ptr(array) for array in (query, scores, places))
        self._scanner.set_query(query_at)
        bits_at = faiss.swig_ptr(bits.view(np.uint8))
        self._scanner.scan_codes(len(bits), bits_at, None, scores_at, places_at, len(scores))
        order = np.argsort(-scores)
        order = order[places[order] >= 0]  # what is no number has no place
        return places[order], scores[order]


def best(scores: np.ndarray, k: int) -> np.ndarray:
    """int64: the places of the k largest, largest first."""
    if len(scores) <= k:
        return np.argsort(-scores)
    some = np.argpartition(-scores, k - 1)[:k]
    return some[np.argsort(-scores[some])]


def _widen(bits: np.ndarray) -> np.ndarray:
    wide = np.left_shift(bits, SHIFT_BITS, dtype=np.int32)
    np.bitwise_and(wide, KEPT_BITS, out=wide)
    return wide.view(np.float32)
