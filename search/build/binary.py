"""Rows out of Postgres in its binary COPY form: every row has the same length, so numpy reads them without a loop."""

import numpy as np
from django.db import connection
from psycopg import sql

HEADER_BYTES = 19  # signature, flags, length of an extension that is never there
TRAILER_BYTES = 2


class WrongDimension(ValueError):
    """A vector in the database has another dimension than its bundle. Embed the catalog again."""

    def __init__(self) -> None:
        super().__init__(self.__doc__)


def record(numbers: tuple[str, ...], dim: int = 0) -> np.dtype:
    """One row of bigint columns that are never null, then a halfvec where `dim` is given."""
    fields: list[tuple] = [("columns", ">i2")]
    for name in numbers:
        fields += [(f"{name}_bytes", ">i4"), (name, ">i8")]
    if dim:
        fields += [("vector_bytes", ">i4"), ("dim", ">i2"), ("unused", ">i2"), ("vector", ">f2", (dim,))]
    return np.dtype(fields)


def copy_rows(select: str, values: dict, kind: np.dtype) -> np.ndarray:
    """All rows of a SELECT whose columns are `kind`'s. (n,) of `kind`. Raises WrongDimension."""
    connection.ensure_connection()
    bound = sql.SQL(select).format(**{name: sql.Literal(value) for name, value in values.items()})
    statement = sql.SQL("COPY ({}) TO STDOUT (FORMAT BINARY)").format(bound)
    with connection.connection.cursor() as cursor, cursor.copy(statement) as copy:
        data = b"".join(copy)
    size = len(data) - HEADER_BYTES - TRAILER_BYTES
    if size % kind.itemsize:
        raise WrongDimension
    rows = np.frombuffer(data, dtype=kind, offset=HEADER_BYTES, count=size // kind.itemsize)
    if "vector" in kind.names and (rows["dim"] != kind["vector"].shape[0]).any():
        raise WrongDimension
    return rows
