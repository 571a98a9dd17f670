"""Stored local features of the best candidates. They stay on disk: only those that are compared are fetched."""

import numpy as np
from django.db import connection

from catalog import outage
from ml.inspect.local import VERSION, unpack
from search.types import Candidates

PICTURES = 60  # of some 27 kB each
SQL = """SELECT i.product_id, d.local FROM search_imagedetail d
    JOIN catalog_image i ON i.id = d.image_id AND i.file = d.file
    WHERE d.image_id = ANY(%s) AND d.local_version = %s AND d.local IS NOT NULL"""


def stored_features(near: Candidates, product_ids: list[int]) -> list[tuple[int, np.ndarray]]:
    """(product id, POINT (n,)) of these products' nearest pictures, at most PICTURES.

    None of them while the database is away.
    """
    wanted = near.image_ids[np.isin(near.product_ids, product_ids)][:PICTURES].tolist()

    def read() -> list[tuple[int, np.ndarray]]:
        with connection.cursor() as cursor:
            cursor.execute(SQL, [wanted, VERSION])
            return [(product_id, unpack(data)) for product_id, data in cursor.fetchall()]

    return outage.unless_away(read, list) if wanted else []
