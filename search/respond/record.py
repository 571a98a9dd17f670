"""What was asked and answered, append-only: the evidence for every later judgement."""

import uuid

from django.core.signing import BadSignature, Signer
from django.db import IntegrityError, connection, transaction

from search.errors import BadCursor, UnknownProduct, UnknownQuery
from search.models import Click, QueryLog
from search.types import Filters, Hit, Query

LOGGED_PRODUCTS = 200
SIGNER = Signer(salt="search.cursor")


def record(
    query: Query, understanding: dict, hits: list[Hit], bundle_id: str, partial: bool, stages_ms: dict
) -> QueryLog:
    """One row per search; its ranking is what later pages are cut from."""
    with transaction.atomic(), connection.cursor() as cursor:
        # A power cut may cost the last searches' log lines; waiting for the disk would cost every shopper.
        cursor.execute("SET LOCAL synchronous_commit = off")
        return create_row(query, understanding, hits, bundle_id, partial, stages_ms)


def create_row(
    query: Query, understanding: dict, hits: list[Hit], bundle_id: str, partial: bool, stages_ms: dict
) -> QueryLog:
    return QueryLog.objects.create(
        asked={
            **understanding,
            "weights": list(query.weights),
            "filters": filters_to_json(query.filters),
        },
        photo_token=query.photo or "",
        bundle_id=bundle_id,
        ranking=[[hit.product_id, round(hit.score, 4), hit.scores, hit.also] for hit in hits[:LOGGED_PRODUCTS]],
        partial=partial,
        stages_ms=stages_ms,
    )


def filters_to_json(filters: Filters) -> dict:
    return {
        "category": filters.category,
        "price_min": None if filters.price_min is None else str(filters.price_min),
        "price_max": None if filters.price_max is None else str(filters.price_max),
        "in_stock": filters.in_stock,
        "attributes": filters.attributes,
    }


def make_cursor(query_id: uuid.UUID, place: int) -> str:
    return SIGNER.sign(f"{query_id.hex}.{place}").replace(":", ".")


def read_cursor(cursor: str) -> tuple[QueryLog, int]:
    """The logged query and the place of the next result. Raises BadCursor."""
    try:
        query_hex, place, signature = cursor.split(".")
        SIGNER.unsign(f"{query_hex}.{place}:{signature}")
        return QueryLog.objects.get(pk=uuid.UUID(hex=query_hex)), int(place)
    except (ValueError, BadSignature, QueryLog.DoesNotExist):
        raise BadCursor from None


def record_click(query_id: str, product_id: int, rank: int) -> None:
    """A shopper chose this result. Raises UnknownQuery, or UnknownProduct for what the query never showed."""
    try:
        log = QueryLog.objects.get(pk=uuid.UUID(str(query_id)))
    except (ValueError, QueryLog.DoesNotExist):
        raise UnknownQuery from None
    if not any(product_id == row[0] or product_id in row[3] for row in log.ranking):
        raise UnknownProduct("This query did not show such a product.")
    try:
        with transaction.atomic():
            Click.objects.create(query=log, product_id=product_id, rank=rank)
    except IntegrityError:  # deleted from the catalog since it was shown
        raise UnknownProduct from None
