"""Products by the hundred thousand, without pictures: rows of the catalog and unit vectors, copied into PostgreSQL.

Vectors lie in clusters. Products 2i and 2i + 1 are partners: each is by far the nearest to the other, yet not so near
that one card shows both. So what a search for "more like this" must find first is known.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from django.db import connection
from django.utils.text import slugify

CATEGORIES = 20
CLUSTERS, WITHIN, PARTNER = 1000, 0.8, 0.45  # lengths of the noise beside a unit vector
ROWS_PER_COPY = 20_000
OWNED = ("catalog_product", "catalog_offer", "catalog_image", "search_imagevector")
COPY = "COPY search_imagevector (image_id, product_id, bundle_id, created_at, hot, vector) FROM STDIN (FORMAT binary)"
PRODUCTS = """INSERT INTO catalog_product (id, sku, group_id, gtin, title, description, brand, category_id, attributes,
        blocked, created_at, updated_at)
    SELECT n, 'B' || n, '', '', 'Thing ' || n, '', 'Bench', {category} + n %% {categories}, '{{}}', false, now(), now()
    FROM generate_series(%s::bigint, %s::bigint) n"""
OFFERS = """INSERT INTO catalog_offer (product_id, seller_id, price, currency, availability, updated_at)
    SELECT n, {seller}, 1 + n %% 1000, 'EUR', 'in_stock', now() FROM generate_series(%s::bigint, %s::bigint) n"""
IMAGES = """INSERT INTO catalog_image (id, product_id, position, source, folder, fingerprint, file, status, reason,
        attempts, sha256, colours, blocked, created_at)
    SELECT n, n, 0, 'bench', '', '', 'bench.jpg', 'indexed', '', 0, '', '[]', false, now()
    FROM generate_series(%s::bigint, %s::bigint) n"""
MICROSECONDS_TO_2026 = 820_454_400_000_000  # since 2000, PostgreSQL's epoch


def unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def noise(dice: np.random.Generator, n: int, dim: int, length: float) -> np.ndarray:
    return length * unit(dice.standard_normal((n, dim), dtype=np.float32))


def pairs(rows: int, dim: int, seed: int = 1) -> Iterator[np.ndarray]:
    """Unit vectors float32 (<= ROWS_PER_COPY, dim), partners side by side; `rows` and ROWS_PER_COPY are even."""
    dice = np.random.default_rng(seed)
    centres = unit(dice.standard_normal((CLUSTERS, dim), dtype=np.float32))
    for first in range(0, rows, ROWS_PER_COPY):
        n = min(ROWS_PER_COPY, rows - first) // 2
        one = unit(centres[dice.integers(0, CLUSTERS, n)] + noise(dice, n, dim, WITHIN))
        yield np.stack([one, unit(one + noise(dice, n, dim, PARTNER))], 1).reshape(-1, dim)


class Catalog:
    """Products 1 to `rows` (an even number), each with one picture of the same id."""

    def __init__(self, rows: int, say: Callable[[str], None] = print):
        self.rows, self.say = rows, say

    def fill(self) -> None:
        """Triggers are off meanwhile: nobody follows a shop that is still empty."""
        from catalog.models import Category, Seller

        self.say(f"Filling in {self.rows:,} products")
        seller = Seller.objects.create(name="Bench")
        names = [f"Bench {number}" for number in range(CATEGORIES)]
        categories = [Category.objects.create(name=name, path=name, slug=slugify(name)) for name in names]
        with quiet_triggers(), connection.cursor() as cursor:
            for first in range(1, self.rows + 1, 50_000):
                span = [first, min(first + 49_999, self.rows)]
                cursor.execute(PRODUCTS.format(category=categories[0].pk, categories=len(categories)), span)
                cursor.execute(OFFERS.format(seller=seller.pk), span)
                cursor.execute(IMAGES, span)
            for table in ("catalog_product", "catalog_image"):
                cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), {self.rows + 1})")

    def fill_vectors(self, bundle_id: str, dim: int, *, some: range | None = None, hot=False, order=None) -> None:
        """Vectors of `some` products (all). order: int64 (rows,), the product of each place in the pairs; without it
        place i is product i + 1. Rows that are not hot are in no tier until a generation is built."""
        some = some or range(1, self.rows + 1)
        products = np.arange(1, self.rows + 1) if order is None else order
        place = 0
        with quiet_triggers():
            for vectors in pairs(self.rows, dim):
                ids = products[place : place + len(vectors)]
                place += len(vectors)
                wanted = (ids >= some.start) & (ids < some.stop)
                if wanted.any():
                    copy_vectors(bundle_id, ids[wanted], vectors[wanted], hot)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")


def copy_vectors(bundle_id: str, ids: np.ndarray, vectors: np.ndarray, hot: bool) -> None:
    """ids int64 (n,) of images, which are their products' too; vectors float32 (n, dim)."""
    n, dim = vectors.shape
    name = bundle_id.encode()
    fields = [("fields", ">i2"), ("image_bytes", ">i4"), ("image", ">i8"), ("product_bytes", ">i4"), ("product", ">i8"),
              ("bundle_bytes", ">i4"), ("bundle", f"S{len(name)}"), ("at_bytes", ">i4"), ("at", ">i8"),
              ("hot_bytes", ">i4"), ("hot", "i1"), ("vector_bytes", ">i4"), ("dim", ">i2"), ("unused", ">i2"),
              ("vector", ">f2", (dim,))]  # fmt: skip
    rows = np.zeros(n, np.dtype(fields))
    rows["fields"], rows["image_bytes"], rows["product_bytes"], rows["at_bytes"] = 6, 8, 8, 8
    rows["hot_bytes"], rows["hot"] = 1, hot
    rows["bundle_bytes"], rows["bundle"], rows["at"] = len(name), name, MICROSECONDS_TO_2026
    rows["vector_bytes"], rows["dim"], rows["vector"] = 4 + 2 * dim, dim, vectors
    rows["image"] = rows["product"] = ids
    connection.ensure_connection()
    with connection.connection.cursor() as cursor, cursor.copy(COPY) as copy:
        copy.write(b"PGCOPY\n\xff\r\n\0" + bytes(8) + rows.tobytes() + b"\xff\xff")


class quiet_triggers:
    """The tables' triggers rest, and the feed of changes is empty afterwards."""

    def __enter__(self) -> None:
        self.turn("DISABLE")

    def __exit__(self, *error) -> None:
        self.turn("ENABLE")
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE search_change")

    def turn(self, how: str) -> None:
        with connection.cursor() as cursor:
            for table in OWNED:
                cursor.execute(f"ALTER TABLE {table} {how} TRIGGER USER")


def partner_of(product_id: int) -> int:
    """Where place i is product i + 1."""
    return ((product_id - 1) ^ 1) + 1


def give_picture(home: Path) -> None:
    """The file that all of these images name."""
    from PIL import Image

    (home / "media").mkdir(parents=True, exist_ok=True)
    Image.effect_noise((64, 64), 60).convert("RGB").save(home / "media" / "bench.jpg")
