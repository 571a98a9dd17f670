"""Late interaction: two pictures compared patch by patch, after each was encoded alone.

MaxSim of ColBERT (Khattab and Zaharia, SIGIR 2020) for the patches of a convolutional tower: each patch of the query
looks for the patch of the catalog's picture that is most like it, wherever that lies. A thing that is half hidden, or
in front of something else, agrees in the patches that show it.
"""

import numpy as np

POWER = 2  # a patch that is found again counts for more than two that are found halfway
STEPS = 127  # of a patch's largest entry


def pack(patches: np.ndarray) -> bytes:
    """patches float32 (cells, dim) as int8, a byte an entry: each row as far as its largest entry allows."""
    largest = np.maximum(np.abs(patches).max(axis=1, keepdims=True), 1e-12)
    return np.round(patches / largest * STEPS).astype(np.int8).tobytes()


def unpack(data: bytes, dim: int) -> np.ndarray:
    """float32 (cells, dim), unit rows. Raises ValueError for bytes that pack did not write for this dim."""
    rows = np.frombuffer(data, np.int8).reshape(-1, dim).astype(np.float32)
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)


def max_sim(queries: np.ndarray, weights: np.ndarray, stored: np.ndarray) -> np.ndarray:
    """float32 (m, n), 0 to 1: how far each of m views is found again in each of n pictures.

    queries (m, cells, dim) and stored (n, their cells, dim) are unit rows; weights (m, cells) add up to 1.
    """
    (views, cells, dim), (pictures, places, _) = queries.shape, stored.shape
    alike = queries.reshape(-1, dim) @ stored.reshape(-1, dim).T
    best = np.maximum(alike.reshape(views, cells, pictures, places).max(axis=3), 0) ** POWER
    return np.einsum("mcn,mc->mn", best, weights)
