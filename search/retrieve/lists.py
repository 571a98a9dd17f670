"""The inverted lists of a shard: scanned as a whole, or those alone that hold what a filter asks for."""

import faiss
import numpy as np

from search.retrieve.plan import Route, Tuning, route

EF_SLACK = 24  # the graph of centroids looks at so many more than it returns: 0.99 of the nearest lists are found


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
        self._filled = np.flatnonzero(self.sizes)
        self._starts = (np.cumsum(self.sizes) - self.sizes)[self._filled]

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
        return route(self.centroids @ self.turned(query), self.sizes, self._matches(mask), near)

    def matches_in(self, lists: np.ndarray, mask) -> np.ndarray:
        """Rows int64 (m,): every match in these lists."""
        visited = np.zeros(len(self.centroids), bool)
        visited[lists] = True
        rows = mask.nonzero()
        return rows[visited[self.list_of[rows]]]

    def scan(self, query: np.ndarray, lists: np.ndarray, scores: np.ndarray, mask, count: int):
        """Proposes rows int64 (count,) among the matches in these lists, and float32 scores by their codes.

        Best first; -1 where there are fewer.
        """
        bits, turned = mask.bits, self.turned(query)
        keep = faiss.IDSelectorBitmap(len(bits), faiss.swig_ptr(bits))
        found, distances = np.empty(count, np.int64), np.empty(count, np.float32)
        query_at, lists_at, scores_at, distances_at, found_at = (
            faiss.swig_ptr(array) for array in (turned, lists, scores, distances, found)
        )
        parameters = ivf_parameters(len(lists), keep=keep)
        self.index.search_preassigned_c(
            1, query_at, count, lists_at, scores_at, distances_at, found_at, False, parameters
        )
        return found, distances

    def _matches(self, mask) -> np.ndarray:
        """int64 (nlist,): matches per list, kept with the mask until it changes."""
        version = mask.version
        kept = mask.memo.get("lists")
        if kept is None or kept[0] != version:
            counts = np.zeros(len(self.centroids), np.int64)
            counts[self._filled] = np.add.reduceat(mask.rows.view(np.uint8), self._starts, dtype=np.int64)
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
