"""Stored patches of the best candidates. They stay on disk: only those that are compared are fetched.

What was compared lately is remembered as well: while the database is away, searches find what they found before.
"""

import threading
from collections import OrderedDict
from collections.abc import Iterable

import numpy as np
from django.db import connection

from catalog import outage
from ml.bundle import Bundle
from ml.encode.patches import unpack
from search.retrieve.halfvec import cursor_of
from search.retrieve.local import nearest_pictures
from search.types import Candidates

SQL = """SELECT image_id, product_id, patches FROM search_imagevector
    WHERE bundle_id = %s AND image_id = ANY(%s) AND patches IS NOT NULL"""
REMEMBERED = 5000  # pictures, 2.3 kB each

Row = tuple[int, int, bytes]  # image id, product id, patches


class LatelyCompared:
    """The patches of the pictures that were fetched last, for several threads."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.rows: OrderedDict[tuple[str, int], Row] = OrderedDict()
        self.lock = threading.Lock()

    def keep(self, bundle_id: str, rows: list[Row]) -> list[Row]:
        with self.lock:
            for row in rows:
                self.rows[bundle_id, row[0]] = row
                self.rows.move_to_end((bundle_id, row[0]))
            while len(self.rows) > self.size:
                self.rows.popitem(last=False)
        return rows

    def get(self, bundle_id: str, image_ids: Iterable[int]) -> list[Row]:
        with self.lock:
            found = (self.rows.get((bundle_id, image_id)) for image_id in image_ids)
            return [row for row in found if row is not None]


_lately = LatelyCompared(REMEMBERED)


def stored_patches(near: Candidates, bundle: Bundle, product_ids: list[int]) -> tuple[list[int], np.ndarray]:
    """Product ids, and float32 (n, cells, patch_dim), unit rows, of the nearest picture of each, as far as it has any.

    While the database is away: of those that this process compared lately.
    """
    wanted = nearest_pictures(near, product_ids)

    def read() -> list[Row]:
        connection.ensure_connection()
        with connection.wrap_database_errors, cursor_of(connection.connection) as cursor:
            cursor.execute(SQL, [bundle.id, wanted], binary=True)  # as text every byte would be two
            return _lately.keep(bundle.id, cursor.fetchall())

    rows = outage.unless_away(read, lambda: _lately.get(bundle.id, wanted)) if wanted else []
    if not rows:
        return [], np.empty((0, 0, bundle.patch_dim), np.float32)
    patches = unpack(b"".join(row[2] for row in rows), bundle.patch_dim)
    return [row[1] for row in rows], patches.reshape(len(rows), -1, bundle.patch_dim)
