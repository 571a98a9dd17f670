"""The codes of one filter's matches, gathered, so that lists of which few rows pass need not be scanned whole.

A pack is made beside the searches, for a filter whose searches spend their time on rows that do not pass. It is kept
with the filter's mask and goes with it.
"""

import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from weakref import WeakSet

import faiss
import numpy as np

log = logging.getLogger(__name__)

BELOW = 0.45  # lists of which a smaller share passes are packed; of others scanning all is hardly dearer
LISTS_AT_ONCE = 64  # that are copied whole before what does not pass is taken out
ROW_BYTES = 8  # a row's number beside its codes
ROOM = 2.0  # all packs of a shard together take so many times what its codes take
IDLE_S = 1.0  # a pack that was not used for so long may give way to another
SEARCHES = 2  # of a filter before it is packed
MOST_MISSING = 1000  # rows that came to pass since; beyond it a pack is made anew
MAKER = ThreadPoolExecutor(1, "packs")


@dataclass(frozen=True, slots=True, eq=False)
class Pack:
    """Gathered rows, held bool (n,), of the lists of packed bool (nlist,).

    index: the shard's lists as they are, and from `nlist` on the packed ones. uses: what must outlive it. version: of
    the mask it was made from.
    """

    index: faiss.IndexIVFPQFastScan
    uses: tuple
    packed: np.ndarray
    held: np.ndarray
    version: int
    bytes: int


class Kept:
    """A filter's pack, kept with its mask. asked: how many searches would have been quicker with one."""

    __slots__ = ("__weakref__", "asked", "making", "pack", "used_s")

    def __init__(self):
        self.pack: Pack | None = None
        self.asked, self.making, self.used_s = 0, False, 0.0


class Packs:
    """Makes packs from an index with 4-bit codes, and keeps an eye on their memory. Safe for many threads."""

    def __init__(self, index: faiss.IndexIVFPQFastScan, sizes: np.ndarray):
        self._index, self._sizes = index, sizes
        self._room = ROOM * index.code_size * int(sizes.sum())
        self._lock, self._made = threading.Lock(), WeakSet()

    def of(self, mask) -> Pack | None:
        kept = mask.memo.get("pack")
        if kept is None or kept.pack is None:
            return None
        kept.used_s = time.monotonic()
        return kept.pack

    def ask(self, mask, counts: np.ndarray) -> None:
        """Has a pack made in another thread where there is room. counts int64 (nlist,): matches per list."""
        with self._lock:
            kept = mask.memo.setdefault("pack", Kept())
            kept.asked += 1
            if kept.asked < SEARCHES or kept.making or kept.pack is not None or not self._has_room(counts):
                return
            kept.making = True
        MAKER.submit(self.make, mask, counts)

    def make(self, mask, counts: np.ndarray) -> Pack | None:
        kept = mask.memo.setdefault("pack", Kept())
        try:
            version, held = mask.version, mask.rows.copy()
            packed = few(counts, self._sizes)
            lists = packed_lists(self._index, packed, held)
            index, uses = with_packed(self._index, lists)
            kept.pack = Pack(index, uses, packed, held, version, self._bytes(counts))
        except Exception:
            log.exception("A filter's matches could not be gathered; its searches go on without.")
            return None  # and is not tried again
        kept.making, kept.used_s = False, time.monotonic()
        with self._lock:
            self._made.add(kept)
        return kept.pack

    def drop(self, mask) -> None:
        mask.memo.pop("pack", None)

    def _has_room(self, counts: np.ndarray) -> bool:
        """Lets packs go that were idle longest, until there is."""
        needed, now = self._bytes(counts), time.monotonic()
        there = sorted((kept for kept in self._made if kept.pack is not None), key=lambda kept: kept.used_s)
        taken = sum(kept.pack.bytes for kept in there)
        for kept in there:
            if needed + taken <= self._room or now - kept.used_s < IDLE_S:
                break
            taken -= kept.pack.bytes
            kept.pack = None
        return needed + taken <= self._room

    def _bytes(self, counts: np.ndarray) -> int:
        rows = int(counts[few(counts, self._sizes)].sum())
        return rows * (self._index.code_size + ROW_BYTES) + int(self._sizes.sum())


def few(counts: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """bool (nlist,): lists that hold matches, but few for their size."""
    return (counts > 0) & (counts < BELOW * sizes)


def packed_lists(index, packed: np.ndarray, held: np.ndarray):
    """FAISS's inverted lists with the rows of `held` bool (n,) alone, of the lists in `packed` bool (nlist,)."""
    bits = np.packbits(held, bitorder="little")
    these = faiss.IDSelectorBitmap(len(bits), faiss.swig_ptr(bits))
    others = faiss.IDSelectorNot(these)
    lists, source = new_lists(index, index.nlist), index.invlists
    numbers = np.flatnonzero(packed)
    for start in range(0, len(numbers), LISTS_AT_ONCE):
        some = numbers[start : start + LISTS_AT_ONCE].tolist()
        whole = copied(source, some, index)
        whole.remove_ids(others)
        for place, number in enumerate(some):
            if size := whole.list_size(place):
                lists.add_entries(number, size, whole.get_ids(place), whole.get_codes(place))
    return lists


def with_packed(index, packed) -> tuple:
    """An index over both, and what it uses without owning it."""
    both = faiss.InvertedListsPtrVector()
    both.push_back(index.invlists)
    both.push_back(packed)
    stacked = faiss.VStackInvertedLists(2, both.data())
    shape = index.d, stacked.nlist, index.pq.M, index.pq.nbits, index.metric_type
    made = faiss.IndexIVFPQFastScan(index.quantizer, *shape)
    made.pq, made.is_trained, made.by_residual, made.implem = index.pq, True, index.by_residual, index.implem
    made.ntotal = index.ntotal
    made.replace_invlists(stacked, False)
    return made, (index, packed, stacked)


def copied(source, numbers: list[int], index):
    """These lists alone, renumbered from 0."""
    lists = new_lists(index, len(numbers))
    for place, number in enumerate(numbers):
        lists.add_entries(place, source.list_size(number), source.get_ids(number), source.get_codes(number))
    return lists


def new_lists(index, count: int):
    packer = index.get_CodePacker()
    packer.this.disown()  # the lists delete it
    return faiss.BlockInvertedLists(count, packer)
