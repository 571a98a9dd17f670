"""Graphs in memory: hnswlib and usearch, with the parameters that their own benchmarks use (M 16, build 128)."""

from functools import cache

import numpy as np

from ann.data import DIM
from ann.filters import Narrow
from ann.peers.base import THREADS, Peer

LINKS, BUILD_EF = 16, 128
SETTINGS = tuple({"ef": ef} for ef in (16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512))


class Hnswlib(Peer):
    settings = SETTINGS
    filter_settings = ({"ef": 256},)
    note = "with a filter it calls Python for every row it meets"

    def build(self) -> dict:
        import hnswlib

        index = hnswlib.Index(space="ip", dim=DIM)
        index.init_index(max_elements=self.data.rows, M=LINKS, ef_construction=BUILD_EF)
        for first, rows in self.data.parts():
            index.add_items(rows, np.arange(first, first + len(rows)), num_threads=THREADS)
        index.save_index(str(self.folder / "index.bin"))
        return {"links": LINKS, "build_ef": BUILD_EF}

    def open(self) -> None:
        import hnswlib

        self.index = hnswlib.Index(space="ip", dim=DIM)
        self.index.load_index(str(self.folder / "index.bin"))
        self.passing = cache(lambda narrow: narrow.rows(self.data))

    def search(self, query: np.ndarray, k: int, setting: dict) -> np.ndarray:
        self.index.set_ef(max(setting["ef"], k))
        return self.index.knn_query(query, k, num_threads=1)[0][0]

    def narrowed(self, query: np.ndarray, k: int, setting: dict, narrow: Narrow) -> np.ndarray:
        passing = self.passing(narrow)
        self.index.set_ef(max(setting["ef"], k))
        try:
            return self.index.knn_query(query, k, num_threads=1, filter=lambda row: passing[row])[0][0]
        except RuntimeError:  # it met fewer than k that pass, and gives none of them
            return np.empty(0, np.int64)

    def forget_filters(self) -> None:
        self.passing.cache_clear()

    def batch(self, queries: np.ndarray, k: int, setting: dict) -> None:
        self.index.set_ef(max(setting["ef"], k))
        self.index.knn_query(queries, k, num_threads=THREADS)

    def memory(self) -> dict[str, int]:
        floats = self.data.rows * DIM * 4
        return {"vectors": floats, "index": (self.folder / "index.bin").stat().st_size - floats}


class USearch(Peer):
    settings = SETTINGS
    dtype, bytes_per_float = "f32", 4

    def build(self) -> dict:
        index = self.empty()
        for first, rows in self.data.parts():
            index.add(np.arange(first, first + len(rows)), rows, threads=THREADS)
        index.save(str(self.folder / "index.usearch"))
        return {"links": LINKS, "build_ef": BUILD_EF, "dtype": self.dtype}

    def empty(self):
        from usearch.index import Index

        return Index(ndim=DIM, metric="ip", dtype=self.dtype, connectivity=LINKS, expansion_add=BUILD_EF)

    def open(self) -> None:
        self.index = self.empty()
        self.index.load(str(self.folder / "index.usearch"))

    def search(self, query: np.ndarray, k: int, setting: dict) -> np.ndarray:
        self.index.expansion_search = max(setting["ef"], k)
        return self.index.search(query, k, threads=1).keys

    def batch(self, queries: np.ndarray, k: int, setting: dict) -> None:
        self.index.expansion_search = max(setting["ef"], k)
        self.index.search(queries, k, threads=THREADS)

    def memory(self) -> dict[str, int]:
        floats = self.data.rows * DIM * self.bytes_per_float
        return {"vectors": floats, "index": (self.folder / "index.usearch").stat().st_size - floats}


class USearchHalf(USearch):
    dtype, bytes_per_float = "f16", 2
