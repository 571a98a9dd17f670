"""The inverted lists of a shard: scanned as a whole, or those alone that hold what a filter asks for."""

import faiss
import numpy as np

from search.retrieve.plan import FILTERED_RECALL, Plan, Probe, lists_for, plan_probe

EF_SLACK = 24  # the graph of centroids looks at so many more than it returns: 0.99 of the nearest lists are found


class InvertedLists:
    """An IVF index over a graph of centroids. Row numbers are the ids of the index.

    centroids float32 (nlist, dim); list_of uint16 or uint32 (n,): each row's list; sizes int64 (nlist,).
    """

    def __init__(self, whole, tuning: list[dict]):
        self._whole, self.index, self._turn = whole, *unwrapped(whole)
        self._tuning = tuning
        self.code_bytes = self.index.code_size
        self.centroids = centroids(self.index)
        self.list_of = list_of_rows(self.index)
        self.sizes = np.bincount(self.list_of, minlength=len(self.centroids))

    def turned(self, queries: np.ndarray) -> np.ndarray:
        """float32 (..., dim) in the space of the codes."""
        return queries if self._turn is None else queries @ self._turn

    def search(self, query: np.ndarray, plan: Plan, count: int) -> np.ndarray:
        """Proposes rows int64 (count,) from the nearest lists, by codes; -1 where there are fewer."""
        graph = faiss.SearchParametersHNSW(efSearch=plan.nprobe + EF_SLACK)
        return raw_search(self.index, self.turned(query), count, ivf_parameters(plan.nprobe, graph=graph))

    def probe(self, query: np.ndarray, k: int, mask, recall: float, rerank: int) -> Probe:
        """Which lists to visit under a filter."""
        spread = k * len(self.list_of) / mask.count  # without the filter, this many rows lie as near as its k best
        near = lists_for(self._tuning, spread, max(recall, FILTERED_RECALL), len(self.centroids))
        return plan_probe(self.centroids @ self.turned(query), self._matches(mask), k, near, rerank)

    def rows_in(self, probe: Probe, mask) -> np.ndarray:
        """Rows int64 (m,): every match in the visited lists."""
        visited = np.zeros(len(self.centroids), bool)
        visited[probe.lists] = True
        rows = mask.nonzero()
        return rows[visited[self.list_of[rows]]]

    def search_lists(self, query: np.ndarray, probe: Probe, mask) -> np.ndarray:
        """Proposes rows int64 (probe.rerank,) among the matches in the visited lists, by codes."""
        bits = mask.bits
        keep = faiss.IDSelectorBitmap(len(bits), faiss.swig_ptr(bits))
        parameters = ivf_parameters(len(probe.lists), keep=keep)
        found, distances = np.empty((1, probe.rerank), np.int64), np.empty((1, probe.rerank), np.float32)
        pointers = [faiss.swig_ptr(array) for array in (probe.lists, probe.scores, distances, found)]
        lists, scores, distances_at, found_at = pointers
        turned = self.turned(query)
        self.index.search_preassigned_c(
            1, faiss.swig_ptr(turned), probe.rerank, lists, scores, distances_at, found_at, False, parameters
        )
        return found[0]

    def _matches(self, mask) -> np.ndarray:
        """int64 (nlist,): matches per list, kept with the mask until it changes."""
        version = mask.version
        kept = mask.memo.get("lists")
        if kept is None or kept[0] != version:
            counts = np.bincount(self.list_of[mask.rows], minlength=len(self.centroids))
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
