"""What was asked and answered, append-only: the evidence for every later judgement."""

import uuid

from django.core.signing import BadSignature, Signer
from django.db import IntegrityError

from catalog import outage
from search.errors import BadCursor, Unavailable, UnknownProduct, UnknownQuery
from search.models import Click, QueryLog
from search.respond.keep import keep
from search.respond.recent import recent
from search.types import Filters, Hit, Query

LOGGED_PRODUCTS = 200
SIGNER = Signer(salt="search.cursor")


def record(
    query: Query,
    understanding: dict,
    hits: list[Hit],
    bundle_id: str,
    partial: bool,
    stages_ms: dict,
    generation: str | None = None,
) -> QueryLog:
    """One row per search of a shopper's; its ranking is what later pages are cut from."""
    log = QueryLog(
        asked={
            **understanding,
            "weights": list(query.weights),
            "filters": filters_to_json(query.filters),
        },
        photo_token=query.photo or "",
        bundle_id=bundle_id,
        generation=generation or "",
        ranking=[[hit.product_id, round(hit.score, 4), hit.scores, hit.also] for hit in hits[:LOGGED_PRODUCTS]],
        partial=partial,
        stages_ms=stages_ms,
    )
    if query.logged:
        recent.add(log, written=keep(log))
    return log


def filters_to_json(filters: Filters) -> dict:
    return {
        "category": filters.category,
        "price_min": None if filters.price_min is None else str(filters.price_min),
        "price_max": None if filters.price_max is None else str(filters.price_max),
        "in_stock": filters.in_stock,
        "seller": filters.seller,
        "attributes": filters.attributes,
    }


def make_cursor(query_id: uuid.UUID, place: int) -> str:
    return SIGNER.sign(f"{query_id.hex}.{place}").replace(":", ".")


def read_cursor(cursor: str) -> tuple[QueryLog, int]:
    """The logged query and the place of the next result. Raises BadCursor, and Unavailable where nobody can tell."""
    try:
        query_hex, place, signature = cursor.split(".")
        SIGNER.unsign(f"{query_hex}.{place}:{signature}")
        return logged(uuid.UUID(hex=query_hex)), int(place)
    except (ValueError, BadSignature, QueryLog.DoesNotExist):
        raise BadCursor from None


def logged(query_id: uuid.UUID) -> QueryLog:
    """A search by its id. Raises QueryLog.DoesNotExist; Unavailable for one that only a database that is away knows."""
    return outage.unless_away(lambda: read_log(query_id), lambda: recent_log(query_id))


def read_log(query_id: uuid.UUID) -> QueryLog:
    try:
        return QueryLog.objects.get(pk=query_id)
    except QueryLog.DoesNotExist:
        if log := recent.get(query_id, unwritten_only=True):
            return log
        raise


def recent_log(query_id: uuid.UUID) -> QueryLog:
    if log := recent.get(query_id):
        return log
    raise Unavailable("The next page of this search is in the catalog database, which is away. Try again in a moment.")


def record_click(query_id: str, product_id: int, rank: int) -> None:
    """A shopper chose this result. Raises UnknownQuery, or UnknownProduct for what the query never showed."""
    try:
        log = logged(uuid.UUID(str(query_id)))
    except (ValueError, QueryLog.DoesNotExist):
        raise UnknownQuery from None
    except Unavailable:  # it was logged by another process; whether it showed the product is looked at on the return
        keep(Click(query_id=uuid.UUID(str(query_id)), product_id=product_id, rank=rank))
        return
    if not any(product_id == row[0] or product_id in row[3] for row in log.ranking):
        raise UnknownProduct("This query did not show such a product.")
    try:
        keep(Click(query_id=log.pk, product_id=product_id, rank=rank), later=log._state.adding)
    except IntegrityError:  # deleted from the catalog since it was shown
        raise UnknownProduct from None
