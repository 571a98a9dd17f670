"""Float16 rows in a file, read without staying mapped: a build that walks through a million must not hold them all."""

from pathlib import Path

import numpy as np


class FileRows:
    """Float16 (rows, dim). Indexed like an array by a slice or by row numbers int64; what comes back is a copy."""

    dtype = np.dtype(np.float16)

    def __init__(self, path: Path, rows: int, dim: int) -> None:
        self.path, self.shape = path, (rows, dim)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows) -> np.ndarray:
        """Mapped for this call alone: pages of a mapping that is kept count as memory until it goes."""
        return np.array(np.memmap(self.path, dtype=self.dtype, mode="r", shape=self.shape)[rows])
