"""Filters as numbers that can be compared with columns."""

from dataclasses import dataclass, field

import numpy as np
from django.db import connection, transaction
from django.db.utils import OperationalError
from psycopg.errors import QueryCanceled

from search.categories import category_ids, seller_ids
from search.remembered import Remembered
from search.types import Filters

KEPT_S = 1.0
MAX_PRODUCTS = 50_000
TIMEOUT_MS = 300
PRODUCTS = "SELECT p.id FROM catalog_product p WHERE {conditions} LIMIT %s"
HAS_VALUE = "p.attributes ? %s AND lower(p.attributes ->> %s) = lower(%s)"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Resolved filters; None asks for nothing. attributes: (name, value as `folded` gives it).

    product_ids: int64, ascending; those with the asked values of attributes that have no column.
    """

    category_ids: frozenset[int] | None = None  # it may be large, and a frozenset keeps its hash
    price_min: float | None = None
    price_max: float | None = None
    in_stock: bool = False
    seller_ids: tuple[int, ...] | None = None
    attributes: tuple[tuple[str, str], ...] = ()
    product_ids: np.ndarray | None = field(default=None, compare=False)

    @property
    def asks_offer(self) -> bool:
        return self.in_stock or self.seller_ids is not None or self.price_min is not None or self.price_max is not None


def folded(value: str) -> str:
    """What is equal for lower() in any of PostgreSQL's locales is equal here; more may be."""
    return value.casefold().replace("\u0307", "")


def resolve(filters: Filters, names: frozenset[str] = frozenset()) -> Wanted:
    """Call it in the thread that holds the database connection. `names`: attributes that have a column everywhere."""
    odd = tuple(sorted((name, value) for name, value in filters.attributes.items() if name not in names))
    return Wanted(
        category_ids=None if filters.category is None else category_ids(filters.category),
        price_min=None if filters.price_min is None else float(filters.price_min),
        price_max=None if filters.price_max is None else float(filters.price_max),
        in_stock=bool(filters.in_stock),
        seller_ids=None if filters.seller is None else seller_ids(filters.seller),
        attributes=tuple(sorted((name, folded(value)) for name, value in filters.attributes.items())),
        product_ids=_products.get(odd) if odd else None,
    )


def read_products(asked: tuple[tuple[str, str], ...]) -> np.ndarray | None:
    """Ids of the products with all these attributes; None where they are too many, or too long to count.

    Such a filter is then left to hydration, which has the last word anyway.
    """
    sql = PRODUCTS.format(conditions=" AND ".join([HAS_VALUE] * len(asked)))
    values = [part for name, value in asked for part in (name, name, value)]
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(TIMEOUT_MS)])
            cursor.execute(sql, [*values, MAX_PRODUCTS + 1])
            ids = np.sort(np.fromiter((row[0] for row in cursor.fetchall()), np.int64))
    except OperationalError as error:
        if not isinstance(error.__cause__, QueryCanceled):
            raise
        return None
    return ids if len(ids) <= MAX_PRODUCTS else None


_products = Remembered(read_products, KEPT_S, size=64)
