"""Stored local features of the best candidates. They stay on disk: only those that are compared are fetched."""

import numpy as np
from django.db import connection

from catalog import outage
from ml.inspect.local import VERSION, unpack
from search.retrieve.halfvec import cursor_of
from search.types import Candidates

SQL = """SELECT i.product_id, d.local FROM search_imagedetail d
    JOIN catalog_image i ON i.id = d.image_id AND i.file = d.file
    WHERE d.image_id = ANY(%s) AND d.local_version = %s AND d.local IS NOT NULL"""


def stored_features(near: Candidates, product_ids: list[int]) -> list[tuple[int, np.ndarray]]:
    """(product id, POINT (n,)) of the nearest picture of each of these products, as far as it has any.

    None of them while the database is away.
    """
    wanted = nearest_pictures(near, product_ids)

    def read() -> list[tuple[int, np.ndarray]]:
        connection.ensure_connection()
        with connection.wrap_database_errors, cursor_of(connection.connection) as cursor:
            cursor.execute(SQL, [wanted, VERSION], binary=True)  # as text every byte would be two
            return [(product_id, unpack(data)) for product_id, data in cursor.fetchall()]

    return outage.unless_away(read, list) if wanted else []


def nearest_pictures(near: Candidates, product_ids: list[int]) -> list[int]:
    """Image ids: candidates come best first, so a product's first is its nearest."""
    products, first = np.unique(near.product_ids, return_index=True)
    return near.image_ids[first[np.isin(products, product_ids)]].tolist()
