"""Which rows of a shard pass a filter, kept per filter and corrected row by row when facts change.

Who may do what: `MaskCache.add` and `MaskCache.patch` are called under the owner's lock; everything else may run in any
thread without one. A correction flips single bytes of `rows` and `bits` in place, so a search that runs meanwhile sees
each row as it was before or as it is now, and nothing else. `count` and `nonzero()` belong to one Mask, and each
correction makes a new Mask over the same bytes: the two may differ from the bytes, and from one another, by the rows of
a correction that came in between.
"""

import threading
from collections.abc import Callable
from itertools import count

import numpy as np

SMALL_BYTES = 400_000
Judge = Callable[[object], np.ndarray]


class Verdicts:
    """What successive masks of one filter share. rows: bool (n,); bits: packed little-endian, once they are asked for.

    version: how often something flipped.
    """

    __slots__ = ("bits", "lock", "memo", "rows", "used", "version")

    def __init__(self, rows: np.ndarray, lock: threading.RLock):
        self.rows, self.lock = rows, lock
        self.bits: np.ndarray | None = None
        self.used = self.version = 0
        self.memo: dict = {}

    def packed(self) -> np.ndarray:
        if self.bits is None:
            with self.lock:  # a correction between packing and keeping would be lost
                if self.bits is None:
                    self.bits = np.packbits(self.rows, bitorder="little")
        return self.bits

    def flip(self, rows: np.ndarray) -> None:
        """Ascending row numbers, each once."""
        self.version += 1
        self.rows[rows] ^= True
        if self.bits is not None:
            places = np.unique(rows >> 3)
            beside = np.zeros((len(places), 8), bool)
            whole = places[:, None] * 8 + np.arange(8)
            inside = whole < len(self.rows)
            beside[inside] = self.rows[whole[inside]]
            self.bits[places] = np.packbits(beside, axis=1, bitorder="little")[:, 0]


class Mask:
    """One filter's answer for one shard; not to be changed. Take one for a search, and use it to the end.

    rows: bool (n,), contiguous. count: how many are true. bits: uint8 ((n + 7) // 8,), for faiss.IDSelectorBitmap.
    memo: a place for what a reader works out of the rows; it stays with the filter, so keep `version` beside it.
    """

    __slots__ = ("_numbers", "_verdicts", "count")

    def __init__(self, verdicts: Verdicts, count: int):
        self._verdicts, self.count = verdicts, count
        self._numbers: np.ndarray | None = None

    @property
    def rows(self) -> np.ndarray:
        return self._verdicts.rows

    @property
    def bits(self) -> np.ndarray:
        return self._verdicts.packed()

    @property
    def version(self) -> int:
        return self._verdicts.version

    @property
    def memo(self) -> dict:
        return self._verdicts.memo

    def nonzero(self) -> np.ndarray:
        """int64, ascending: the numbers of the rows that pass. Kept where they take no more memory than the mask."""
        if self._numbers is not None:
            return self._numbers
        numbers = np.flatnonzero(self.rows)
        if numbers.nbytes <= max(len(self.rows), SMALL_BYTES):
            self._numbers = numbers
        return numbers


def make_mask(rows: np.ndarray, lock: threading.RLock) -> Mask:
    return Mask(Verdicts(rows, lock), int(np.count_nonzero(rows)))


class MaskCache:
    """The masks of the filters that were asked last; `pinned` ones stay for good."""

    def __init__(self, size: int, lock: threading.RLock):
        self._size, self._lock = size, lock
        self._masks: dict[object, Mask] = {}
        self._pinned: set[object] = set()
        self._clock = count(1)

    def get(self, key: object) -> Mask | None:
        mask = self._masks.get(key)
        if mask is not None:
            mask._verdicts.used = next(self._clock)
        return mask

    def add(self, key: object, judge: Judge, pinned: bool = False) -> Mask:
        """judge(key) -> bool (n,), which is the cache's from then on."""
        self._make_room()  # first: memory that was just freed costs nothing, fresh memory more than the judging
        if pinned:
            self._pinned.add(key)
        mask = make_mask(judge(key), self._lock)
        mask._verdicts.used = next(self._clock)
        self._masks[key] = mask
        return mask

    def _make_room(self) -> None:
        if len(self._masks) - len(self._pinned) >= self._size:
            free = (other for other in self._masks if other not in self._pinned)
            del self._masks[min(free, key=lambda other: self._masks[other]._verdicts.used)]

    def patch(self, rows: np.ndarray, judge: Judge) -> int:
        """Judge ascending rows anew for every filter: judge(key) -> bool (len(rows),). Returns how many flipped."""
        flipped = 0
        for key, mask in list(self._masks.items()):
            differ = judge(key) != mask.rows[rows]
            if not differ.any():
                continue
            changed = rows[differ]
            before = int(np.count_nonzero(mask.rows[changed]))
            mask._verdicts.flip(changed)
            self._masks[key] = Mask(mask._verdicts, mask.count + len(changed) - 2 * before)
            flipped += len(changed)
        return flipped
