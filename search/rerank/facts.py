"""What the rules need to know of the candidates, read in one query."""

from dataclasses import dataclass

import numpy as np
from django.db import connection

SQL = """SELECT p.id, p.gtin, p.group_id, lower(coalesce(p.attributes ->> 'color', '')),
        EXISTS (SELECT 1 FROM catalog_offer o WHERE o.product_id = p.id AND NOT o.hidden
            AND o.availability = 'in_stock' AND o.quantity IS DISTINCT FROM 0),
        array(SELECT i.phash FROM catalog_image i WHERE i.product_id = p.id AND i.phash IS NOT NULL)
    FROM catalog_product p WHERE p.id = ANY(%s)"""


@dataclass(frozen=True, slots=True)
class Facts:
    """One product. phashes: signed 64-bit numbers, one per picture."""

    gtin: str
    group_id: str
    color: str
    in_stock: bool
    phashes: tuple[int, ...]


def read_facts(product_ids: np.ndarray) -> dict[int, Facts]:
    """Facts by product; a product that was deleted meanwhile is left out."""
    with connection.cursor() as cursor:
        cursor.execute(SQL, [[int(product_id) for product_id in product_ids]])
        return {row[0]: Facts(row[1], row[2], row[3], row[4], tuple(row[5])) for row in cursor.fetchall()}
