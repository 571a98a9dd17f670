"""pgvector's halfvec over the binary protocol: uint16 dim, uint16 unused, then big-endian float16.

Parsing hundreds of decimal numbers a row would cost more than the search.
"""

import struct

import numpy as np
import psycopg
from psycopg.adapt import Dumper
from psycopg.pq import Format

HEADER_BYTES = 4


class HalfVector(bytes):
    """One vector as it travels."""

    @classmethod
    def of(cls, vector: np.ndarray) -> "HalfVector":
        """vector: (dim,) of any float type."""
        return cls(struct.pack(">HH", vector.size, 0) + vector.astype(">f2").tobytes())


class HalfVectorDumper(Dumper):
    """Without an oid, which differs from database to database: the statement says ::halfvec."""

    format = Format.BINARY
    oid = 0

    def dump(self, obj: HalfVector) -> bytes:
        return bytes(obj)


def cursor_of(connection: psycopg.Connection) -> psycopg.Cursor:
    """Django's own cursors bind on the client, which has no binary form."""
    cursor = psycopg.Cursor(connection)
    cursor.adapters.register_dumper(HalfVector, HalfVectorDumper)
    return cursor


def floats(values: list[bytes]) -> np.ndarray:
    """Vectors as they came, all of one dimension, as float32 (n, dim); n >= 1."""
    halves = np.frombuffer(b"".join(values), dtype=">f2").reshape(len(values), -1)
    return halves[:, HEADER_BYTES // 2 :].astype(np.float32)
