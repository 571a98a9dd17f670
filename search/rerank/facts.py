"""What the rules need to know of the candidates, read in one query."""

from dataclasses import dataclass

import numpy as np
from django.db import connection

# What a person said of the product and another one (catalog.PairVerdict, whose order is that of bytes).
TOLD = """array(SELECT q.id FROM (
            SELECT v.other_sku AS sku FROM catalog_pairverdict v WHERE v.sku = p.sku COLLATE "C" AND {told}
            UNION ALL SELECT v.sku FROM catalog_pairverdict v WHERE v.other_sku = p.sku COLLATE "C" AND {told}
        ) AS other JOIN catalog_product q ON q.sku = other.sku COLLATE "default")"""
SQL = f"""SELECT p.id, p.gtin, p.group_id, lower(coalesce(p.attributes ->> 'color', '')),
        EXISTS (SELECT 1 FROM catalog_offer o WHERE o.product_id = p.id AND NOT o.hidden
            AND o.availability = 'in_stock' AND o.quantity IS DISTINCT FROM 0),
        array(SELECT i.phash FROM catalog_image i WHERE i.product_id = p.id AND i.phash IS NOT NULL),
        {TOLD.format(told="v.verdict = 'same_product'")}, {TOLD.format(told="v.verdict <> 'same_product'")}
    FROM catalog_product p WHERE p.id = ANY(%s)"""


@dataclass(frozen=True, slots=True)
class Facts:
    """One product. phashes: signed 64-bit numbers, one per picture.

    same, apart: ids of products that a person called the same product, or another one however alike their pictures are.
    """

    gtin: str
    group_id: str
    color: str
    in_stock: bool
    phashes: tuple[int, ...]
    same: frozenset[int] = frozenset()
    apart: frozenset[int] = frozenset()


def read_facts(product_ids: np.ndarray) -> dict[int, Facts]:
    """Facts by product; a product that was deleted meanwhile is left out."""
    with connection.cursor() as cursor:
        cursor.execute(SQL, [[int(product_id) for product_id in product_ids]])
        return {
            row[0]: Facts(row[1], row[2], row[3], row[4], tuple(row[5]), frozenset(row[6]), frozenset(row[7]))
            for row in cursor.fetchall()
        }
