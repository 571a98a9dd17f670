"""The hot tier: pgvector in the catalog's own database. Committed means searchable.

A small tier is compared exactly, in one round trip. In a large one the rows that pass a filter are counted: few are
compared exactly, for many the bundle's partial HNSW index (halfvec) is walked until enough rows pass. The planner is
not asked: left to itself it walked for a filter that one row in a hundred passes, 29 ms for a recall of 0.89.
"""

from dataclasses import dataclass, replace
from math import isqrt

import numpy as np
from django.db import connection, transaction
from django.db.utils import OperationalError
from psycopg.errors import QueryCanceled

from catalog.visible import SHOWN
from search.filters import where
from search.retrieve.halfvec import HalfVector, cursor_of, floats
from search.types import Candidates, Filters, QueryVector

EXACT_MAX_ROWS = 4000  # compared without a second thought
EXACT_COST = 3  # comparing n rows exactly costs as much as walking for k of m where n * n = EXACT_COST * k * m
LARGEST_TIER_ROWS = 1_000_000
EF_SEARCH_MAX = 1000
ANYTHING = Filters()
LATE = "the hot tier did not answer in time"
TOO_MANY = "only the hot tier was searched: there are too many other rows to compare them in time"

FROM = f"""search_imagevector v JOIN catalog_product p ON p.id = v.product_id JOIN catalog_image i ON i.id = v.image_id
    WHERE v.bundle_id = {{bundle}} AND {{hot}} AND {SHOWN} AND {{condition}}"""
ROWS = "SELECT count(*) FROM (SELECT FROM search_imagevector WHERE bundle_id = %s AND hot LIMIT %s) AS counted"
# The whole tier by distance, and each row's facts only until k of them have passed: a join would read all of them.
# The HNSW index is on vector::halfvec(dim), so an order by the vector itself never walks it.
ALL = f"""SELECT image_id, product_id, vector FROM (SELECT image_id, product_id, vector FROM search_imagevector
        WHERE bundle_id = %s AND hot ORDER BY vector <#> %s::halfvec OFFSET 0) AS near
    WHERE (SELECT {SHOWN} FROM catalog_image i WHERE i.id = near.image_id)
        AND (SELECT {{condition}} FROM catalog_product p WHERE p.id = near.product_id) LIMIT %s"""
MATCHING = f"""WITH pool AS MATERIALIZED (SELECT v.image_id, v.product_id, v.vector FROM {FROM})
    SELECT image_id, product_id, vector FROM pool ORDER BY vector <#> %s::halfvec LIMIT %s"""
COUNT = f"""SELECT (SELECT count(*) FROM (SELECT FROM {FROM} LIMIT %s) AS counted),
    (SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE oid = 'hot_vectors'::regclass)"""
APPROXIMATE = f"""SELECT v.image_id, v.product_id, v.vector FROM {FROM}
    ORDER BY v.vector::halfvec({{dim}}) <#> %s::halfvec({{dim}}) LIMIT %s"""
TIMEOUT = "SELECT set_config('statement_timeout', %s, true)"
WALK = """SELECT set_config('statement_timeout', %s, true), set_config('hnsw.ef_search', %s, true),
    set_config('hnsw.iterative_scan', 'relaxed_order', true), set_config('enable_sort', 'off', true),
    set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true),
    set_config('enable_mergejoin', 'off', true)"""


@dataclass(frozen=True, slots=True)
class HotTier:
    """Searches the hot vectors of the query's own bundle and no other.

    rows: how many of them there are, where that is known. everything: the vectors that a generation holds as well,
    for a bundle whose generation cannot be opened.
    """

    timeout_ms: int = 1000
    exact_max_rows: int = EXACT_MAX_ROWS
    rows: int | None = None
    everything: bool = False

    def candidates(self, query: QueryVector, filters: Filters, k: int) -> Candidates:
        """The best `k` images. Past the deadline: none, and partial, with a note."""
        try:
            if connection.in_atomic_block:  # a statement that runs out of time must not take the caller's work with it
                with transaction.atomic():
                    return self.search(query, filters, k)
            connection.ensure_connection()
            return self.search(query, filters, k)
        except OperationalError as error:
            if not isinstance(error.__cause__, QueryCanceled):
                raise
            if not self.everything:
                return no_candidates(query.vector.size, LATE)
            found = replace(self, everything=False).candidates(query, filters, k)
            return replace(found, partial=True, notes=(TOO_MANY, *found.notes))

    def search(self, query: QueryVector, filters: Filters, k: int) -> Candidates:
        if self.everything:
            return self.compare_matching(query, filters, k)
        if self.count_rows(query) <= self.exact_max_rows:
            return self.compare_all(query, filters, k)
        if filters == ANYTHING:
            return self.walk(query, filters, k)
        matches, few = self.count_matches(query, filters, k)
        if matches > few and len(found := self.walk(query, filters, k)) == k:
            return found
        return self.compare_matching(query, filters, k)  # few, or so far from the query that the walk gave up

    def count_rows(self, query: QueryVector) -> int:
        """How many are hot, no further than it matters."""
        if self.rows is not None:
            return self.rows
        return self.ask(TIMEOUT, [], ROWS, [query.bundle_id, self.exact_max_rows + 1])[0][0]

    def count_matches(self, query: QueryVector, filters: Filters, k: int) -> tuple[int, int]:
        """How many rows pass the filters, and how many of them may be compared; counted no further than that."""
        condition, values = where(filters)
        sql = COUNT.format(bundle="%s", hot="v.hot", condition=condition)
        most = max(self.exact_max_rows, isqrt(EXACT_COST * k * LARGEST_TIER_ROWS))
        ((matches, rows),) = self.ask(TIMEOUT, [], sql, [query.bundle_id, *values, most + 1])
        few = max(self.exact_max_rows, isqrt(EXACT_COST * k * rows)) if self.exact_max_rows else 0
        return matches, min(few, most)

    def compare_all(self, query: QueryVector, filters: Filters, k: int) -> Candidates:
        condition, values = where(filters)
        bound = [query.bundle_id, HalfVector.of(query.vector), *values, k]
        rows = self.ask(TIMEOUT, [], ALL.format(condition=condition), bound)
        return ranked(rows, query, {"plan": "exact, all rows"})

    def compare_matching(self, query: QueryVector, filters: Filters, k: int) -> Candidates:
        condition, values = where(filters)
        sql = MATCHING.format(bundle="%s", hot="true" if self.everything else "v.hot", condition=condition)
        rows = self.ask(TIMEOUT, [], sql, [query.bundle_id, *values, HalfVector.of(query.vector), k])
        return ranked(rows, query, {"plan": "exact, matching rows"})

    def walk(self, query: QueryVector, filters: Filters, k: int) -> Candidates:
        """Along the index. The bundle stands in the text: the planner must see that the index's condition holds."""
        condition, values = where(filters)
        dim, bundle = int(query.vector.size), literal(query.bundle_id)
        sql = APPROXIMATE.format(bundle=bundle, hot="v.hot", condition=condition, dim=dim)
        ef_search = min(max(k, 40), EF_SEARCH_MAX)
        rows = self.ask(WALK, [str(ef_search)], sql, [*values, HalfVector.of(query.vector), k])
        return ranked(rows, query, {"plan": "hnsw", "ef_search": ef_search})

    def ask(self, settings: str, values: list, sql: str, bound: list) -> list[tuple]:
        """One round trip and one transaction, whose settings end with it and never stay with the connection."""
        raw = connection.connection
        with connection.wrap_database_errors, raw.pipeline(), cursor_of(raw) as cursor:
            raw.execute(settings, [str(self.timeout_ms), *values])
            cursor.execute(sql, bound, binary=True)
            return cursor.fetchall()


def literal(text: str) -> str:
    """Quoted for SQL, and for the parameter marks of the same string."""
    return "'" + text.replace("'", "''").replace("%", "%%") + "'"


def ranked(rows: list[tuple], query: QueryVector, explain: dict) -> Candidates:
    """Rows (image id, product id, vector, ...) by their exact inner products, best first."""
    if not rows:
        return replace(no_candidates(query.vector.size), explain=explain)
    vectors = floats([row[2] for row in rows])
    scores = vectors @ query.vector
    order = np.argsort(-scores, kind="stable")
    ids = np.array([row[:2] for row in rows], dtype=np.int64)[order]
    return Candidates(ids[:, 0], ids[:, 1], vectors[order], scores[order], explain=explain)


def no_candidates(dim: int, *notes: str) -> Candidates:
    """None at all; partial where a note says why."""
    ids = np.empty(0, dtype=np.int64)
    return Candidates(ids, ids, np.empty((0, dim), np.float32), np.empty(0, np.float32), bool(notes), notes)


def set_limits(cursor, timeout_ms: int) -> None:
    """For this transaction alone."""
    cursor.execute(TIMEOUT, [str(timeout_ms)])
