"""The inverted lists of a shard: scanned as a whole, or those alone that hold what a filter asks for."""

import faiss
import numpy as np

from search.retrieve.packs import MOST_MISSING, Pack, Packs
from search.retrieve.plan import Route, Tuning, Work, route, work

EF_SLACK = 24  # the graph of centroids looks at so many more than it returns: 0.99 of the nearest lists are found
ONE_BY_ONE = 11  # FAISS's loop over one query's lists as they come; its own choice sorts them first, for many queries
WASTED_US = 100.0  # a search that spends more on codes of rows that do not pass has them packed for the next ones


class InvertedLists:
    """An IVF index over a graph of centroids. Row numbers are the ids of the index, and rows lie list by list.

    centroids float32 (nlist, dim); list_of uint16 or uint32 (n,): each row's list, ascending; sizes int64 (nlist,).
    Raises RuntimeError where rows lie otherwise.
    """

    def __init__(self, whole, tuning: Tuning):
        self._whole, self.index, self._turn = whole, *unwrapped(whole)
        self._tuning = tuning
        self.code_bytes = self.index.code_size
        self.centroids = centroids(self.index)
        self.list_of = list_of_rows(self.index)
        if np.any(self.list_of[1:] < self.list_of[:-1]):
            raise RuntimeError("rows do not lie list by list")
        self.sizes = np.bincount(self.list_of, minlength=len(self.centroids))
        self._starts = np.cumsum(self.sizes) - self.sizes
        self._filled = np.flatnonzero(self.sizes)
        self._packs = None
        if isinstance(self.index, faiss.IndexIVFPQFastScan):
            self.index.implem = ONE_BY_ONE
            self._packs = Packs(self.index, self.sizes)

    def turned(self, queries: np.ndarray) -> np.ndarray:
        """float32 (..., dim) in the space of the codes."""
        return queries if self._turn is None else queries @ self._turn

    def search(self, query: np.ndarray, nprobe: int, count: int) -> np.ndarray:
        """Proposes rows int64 (count,) from the nearest lists, by codes; -1 where there are fewer."""
        nprobe = min(nprobe, len(self.centroids))
        graph = faiss.SearchParametersHNSW(efSearch=nprobe + EF_SLACK)
        return raw_search(self.index, self.turned(query), count, ivf_parameters(nprobe, graph=graph))

    def route(self, query: np.ndarray, k: int, mask, recall: float) -> Route:
        """Which lists to visit under a filter, and how many of them at first."""
        spread = k * len(self.list_of) / mask.count  # without the filter, this many rows lie as near as its k best
        near = self._tuning.lists_for(spread, recall, len(self.centroids))
        return route(self.centroids @ self.turned(query), self.sizes, self.work(mask), near)

    def work(self, mask) -> Work:
        """Kept with the mask until it changes or is packed."""
        counts, pack = self._matches(mask), self._pack(mask)
        kept = mask.memo.get("work")
        if kept is None or kept[0] is not counts or kept[1] is not pack:
            made = work(self.sizes, counts, None if pack is None else pack.packed)
            kept = mask.memo["work"] = (counts, pack, made)
        return kept[2]

    def candidates(self, query: np.ndarray, lists: np.ndarray, scores: np.ndarray, mask, count: int) -> tuple:
        """What lies in these lists: rows int64 to compare in any case; rows that codes propose, with float32 scores.

        Proposed are up to `count`, best first; -1 past the last.
        """
        work, pack = self.work(mask), self._pack(mask)
        compared = work.compared[lists]
        if pack is None:
            index, places = self.index, lists
        else:
            packed = pack.packed[lists]
            index, places, compared = pack.index, np.where(packed, lists + len(self.sizes), lists), compared & ~packed
        return self._few_matches(lists[compared], mask, work), *self.scan(
            index, query, places[~compared], scores[~compared], mask, count
        )

    def came_since(self, mask) -> np.ndarray:
        """Rows int64 (m,) that came to pass since the filter was packed, and so are in no list of the pack."""
        pack = self._pack(mask)
        if pack is None or pack.version == mask.version:
            return np.empty(0, np.int64)
        kept, version = mask.memo.get("since"), mask.version
        if kept is None or kept[0] != version:
            rows = np.flatnonzero(mask.rows & ~pack.held)
            if len(rows) > MOST_MISSING:
                self._packs.drop(mask)
            kept = mask.memo["since"] = (version, rows)
        return kept[1]

    def learn(self, visited: np.ndarray, mask) -> None:
        """Has a filter packed if this search of it, over these lists, wasted much on rows that do not pass."""
        if self._packs is not None and self.work(mask).wasted[visited].sum() > WASTED_US:
            self._packs.ask(mask, self._matches(mask))

    def _few_matches(self, lists: np.ndarray, mask, work: Work) -> np.ndarray:
        """Rows int64 (m,): every match in those of the lists whose matches are compared, kept with the mask."""
        if not len(lists):
            return np.empty(0, np.int64)
        kept = mask.memo.get("few")
        if kept is None or kept[0] is not work:
            sizes = np.where(work.compared, self.sizes, 0)
            rows = np.repeat(self._starts - (np.cumsum(sizes) - sizes), sizes) + np.arange(sizes.sum())
            kept = mask.memo["few"] = (work, rows[mask.rows[rows]])
        rows = kept[1]
        visited = np.zeros(len(self.sizes), bool)
        visited[lists] = True
        return rows[visited[self.list_of[rows]]]

    def scan(self, index, query: np.ndarray, lists: np.ndarray, scores: np.ndarray, mask, count: int) -> tuple:
        """Proposes rows int64 (count,) among the matches in these lists of `index`, and float32 scores by their codes.

        scores float32 (p,) of the centroids. Best first; -1 where there are fewer.
        """
        if not len(lists):
            return np.empty(0, np.int64), np.empty(0, np.float32)
        bits, turned = mask.bits, self.turned(query)
        keep = faiss.IDSelectorBitmap(len(bits), faiss.swig_ptr(bits))
        found, by_codes = np.empty(count, np.int64), np.empty(count, np.float32)
        query_at, lists_at, scores_at, by_codes_at, found_at = (
            faiss.swig_ptr(array) for array in (turned, lists, scores, by_codes, found)
        )
        parameters = ivf_parameters(len(lists), keep=keep)
        index.search_preassigned_c(1, query_at, count, lists_at, scores_at, by_codes_at, found_at, False, parameters)
        return found, by_codes

    def _pack(self, mask) -> Pack | None:
        return None if self._packs is None else self._packs.of(mask)

    def _matches(self, mask) -> np.ndarray:
        """int64 (nlist,): matches per list, kept with the mask until it changes."""
        version = mask.version
        kept = mask.memo.get("lists")
        if kept is None or kept[0] != version:
            counts = np.zeros(len(self.centroids), np.int64)
            starts = self._starts[self._filled]
            counts[self._filled] = np.add.reduceat(mask.rows.view(np.uint8), starts, dtype=np.int64)
            kept = mask.memo["lists"] = (version, counts)
        return kept[1]


def raw_search(index, query: np.ndarray, count: int, parameters) -> np.ndarray:
    """int64 (count,): index.search for one float32 query (dim,), without the wrapper's checks (10 microseconds)."""
    found, distances = np.empty((1, count), np.int64), np.empty((1, count), np.float32)
    index.search_c(1, faiss.swig_ptr(query), count, faiss.swig_ptr(distances), faiss.swig_ptr(found), parameters)
    return found[0]


def ivf_parameters(nprobe: int, graph=None, keep=None):
    """SearchParametersIVF for one call. What they point at is kept alive by the object itself."""
    parameters = faiss.SearchParametersIVF(nprobe=nprobe)
    if graph is not None:
        parameters.quantizer_params = graph
    if keep is not None:
        parameters.sel = keep
    parameters.kept = (graph, keep)
    return parameters


def unwrapped(index) -> tuple:
    """The IVF index, and the rotation before it as float32 (dim, dim) to multiply rows with, or None."""
    if not isinstance(index, faiss.IndexPreTransform):
        return index, None
    turn = faiss.downcast_VectorTransform(index.chain.at(0))
    matrix = faiss.vector_to_array(turn.A).reshape(turn.d_out, turn.d_in)
    return faiss.downcast_index(index.index), np.ascontiguousarray(matrix.T)


def centroids(index) -> np.ndarray:
    """float32 (nlist, dim), a view into the index."""
    storage = faiss.downcast_index(faiss.downcast_index(index.quantizer).storage)
    return faiss.rev_swig_ptr(storage.get_xb(), index.nlist * index.d).reshape(index.nlist, index.d)


def list_of_rows(index) -> np.ndarray:
    """uint16 or uint32 (n,): each row's list."""
    lists = np.zeros(index.ntotal, np.uint16 if index.nlist <= 1 << 16 else np.uint32)
    inverted = index.invlists
    for number in range(index.nlist):
        if size := inverted.list_size(number):
            rows = faiss.rev_swig_ptr(inverted.get_ids(number), size)
            lists[rows[(rows >= 0) & (rows < index.ntotal)]] = number
    return lists
