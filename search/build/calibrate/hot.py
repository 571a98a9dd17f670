"""What pgvector takes in this database: a table like search_imagevector, filled, searched, and rolled back."""

from collections.abc import Callable

import numpy as np
import psutil
from django.db import DatabaseError, connection, transaction
from django.db.utils import InterfaceError

from search.build.calibrate.index import CANDIDATES, MAX_GROWTH, growth
from search.build.calibrate.timing import wall_us
from search.build.calibrate.vectors import made_up
from search.capacity.constants import Constant
from search.retrieve.halfvec import HalfVector, cursor_of

ROWS = (4_000, 16_000)
QUERIES = 60
TIMES = 3  # each query; the kernel counts a process's time in hundredths of a second
BUNDLE = "capacity"
HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TRAILER = b"\xff\xff"
TABLE = "CREATE UNLOGGED TABLE capacity_probe (LIKE search_imagevector INCLUDING ALL)"
DATED = "ALTER TABLE capacity_probe ALTER created_at SET DEFAULT now()"
FILL = "COPY capacity_probe (image_id, product_id, bundle_id, vector) FROM STDIN (FORMAT BINARY)"
INDEX = "CREATE INDEX capacity_probe_hnsw ON capacity_probe USING hnsw ((vector::halfvec({dim})) halfvec_ip_ops)"
SETTINGS = """SELECT set_config('hnsw.ef_search', %s, true), set_config('hnsw.iterative_scan', 'relaxed_order', true),
    set_config('enable_seqscan', 'off', true), set_config('enable_sort', 'off', true)"""
ASK = """SELECT image_id, product_id, vector FROM capacity_probe
    ORDER BY vector::halfvec({dim}) <#> %s::halfvec({dim}) LIMIT %s"""
SIZES = """SELECT pg_relation_size('capacity_probe_hnsw'), pg_relation_size('capacity_probe'),
    pg_total_relation_size('capacity_probe')"""


class NoHotTier(Exception):
    """There is no database at hand, or not one with pgvector and the tables of this version. Run manage.py migrate."""


def measure_hot(dim: int, rows: tuple[int, int] = ROWS) -> dict[str, Constant]:
    """Raises NoHotTier. Nothing stays in the database, whatever ends this process."""
    try:
        with transaction.atomic():
            figures = measured(dim, rows)
            transaction.set_rollback(True)
            return figures
    except (DatabaseError, InterfaceError) as error:
        raise NoHotTier(f"{NoHotTier.__doc__} ({error})") from error


def measured(dim: int, rows: tuple[int, int]) -> dict[str, Constant]:
    vectors, queries = made_up(rows[1], QUERIES, dim)
    execute(TABLE)
    execute(DATED)
    fill(vectors[: rows[0]], first=0)
    execute(INDEX.format(dim=dim))
    clock, how = server_clock()
    before_ms = query_ms(queries, clock)
    fill(vectors[rows[0] :], first=rows[0])
    now_ms = query_ms(queries, clock)
    graph, table, total = execute(SIZES)[0]
    source = f"pgvector, {rows[1]:,} made-up rows of {dim}, {CANDIDATES} candidates, without joins; {how}"
    grown = f"from {rows[0]:,} to {rows[1]:,} rows, between 0 and {MAX_GROWTH}"
    return {
        "hot_ms": Constant(now_ms, "ms", "measured", source),
        "hot_rows": Constant(rows[1], "rows", "measured", source),
        "hot_growth": Constant(growth(before_ms, now_ms, rows), "exponent", "measured", grown),
        "hot_bytes_per_row": Constant((graph + table) / rows[1], "bytes", "measured", "HNSW graph and table"),
        "truth_bytes_per_row": Constant((total - graph) / rows[1], "bytes", "measured", "table and its other indexes"),
    }


def execute(statement: str) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else []


def fill(vectors: np.ndarray, first: int) -> None:
    """vectors float16 (n, dim)."""
    n, dim = vectors.shape
    fields = [("columns", ">i2")]
    for name in ("image", "product"):
        fields += [(f"{name}_bytes", ">i4"), (name, ">i8")]
    fields += [("bundle_bytes", ">i4"), ("bundle", f"S{len(BUNDLE)}")]
    fields += [("vector_bytes", ">i4"), ("dim", ">i2"), ("unused", ">i2"), ("vector", ">f2", (dim,))]
    records = np.zeros(n, np.dtype(fields))
    records["columns"], records["image_bytes"], records["product_bytes"] = 4, 8, 8
    records["image"] = records["product"] = np.arange(first, first + n)
    records["bundle_bytes"], records["bundle"] = len(BUNDLE), BUNDLE.encode()
    records["vector_bytes"], records["dim"], records["vector"] = 4 + 2 * dim, dim, vectors
    with connection.connection.cursor() as cursor, cursor.copy(FILL) as copy:
        copy.write(HEADER + records.tobytes() + TRAILER)


def query_ms(queries: np.ndarray, clock_s: Callable[[], float] | None) -> float:
    """Milliseconds a query: the server's core time where it runs here, else the median by the clock."""
    sql, bound = ASK.format(dim=queries.shape[1]), [HalfVector.of(query) for query in queries]
    with cursor_of(connection.connection) as cursor:
        cursor.execute(SETTINGS, [str(CANDIDATES)])

        def ask(vector: HalfVector) -> None:
            cursor.execute(sql, [vector, CANDIDATES], binary=True).fetchall()

        for vector in bound:  # pages are read, plans are made
            ask(vector)
        started = clock_s() if clock_s else 0
        taken_us = [wall_us(lambda: ask(vector), TIMES) for vector in bound]  # noqa: B023
        if clock_s is None:
            return float(np.median(taken_us)) / 1000
        return 1000 * (clock_s() - started) / (len(bound) * TIMES)


def server_clock() -> tuple[Callable[[], float] | None, str]:
    """Core seconds of this connection's server process, where it is one of this machine's."""
    try:
        process = psutil.Process(execute("SELECT pg_backend_pid()")[0][0])
        if "postgres" in process.name():
            return lambda: sum(process.cpu_times()[:2]), "the server's core time"
    except psutil.Error:
        pass
    return None, "p50 by the clock"
