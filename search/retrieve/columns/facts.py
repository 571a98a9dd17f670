"""Current facts of some products, as the filter columns need them."""

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import psycopg
from django.db import connection as django_connection

from catalog.visible import SHOWN, SOLD
from search.filters import IN_STOCK
from search.retrieve.columns.wanted import folded

CHUNK_PRODUCTS = 5_000
DECODER = json.JSONDecoder(parse_float=str, parse_int=str)  # json.loads would make one a call, for 5 microseconds
PRODUCTS = f"""SELECT p.id, p.category_id, p.attributes::text, p.blocked OR NOT {SOLD} FROM catalog_product p
    WHERE p.id = ANY(%s::bigint[])"""
OFFERS = f"""SELECT o.product_id, o.price::float8, {IN_STOCK}, o.seller_id FROM catalog_offer o
    WHERE o.product_id = ANY(%s::bigint[]) AND NOT o.hidden ORDER BY o.product_id, 3 DESC, o.price, o.id"""
# A picture's row of a generation gives way to the row of the hot tier that was written after the watermark. Both tables
# are narrowed by product: left with one, the planner may read the other whole.
IMAGES = f"""SELECT i.product_id, i.id FROM catalog_image i
    JOIN search_imagevector v ON v.image_id = i.id AND v.bundle_id = %(bundle)s
    WHERE i.product_id = ANY(%(products)s::bigint[]) AND v.product_id = ANY(%(products)s::bigint[])
        AND {SHOWN}
        AND NOT (v.hot AND NOT pg_visible_in_snapshot(v.written, %(watermark)s::pg_snapshot))"""


@dataclass(frozen=True, slots=True)
class OfferFacts:
    price: float
    in_stock: bool
    seller_id: int


@dataclass(frozen=True, slots=True)
class ProductFacts:
    """One product. `image_ids`: those of its pictures that the generation may show; none of a hidden product's.

    offers: best first. attributes: values as `folded` gives them.
    """

    product_id: int
    category_id: int | None = None
    offers: tuple[OfferFacts, ...] = ()
    attributes: dict[str, str] = field(default_factory=dict)
    image_ids: tuple[int, ...] = ()


def read_facts_for(
    product_ids: Sequence[int], bundle_id: str, watermark: str, connection: psycopg.Connection | None = None
) -> list[ProductFacts]:
    """One for each id, also for a product that is gone. watermark: the generation's pg_snapshot, as text."""
    facts = []
    with plain_cursor(connection) as cursor:
        for start in range(0, len(product_ids), CHUNK_PRODUCTS):
            ids = [int(product_id) for product_id in product_ids[start : start + CHUNK_PRODUCTS]]
            asked = {"bundle": bundle_id, "products": ids, "watermark": watermark}
            images = grouped(cursor.execute(IMAGES, asked, binary=True))
            facts += read_chunk(cursor, ids, images)
    return facts


def read_chunk(cursor: psycopg.Cursor, ids: list[int], images: dict[int, list]) -> list[ProductFacts]:
    offers = grouped(cursor.execute(OFFERS, [ids], binary=True))
    products = {row[0]: row[1:] for row in cursor.execute(PRODUCTS, [ids], binary=True)}
    facts = []
    for product_id in ids:
        category_id, attributes, blocked = products.get(product_id, (None, "{}", True))
        shown = () if blocked else tuple(row[0] for row in images.get(product_id, ()))
        made = tuple(OfferFacts(*row) for row in offers.get(product_id, ()))
        facts.append(ProductFacts(product_id, category_id, made, parse_attributes(attributes), shown))
    return facts


def grouped(rows: Iterator[tuple]) -> dict[int, list[tuple]]:
    """Rows by their first value, without it."""
    groups = defaultdict(list)
    for key, *rest in rows:
        groups[key].append(tuple(rest))
    return groups


def parse_attributes(text: str) -> dict[str, str]:
    """Values as PostgreSQL's ->> gives them, folded. A null is no value, and neither is anything but an object."""
    told = DECODER.decode(text)
    if not isinstance(told, dict):
        return {}
    return {name: folded(as_text(value)) for name, value in told.items() if value is not None}


def as_text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def plain_cursor(connection: psycopg.Connection | None) -> psycopg.Cursor:
    """Django's own cursors bind on the client, which has no binary form."""
    if connection is None:
        django_connection.ensure_connection()
        connection = django_connection.connection
    return psycopg.Cursor(connection)
