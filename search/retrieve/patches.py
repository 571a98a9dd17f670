"""Stored patches of the best candidates. They stay on disk: only those that are compared are fetched."""

import numpy as np
from django.db import connection

from catalog import outage
from ml.bundle import Bundle
from ml.encode.patches import unpack
from search.retrieve.halfvec import cursor_of
from search.retrieve.local import nearest_pictures
from search.types import Candidates

SQL = """SELECT product_id, patches FROM search_imagevector
    WHERE bundle_id = %s AND image_id = ANY(%s) AND patches IS NOT NULL"""


def stored_patches(near: Candidates, bundle: Bundle, product_ids: list[int]) -> tuple[list[int], np.ndarray]:
    """Product ids, and float32 (n, cells, patch_dim), unit rows, of the nearest picture of each, as far as it has any.

    None of them while the database is away.
    """
    wanted = nearest_pictures(near, product_ids)

    def read() -> list[tuple[int, bytes]]:
        connection.ensure_connection()
        with connection.wrap_database_errors, cursor_of(connection.connection) as cursor:
            cursor.execute(SQL, [bundle.id, wanted], binary=True)  # as text every byte would be two
            return cursor.fetchall()

    rows = outage.unless_away(read, list) if wanted else []
    if not rows:
        return [], np.empty((0, 0, bundle.patch_dim), np.float32)
    return [product_id for product_id, _ in rows], np.stack([unpack(data, bundle.patch_dim) for _, data in rows])
