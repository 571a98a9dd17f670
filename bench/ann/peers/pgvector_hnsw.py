"""pgvector's HNSW in a PostgreSQL of its own: prepared statements over a Unix socket, binary both ways."""

import threading
from functools import cached_property
from pathlib import Path

import numpy as np
import psycopg

from ann.data import DIM
from ann.filters import Narrow
from ann.peers.base import Peer
from webapp import embedded

SERVER = {
    "shared_buffers": "4GB", "maintenance_work_mem": "4GB", "max_wal_size": "16GB", "work_mem": "64MB",
    "checkpoint_timeout": "1h", "effective_cache_size": "10GB", "max_parallel_maintenance_workers": "1",
}  # fmt: skip
COPY = "COPY items (id, price, cell, v) FROM STDIN WITH (FORMAT binary)"


class PgVector(Peer):
    """The hot tier's own engine, alone: half precision, iterative scans, pgvector's default parameters."""

    settings = tuple({"ef": ef} for ef in (20, 40, 80, 120, 160, 240, 320, 480))
    filter_settings = ({"ef": 160},)
    kind = "halfvec"
    note = "RAM is the size of its index and table: PostgreSQL reads them through its own buffers"

    @cached_property
    def pgdata(self) -> Path:
        return self.folder / "pg"

    def build(self) -> dict:
        embedded.ensure_running(self.pgdata, "postgres", durable=False)
        with self.connect() as connection:
            for name, value in SERVER.items():
                connection.execute(f"ALTER SYSTEM SET {name} = '{value}'")
        embedded.release(self.pgdata)  # some of them need a restart
        embedded.ensure_running(self.pgdata, "postgres", durable=False)
        with self.connect() as connection:
            self.load(connection)
            connection.execute(f"CREATE INDEX nearest ON items USING hnsw (v {self.kind}_ip_ops)")
            connection.execute("VACUUM ANALYZE items")
            sizes = connection.execute("SELECT pg_relation_size('nearest'), pg_table_size('items')").fetchone()
        embedded.release(self.pgdata)
        (self.folder / "sizes").write_text(f"{sizes[0]} {sizes[1]}")
        return {"m": 16, "ef_construction": 64}

    def load(self, connection) -> None:
        connection.execute("CREATE EXTENSION vector")
        connection.execute(
            f"CREATE TABLE items (id int8 PRIMARY KEY, price float4, cell int4, v {self.kind}({DIM}) NOT NULL)"
        )
        with connection.cursor().copy(COPY) as copy:
            for first, rows in self.data.parts():
                copy.write(self.binary(first, rows))
            copy.write(b"\xff\xff")
        connection.execute("CREATE INDEX ON items (price)")
        connection.execute("CREATE INDEX ON items (cell)")

    def binary(self, first: int, rows: np.ndarray) -> bytes:
        """Rows of COPY's binary format, fields behind their lengths; the header goes before the first."""
        n, here = len(rows), slice(first, first + len(rows))
        width = 2 if self.kind == "halfvec" else 4
        fields = [("fields", ">i2"), ("id_bytes", ">i4"), ("id", ">i8"), ("price_bytes", ">i4"), ("price", ">f4"),
                  ("cell_bytes", ">i4"), ("cell", ">i4"), ("v_bytes", ">i4"), ("dim", ">i2"), ("unused", ">i2"),
                  ("v", f">f{width}", (DIM,))]  # fmt: skip
        made = np.zeros(n, np.dtype(fields))
        made["fields"], made["id_bytes"], made["price_bytes"], made["cell_bytes"] = 4, 8, 4, 4
        made["v_bytes"], made["dim"] = 4 + width * DIM, DIM
        made["id"], made["v"] = np.arange(first, first + n), rows
        made["price"], made["cell"] = self.data.price[here], self.data.cells[here]
        header = b"PGCOPY\n\xff\r\n\0" + bytes(8) if first == 0 else b""
        return header + made.tobytes()

    def connect(self) -> psycopg.Connection:
        host = str(embedded.socket_folder(self.pgdata))
        return psycopg.connect(host=host, user=embedded.SUPERUSER, dbname="postgres", autocommit=True)

    def open(self) -> None:
        embedded.ensure_running(self.pgdata, "postgres", durable=False)
        self.local = threading.local()
        self.search(self.data.queries[0], 10, {"ef": 40})
        self.local.connection.execute("SELECT count(*) FROM items WHERE v IS NOT NULL AND price > -1")

    def mine(self, ef: int) -> psycopg.Connection:
        """This thread's connection, set to this efSearch."""
        if not hasattr(self.local, "connection"):
            self.local.connection, self.local.ef = self.connect(), None
            self.local.connection.execute("SET hnsw.iterative_scan = relaxed_order")
            self.local.connection.execute("SET max_parallel_workers_per_gather = 0")
        if self.local.ef != ef:
            self.local.connection.execute(f"SET hnsw.ef_search = {ef}")
            self.local.ef = ef
        return self.local.connection

    def search(self, query: np.ndarray, k: int, setting: dict, where: str = "", *values) -> np.ndarray:
        connection = self.mine(max(setting["ef"], k))
        sql = f"SELECT id FROM items {where} ORDER BY v <#> %s::{self.kind} LIMIT {k}"
        asked = "[" + ",".join(map(repr, query.tolist())) + "]"
        rows = connection.execute(sql, [*values, asked], prepare=True, binary=True).fetchall()
        return np.array([row[0] for row in rows], np.int64)

    def narrowed(self, query: np.ndarray, k: int, setting: dict, narrow: Narrow) -> np.ndarray:
        if narrow.price_max is not None:
            return self.search(query, k, setting, "WHERE price <= %s", narrow.price_max)
        return self.search(query, k, setting, "WHERE cell = ANY(%s)", list(narrow.cells))

    def memory(self) -> dict[str, int]:
        index, table = map(int, (self.folder / "sizes").read_text().split())
        return {"vectors": table, "index": index, "server": 1}

    def close(self) -> None:
        embedded.release(self.pgdata)
