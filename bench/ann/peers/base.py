"""What every engine must be able to do. Each runs in processes of its own: one that builds, one that serves."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from ann.data import Data
from ann.filters import Narrow

THREADS = 2


class Peer:
    """`settings`: what it is searched with, from quick to thorough. `note`: what a reader of its figures must know."""

    settings: tuple[dict, ...] = ({},)
    filter_settings: tuple[dict, ...] = ()  # none: it is not asked with filters
    note = ""

    def __init__(self, data: Data, folder: Path):
        self.data, self.folder = data, folder

    def build(self) -> dict:
        """Everything that its files need. Returns what else is worth telling."""
        raise NotImplementedError

    def open(self) -> None:
        """Ready to search, as a server is after its start."""
        raise NotImplementedError

    def search(self, query: np.ndarray, k: int, setting: dict) -> np.ndarray:
        """Row numbers int (<= k,), best first, on one thread. query: float32 (DIM,)."""
        raise NotImplementedError

    def narrowed(self, query: np.ndarray, k: int, setting: dict, narrow: Narrow) -> np.ndarray:
        raise NotImplementedError

    def forget_filters(self) -> None:
        """The next search with a filter is the first one."""

    def settle(self) -> None:
        """Returns when nothing is being prepared any more beside the searches."""

    def batch(self, queries: np.ndarray, k: int, setting: dict) -> None:
        """All queries, on THREADS threads."""
        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(lambda query: self.search(query, k, setting), queries))

    def memory(self) -> dict[str, int]:
        """{"vectors": bytes of float rows in the process's own memory, "index": bytes of the rest}, where it knows.

        "server": it lies in another process, and these figures are all there is.
        """
        return {}

    def close(self) -> None:
        pass
