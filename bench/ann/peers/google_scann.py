"""ScaNN: a tree of lists, anisotropic 4-bit codes, rescored in float32."""

import numpy as np

from ann.data import DIM
from ann.peers.base import THREADS, Peer


class Scann(Peer):
    settings = tuple(
        {"leaves": leaves, "rescored": rows}
        for rows, choices in ((50, (8, 12, 16, 24)), (100, (16, 24, 32, 48, 64)), (300, (24, 48, 64, 128)))
        for leaves in choices
    )

    def build(self) -> dict:
        import scann

        rows = np.ascontiguousarray(self.data.base)
        leaves = int(2 ** round(np.log2(3 * np.sqrt(self.data.rows))))
        tree = scann.scann_ops_pybind.builder(rows, 10, "dot_product").tree(
            num_leaves=leaves, num_leaves_to_search=16, training_sample_size=min(self.data.rows, 40 * leaves),
            spherical=True, training_iterations=10,
        )  # fmt: skip
        coded = tree.score_ah(2, anisotropic_quantization_threshold=0.2).reorder(100).set_n_training_threads(THREADS)
        index = coded.build()
        index.serialize(str(self.folder))
        return {"leaves": leaves}

    def open(self) -> None:
        import scann

        self.index = scann.scann_ops_pybind.load_searcher(str(self.folder))
        self.index.set_num_threads(THREADS)

    def search(self, query: np.ndarray, k: int, setting: dict) -> np.ndarray:
        rescored = max(setting["rescored"], k)
        return self.index.search(query, k, pre_reorder_num_neighbors=rescored, leaves_to_search=setting["leaves"])[0]

    def batch(self, queries: np.ndarray, k: int, setting: dict) -> None:
        self.index.search_batched_parallel(queries, k, max(setting["rescored"], k), setting["leaves"], batch_size=64)

    def memory(self) -> dict[str, int]:
        files = {path: path.stat().st_size for path in self.folder.iterdir()}
        floats = self.data.rows * DIM * 4
        return {"vectors": floats, "index": max(0, sum(files.values()) - floats)}
