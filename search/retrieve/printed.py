"""Candidates by the words that are printed on them, and what is printed on the candidates there are.

The words that were read in a query are looked up in the words of catalog pictures and in titles and brands; whoever
holds most of them comes in, however far its vector is.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from types import MappingProxyType

import numpy as np
from django.conf import settings
from django.db import connection, transaction
from django.db.utils import OperationalError
from psycopg.errors import QueryCanceled

from catalog import outage
from catalog.visible import SHOWN
from ml.inspect.words import Word, plain
from search.filters import where
from search.retrieve.gather import merge
from search.retrieve.halfvec import cursor_of, floats
from search.types import Asked, Candidates, Filters, Gathered

LOOKED_UP, MIN_LETTERS = 8, 4  # words that candidates are looked for by: the largest of some length
PER_WORD, IMAGES = 60, 120
SHARE_OF_TIME = 0.5  # of what a search waits for the reader
DESCRIPTION_LETTERS = 400
TITLE, PICTURE, DESCRIPTION = 1.0, 1.0, 0.25  # how much it counts where a word is found

# Each word by its own index scan that ends early: a word that half of the catalog shows must not be counted out.
FIND = f"""WITH asked AS (SELECT unnest(%s::text[]) AS word), found AS (
        SELECT near.image_id FROM asked CROSS JOIN LATERAL (SELECT image_id FROM search_imagedetail
            WHERE words @> ARRAY[asked.word] LIMIT {PER_WORD}) near
        UNION ALL
        SELECT i.id FROM asked CROSS JOIN LATERAL (SELECT id FROM catalog_product
            WHERE words @@ (plainto_tsquery('english', asked.word) || plainto_tsquery('simple', asked.word))
            LIMIT {PER_WORD}) t JOIN catalog_image i ON i.product_id = t.id),
    best AS (SELECT image_id FROM found GROUP BY image_id ORDER BY count(*) DESC, image_id LIMIT {IMAGES})
    SELECT v.image_id, v.product_id, v.vector FROM best JOIN search_imagevector v USING (image_id)
        JOIN catalog_product p ON p.id = v.product_id JOIN catalog_image i ON i.id = v.image_id
    WHERE v.bundle_id = %s AND {SHOWN} AND {{condition}}"""
LIMITS = "SELECT set_config('statement_timeout', %s, true), set_config('enable_seqscan', 'off', true)"
PRINTED = """SELECT p.id, p.title, p.brand, left(p.description, %s), d.words FROM catalog_product p
    LEFT JOIN catalog_image i ON i.product_id = p.id AND NOT i.blocked
    LEFT JOIN search_imagedetail d ON d.image_id = i.id AND d.file = i.file
    WHERE p.id = ANY(%s)"""


def add_printed(gathered: Gathered, words: Sequence[Word], asked: Asked, filters: Filters) -> Gathered:
    """Also the images that show these words, or whose products are called so. As before where nothing is found."""
    looked_up = [word.text for word in words if len(word.text) >= MIN_LETTERS][:LOOKED_UP]
    if not looked_up or outage.is_away():
        return gathered
    found = find(looked_up, asked, filters)
    return replace(gathered, near=merge([gathered.near, found])) if found is not None and len(found) else gathered


def find(words: list[str], asked: Asked, filters: Filters) -> Candidates | None:
    """None where the database does not answer in time."""
    condition, values = where(filters)
    sql = FIND.format(condition=condition)
    try:
        with transaction.atomic():
            raw = connection.connection
            with connection.wrap_database_errors, cursor_of(raw) as cursor:
                cursor.execute(LIMITS, [str(round(settings.SIGHTLINE_READ_TIMEOUT_MS * SHARE_OF_TIME))])
                cursor.execute(sql, [words, asked.bundle_id, *values], binary=True)
                rows = cursor.fetchall()
    except OperationalError as error:
        if not isinstance(error.__cause__, QueryCanceled):
            raise
        return None
    return candidates(rows, asked.vectors) if rows else None


def candidates(rows: list[tuple], queries: np.ndarray) -> Candidates:
    vectors = floats([row[2] for row in rows])
    ids = np.array([row[:2] for row in rows], dtype=np.int64)
    return Candidates(ids[:, 0], ids[:, 1], vectors, (vectors @ queries.T).max(axis=1))


def printed_on(product_ids: Iterable[int]) -> dict[int, dict[str, float]]:
    """By product, the words of its title, brand, description and pictures, each with how much it counts there, 0 to 1.

    None at all while the database is away.
    """

    def read() -> dict[int, dict[str, float]]:
        with connection.cursor() as cursor:
            cursor.execute(PRINTED, [DESCRIPTION_LETTERS, list(product_ids)])
            rows = cursor.fetchall()
        found: dict[int, dict[str, float]] = {}
        for product_id, title, brand, description, pictured in rows:
            if product_id not in found:
                found[product_id] = dict(called(title, brand, description))
            raise_to(found[product_id], joined(pictured or ()), PICTURE)
        return found

    return outage.unless_away(read, dict)


@lru_cache(maxsize=5000)
def called(title: str, brand: str, description: str) -> Mapping[str, float]:
    """The words of a product's name and description; kept, for the same products are candidates again and again."""
    words: dict[str, float] = {}
    raise_to(words, joined(plain(title)), TITLE)
    raise_to(words, joined(plain(brand)), TITLE)
    raise_to(words, plain(description), DESCRIPTION)
    return MappingProxyType(words)


def joined(words: Sequence[str]) -> list[str]:
    """The words, and each two neighbours as one: what stands close on a carton is often read without the space."""
    return [*words, *(one + other for one, other in zip(words, words[1:], strict=False))]


def raise_to(words: dict[str, float], more: Iterable[str], value: float) -> None:
    for word in more:
        words[word] = max(words.get(word, 0.0), value)
