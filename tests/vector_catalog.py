"""Products with made-up vectors, quickly: some thousand rows straight into the tables, for tests of the index."""

import numpy as np
from django.db import connection

from catalog.models import Category, Seller
from search.models import Bundle

DIM = 64
PRODUCTS = """INSERT INTO catalog_product (sku, group_id, gtin, title, description, brand, category_id, attributes,
        blocked, created_at, updated_at)
    SELECT 'V-' || n, '', '', 'Thing ' || n, '', '', (%(categories)s::bigint[])[1 + n %% 3],
        jsonb_build_object('color', CASE n %% 3 WHEN 0 THEN 'green' WHEN 1 THEN 'blue' ELSE 'red' END),
        false, now(), now()
    FROM generate_series(%(first)s::int, %(last)s::int) AS n RETURNING id"""
OFFERS = """INSERT INTO catalog_offer (product_id, seller_id, price, currency, availability, updated_at)
    SELECT id, %s, id %% 100, 'EUR', 'in_stock', now() FROM unnest(%s::bigint[]) AS id"""
IMAGES = """INSERT INTO catalog_image (product_id, position, source, folder, fingerprint, file, status, reason,
        attempts, sha256, colours, blocked, created_at)
    SELECT id, 0, 'v', '', '', '', 'indexed', '', 0, '', '[]', false, now() FROM unnest(%s::bigint[]) AS id
    RETURNING id, product_id"""
VECTORS = "COPY search_imagevector (image_id, product_id, bundle_id, vector, created_at) FROM STDIN"


def make_bundle(bundle_id: str = "made-1.0", dim: int = DIM, **fields) -> Bundle:
    return Bundle.objects.create(id=bundle_id, dim=dim, **fields)


def clustered(n: int, dim: int = DIM, seed: int = 0, clusters: int = 40) -> np.ndarray:
    """Unit vectors float32 (n, dim) around the same centres for every seed."""
    centres = np.random.default_rng(99).normal(size=(clusters, dim))
    random = np.random.default_rng(seed)
    vectors = centres[random.integers(0, clusters, n)] + 0.7 * random.normal(size=(n, dim))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def add_vectors(bundle: Bundle, vectors: np.ndarray, first: int = 0) -> np.ndarray:
    """One product with one picture and one offer for each vector. Returns image ids int64 (n,) in their order."""
    seller, _ = Seller.objects.get_or_create(name="Shop")
    categories = [make_category(name).pk for name in ("Chair", "Lamp", "Table")]
    with connection.cursor() as cursor:
        span = {"categories": categories, "first": first, "last": first + len(vectors) - 1}
        cursor.execute(PRODUCTS, span)
        products = [row[0] for row in cursor.fetchall()]
        cursor.execute(OFFERS, [seller.pk, products])
        cursor.execute(IMAGES, [products])
        images = sorted(cursor.fetchall())
    with connection.connection.cursor() as cursor, cursor.copy(VECTORS) as copy:
        for (image, product), vector in zip(images, vectors, strict=True):
            copy.write_row((image, product, bundle.pk, str(vector.tolist()), "2026-01-01"))
    return np.array([image for image, _ in images])


def make_category(name: str) -> Category:
    root, _ = Category.objects.get_or_create(name="Furniture", path="Furniture", slug="furniture")
    path = f"Furniture > {name}"
    return Category.objects.get_or_create(path=path, defaults={"name": name, "slug": name.lower(), "parent": root})[0]
