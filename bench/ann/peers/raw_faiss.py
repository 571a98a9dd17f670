"""Bare FAISS indexes, which our retrieve stage must not lose much against: no columns, tombstones, shards, deadline."""

from functools import cache

import faiss
import numpy as np

from ann.data import DIM
from ann.filters import Narrow
from ann.peers.base import THREADS, Peer

TRAIN_PER_LIST = 40


def lists_for(rows: int) -> int:
    """About 3 * sqrt(rows), a power of two: 1024 for 100,000 rows, 2048 for 500,000, 4096 for a million."""
    return int(2 ** round(np.log2(3 * np.sqrt(rows))))


def grid(probes: tuple[int, ...], rescored: tuple[int, ...]) -> tuple[dict, ...]:
    return tuple({"nprobe": probe, "rescored": rows} for rows in rescored for probe in probes)


class Faiss(Peer):
    """`factory` is FAISS's own name of the index; `kept` that of the rows which rescore its best, or None."""

    factory = "Flat"
    kept: str | None = None

    def build(self) -> dict:
        faiss.omp_set_num_threads(THREADS)
        factory = self.factory.format(lists=lists_for(self.data.rows))
        index = faiss.index_factory(DIM, factory, faiss.METRIC_INNER_PRODUCT)
        self.prepare(index)
        if not index.is_trained:
            index.train(self.data.sample(TRAIN_PER_LIST * lists_for(self.data.rows)))
        for _, rows in self.data.parts():
            index.add(rows)
        faiss.write_index(index, str(self.folder / "index.faiss"))
        if self.kept:
            self.write_rows()
        return {"factory": factory, "rows_kept_as": self.kept}

    def prepare(self, index) -> None:
        """Cheaper training than FAISS's defaults; with rescoring the recall is the same."""

    def write_rows(self) -> None:
        rows = faiss.index_factory(DIM, self.kept, faiss.METRIC_INNER_PRODUCT)
        for _, part in self.data.parts():
            rows.add(part)
        faiss.write_index(rows, str(self.folder / "rows.faiss"))

    def open(self) -> None:
        self.index = self.whole = faiss.read_index(str(self.folder / "index.faiss"))
        if self.kept:
            self.kept_rows = faiss.read_index(str(self.folder / "rows.faiss"))
            self.whole = faiss.IndexRefine(self.index, self.kept_rows)
        faiss.omp_set_num_threads(1)
        self.selector = cache(self.select)

    def select(self, narrow: Narrow):
        return faiss.IDSelectorBitmap(np.packbits(narrow.rows(self.data), bitorder="little"))

    def forget_filters(self) -> None:
        self.selector.cache_clear()

    def search(self, query: np.ndarray, k: int, setting: dict) -> np.ndarray:
        return self.whole.search(query[None], k, params=self.parameters(setting, k))[1][0]

    def narrowed(self, query: np.ndarray, k: int, setting: dict, narrow: Narrow) -> np.ndarray:
        parameters = self.parameters(setting, k, sel=self.selector(narrow))
        return self.whole.search(query[None], k, params=parameters)[1][0]

    def batch(self, queries: np.ndarray, k: int, setting: dict) -> None:
        faiss.omp_set_num_threads(THREADS)
        self.whole.search(queries, k, params=self.parameters(setting, k))
        faiss.omp_set_num_threads(1)

    def parameters(self, setting: dict, k: int, **selector):
        if not self.kept:
            return self.own_parameters(setting, k, **selector)
        factor = max(1.0, setting["rescored"] / k)
        return faiss.IndexRefineSearchParameters(
            k_factor=factor, base_index_params=self.own_parameters(setting, k, **selector)
        )

    def own_parameters(self, setting: dict, k: int, **selector):
        return faiss.SearchParameters(**selector)

    def memory(self) -> dict[str, int]:
        rows = (self.folder / "rows.faiss").stat().st_size if self.kept else 0
        index = (self.folder / "index.faiss").stat().st_size
        return {"vectors": rows, "index": index} if self.kept else {"vectors": index, "index": 0}


class Inverted(Faiss):
    """Lists of codes around centroids; the best are rescored in half precision."""

    kept = "SQfp16"
    settings = grid((6, 8, 12, 16, 20, 24, 32, 48), (30, 60, 120)) + grid((16, 24, 32, 48, 64), (250, 400))

    def prepare(self, index) -> None:
        lists = faiss.extract_index_ivf(index)
        lists.cp.spherical, lists.cp.niter, lists.cp.seed = True, 10, 1
        codes = getattr(faiss.downcast_index(lists), "pq", None)
        if codes is not None:
            codes.cp.niter, codes.cp.max_points_per_centroid = 8, 64
        if isinstance(index, faiss.IndexPreTransform):
            self.prepare_rotation(faiss.downcast_VectorTransform(index.chain.at(0)))

    def prepare_rotation(self, rotation) -> None:
        if isinstance(rotation, faiss.OPQMatrix):
            rotation.niter, rotation.niter_pq, rotation.max_train_points = 8, 4, 16384

    def own_parameters(self, setting: dict, k: int, **selector):
        parameters = faiss.SearchParametersIVF(nprobe=setting["nprobe"], **selector)
        if isinstance(self.index, faiss.IndexPreTransform):
            return faiss.SearchParametersPreTransform(index_params=parameters)
        return parameters


class InvertedPQ128(Inverted):
    factory = "IVF{lists},PQ128x4fs"


class InvertedPQ256(Inverted):
    factory = "IVF{lists},PQ256x4fs"
    filter_settings = grid((64, 512), (250,))


class InvertedPQ256Float(InvertedPQ256):
    kept = "Flat"
    filter_settings = ()


class InvertedRaBitQ(Inverted):
    factory = "RR512,IVF{lists},RaBitQfs"


class InvertedOPQ(Inverted):
    factory = "OPQ64,IVF{lists},PQ64np"  # np: no polysemous training, which takes ten times as long for nothing here


class Graph(Faiss):
    factory = "HNSW32,Flat"
    settings = tuple({"ef": ef} for ef in (16, 32, 48, 64, 96, 128, 192, 256, 384, 512))
    filter_settings = ({"ef": 256},)

    def prepare(self, index) -> None:
        index.hnsw.efConstruction = 80

    def own_parameters(self, setting: dict, k: int, **selector):
        return faiss.SearchParametersHNSW(efSearch=max(setting["ef"], k), **selector)

    def memory(self) -> dict[str, int]:
        floats = self.data.rows * DIM * 4
        return {"vectors": floats, "index": (self.folder / "index.faiss").stat().st_size - floats}
