"""Words against titles, brands and SKUs by Postgres full text, so that what is typed exactly is found exactly."""

from django.db import connection, transaction
from django.db.utils import OperationalError
from psycopg.errors import QueryCanceled

from search.filters import where
from search.retrieve.hot import set_limits
from search.types import Filters, LexicalHits

# Title words are stemmed, brand and SKU are not, and neither are the words that are compared with them.
SQL = """WITH asked AS (SELECT plainto_tsquery('english', %s) AS stems, plainto_tsquery('simple', %s) AS forms),
    terms AS (SELECT stems || forms AS every_word, replace(stems::text, '&', '|')::tsquery
        || replace(forms::text, '&', '|')::tsquery AS any_word FROM asked)
    SELECT p.id, p.sku IN (%s, upper(%s), lower(%s)) OR (p.gtin <> '' AND p.gtin = %s) AS exact,
        p.words @@ terms.every_word AS all_words
    FROM catalog_product p, terms
    WHERE (p.words @@ terms.any_word OR p.sku IN (%s, upper(%s), lower(%s)) OR (p.gtin <> '' AND p.gtin = %s))
        AND {condition}
    ORDER BY exact DESC, all_words DESC, ts_rank('{{0.05, 0.2, 0.6, 1.0}}', p.words, terms.any_word) DESC, p.id
    LIMIT %s"""


def find_words(text: str, filters: Filters, k: int, timeout_ms: int) -> LexicalHits:
    """The best `k` products by words. Past the deadline: none, and partial."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            return run(cursor, text, filters, k, timeout_ms)
    except OperationalError as error:
        if not isinstance(error.__cause__, QueryCanceled):
            raise
        return LexicalHits((), 0, 0, partial=True)


def run(cursor, text: str, filters: Filters, k: int, timeout_ms: int) -> LexicalHits:
    condition, values = where(filters)
    set_limits(cursor, timeout_ms)
    cursor.execute(SQL.format(condition=condition), [text] * 10 + values + [k])
    rows = cursor.fetchall()
    exact = sum(bool(row[1]) for row in rows)
    complete = sum(bool(row[1] or row[2]) for row in rows)
    return LexicalHits(tuple(row[0] for row in rows), exact, complete)
