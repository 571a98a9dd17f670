"""The hot tier: pgvector in the catalog's own database. Committed means searchable.

Broad queries walk the live bundle's partial HNSW index (halfvec) and go on until enough rows pass the filters; where
few rows pass, all of them are compared exactly, so that a narrow filter never shortens a page.
"""

from dataclasses import dataclass

import numpy as np
from django.db import connection, transaction
from django.db.utils import OperationalError
from psycopg import Cursor
from psycopg.errors import QueryCanceled

from search.filters import where
from search.types import Candidates, Filters, QueryVector

EXACT_MAX_ROWS = 4000  # about 4 ms for 256 dimensions; the index is faster above
EF_SEARCH_MAX = 1000
VECTOR_HEADER_BYTES = 4  # pgvector's binary form of halfvec: uint16 dim, uint16 unused, then big-endian float16

FROM = """search_imagevector v JOIN catalog_product p ON p.id = v.product_id JOIN catalog_image i ON i.id = v.image_id
    WHERE v.bundle_id = %s AND NOT i.blocked
        AND i.status NOT IN ('rejected', 'failed') AND {condition}"""
COUNT = f"SELECT count(*) FROM (SELECT 1 FROM {FROM} LIMIT %s) AS counted"
EXACT = f"""WITH pool AS MATERIALIZED (SELECT v.image_id, v.product_id, v.vector FROM {FROM})
    SELECT image_id, product_id, vector FROM pool ORDER BY vector <#> %s::halfvec LIMIT %s"""
APPROXIMATE = """SELECT v.image_id, v.product_id, v.vector FROM {source}
    ORDER BY v.vector::halfvec({dim}) <#> %s::halfvec({dim}) LIMIT %s"""


@dataclass(frozen=True, slots=True)
class HotTier:
    """Searches the vectors of the query's own bundle and no other."""

    timeout_ms: int = 1000
    exact_max_rows: int = EXACT_MAX_ROWS

    def candidates(self, query: QueryVector, filters: Filters, k: int) -> Candidates:
        """The best `k` images. Past the deadline: none, and partial."""
        try:
            with transaction.atomic():
                return self.search(query, filters, k)
        except OperationalError as error:
            if not isinstance(error.__cause__, QueryCanceled):
                raise
            return no_candidates(query.vector.size, partial=True)

    def search(self, query: QueryVector, filters: Filters, k: int) -> Candidates:
        condition, values = where(filters)
        text = as_text(query.vector)
        with connection.cursor() as cursor:
            set_limits(cursor, self.timeout_ms, k)
            bound = [query.bundle_id, *values]
            cursor.execute(COUNT.format(condition=condition), [*bound, self.exact_max_rows + 1])
            if cursor.fetchone()[0] <= self.exact_max_rows:
                sql = EXACT.format(condition=condition)
            else:
                sql = approximate_sql(query, condition)
                bound = bound[1:]
            return read_rows(sql, [*bound, text, k], query)


def approximate_sql(query: QueryVector, condition: str) -> str:
    """Bundle id and hot stand here as they do in the index: the planner only takes one whose condition it can prove."""
    source = FROM.replace("%s", literal(query.bundle_id) + " AND v.hot", 1).format(condition=condition)
    return APPROXIMATE.format(source=source, dim=int(query.vector.size))


def literal(text: str) -> str:
    """Quoted for SQL, and for the parameter marks of the same string."""
    return "'" + text.replace("'", "''").replace("%", "%%") + "'"


def set_limits(cursor, timeout_ms: int, k: int) -> None:
    """For this transaction alone; efSearch travels with the call, never with the connection."""
    cursor.execute(
        "SELECT set_config('statement_timeout', %s, true), set_config('hnsw.ef_search', %s, true),"
        " set_config('hnsw.iterative_scan', 'relaxed_order', true)",
        [str(timeout_ms), str(min(max(k, 40), EF_SEARCH_MAX))],
    )


def as_text(vector: np.ndarray) -> str:
    return "[" + ",".join(map(repr, vector.astype(float).tolist())) + "]"


def read_rows(sql: str, values: list, query: QueryVector) -> Candidates:
    """Rows over the binary protocol: parsing 256 decimal numbers a row would cost more than the search."""
    connection.ensure_connection()
    with Cursor(connection.connection) as cursor:  # Django's own binds on the client, which has no binary form
        rows = cursor.execute(sql, values, binary=True).fetchall()
    if not rows:
        return no_candidates(query.vector.size)
    vectors = np.stack([np.frombuffer(row[2], dtype=">f2", offset=VECTOR_HEADER_BYTES) for row in rows])
    vectors = vectors.astype(np.float32)
    scores = vectors @ query.vector
    order = np.argsort(-scores, kind="stable")
    ids = np.array([row[:2] for row in rows], dtype=np.int64)[order]
    return Candidates(ids[:, 0], ids[:, 1], vectors[order], scores[order])


def no_candidates(dim: int, partial: bool = False) -> Candidates:
    ids = np.empty(0, dtype=np.int64)
    return Candidates(ids, ids, np.empty((0, dim), np.float32), np.empty(0, np.float32), partial)
