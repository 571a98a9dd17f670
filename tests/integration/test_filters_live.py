"""Filters over both tiers while the catalog changes: the router finds what exact search over PostgreSQL finds."""

import numpy as np
import pytest
from django.db import connection
from pgvector import HalfVector

from catalog.visible import SHOWN
from search import remembered
from search.build.build import build
from search.build.promote import promote
from search.build.settle import settle
from search.build.verify import verify
from search.filters import where
from search.retrieve import follow
from search.retrieve.router import Router
from search.types import Filters, QueryVector
from tests.random_catalog import BUNDLE, World

pytestmark = pytest.mark.django_db(transaction=True)
K = 12
TRUTH = f"""SELECT i.id, v.vector::text FROM search_imagevector v JOIN catalog_image i ON i.id = v.image_id
    JOIN catalog_product p ON p.id = v.product_id
    WHERE v.bundle_id = %s AND {SHOWN} AND {{condition}}"""


def renew() -> None:
    generation = build(BUNDLE)
    assert verify(generation.pk).passed
    promote(generation.pk, "test")


def nearest(query: QueryVector, filters: Filters) -> tuple[list[int], int]:
    """Image ids, best first, and how many pass."""
    condition, values = where(filters)
    with connection.cursor() as cursor:
        cursor.execute(TRUTH.format(condition=condition), [BUNDLE, *values])
        rows = cursor.fetchall()
    scores = {image: HalfVector.from_text(text).to_numpy().astype(np.float32) @ query.vector for image, text in rows}
    return sorted(scores, key=lambda image: -scores[image])[:K], len(rows)


@pytest.mark.parametrize("seed", range(2))
def test_a_page_is_right_and_full_after_every_change(seed):
    world = World(seed)
    renew()
    asked = [Filters(), *(world.filters() for _ in range(6))]
    happened = "nothing"
    for step in range(30):
        if step % 10 == 5:
            settle(BUNDLE)
        if step == 18:
            renew()
        remembered.forget()
        router = Router(follow.catch_up())
        query = QueryVector(BUNDLE, world.unit_vector())
        for filters in [*asked, world.filters()]:
            right, passing = nearest(query, filters)
            found = router.candidates(query, filters, K)
            assert found.image_ids.tolist() == right, (happened, filters)
            assert len(found) == min(K, passing)
            assert not found.partial
        happened = world.change()
