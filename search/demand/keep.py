"""Which searches are worth a look later, kept beside their log with the vector they were made with.

A vector cannot be had afterwards without the photo, so it is kept at once; but only of what was not plainly found.
"""

import logging

from django.db import DatabaseError, connection, transaction

from catalog import outage
from search.demand.models import DemandQuery
from search.demand.private import is_private
from search.measuring import is_measuring
from search.models import QueryLog
from search.types import Filters, Hit, Query, QueryVector, Ranking

FIRST = 6  # products that stand for what the shop has instead
log = logging.getLogger(__name__)


def keep_demand(query: Query, found: Ranking, logged: QueryLog) -> None:
    """One more row, where this search may have found nothing good. While the database is away: nothing."""
    if not query.logged or is_measuring() or outage.is_away():
        return
    row = demand_of(query, found, logged)
    if row is None:
        return
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL synchronous_commit = off")
            row.save(force_insert=True)
    except DatabaseError as error:  # a search is worth more than what is learned from it
        log.warning("what a search did not find was not kept: %s", error)


def demand_of(query: Query, found: Ranking, logged: QueryLog) -> DemandQuery | None:
    """None for a search in a part of the catalog alone, for "more like this", and for what was plainly found."""
    told = found.understanding
    if query.filters != Filters() or found.partial or query.product_id is not None:
        return None
    photo = told["kind"] != "text"
    close = (told.get("closeness") or {}).get("kind", "")
    if (close == "exact") if photo else names_a_product(found.hits):
        return None
    words = told["text"] or ""
    if is_private(words):
        if not photo:
            return None
        words = ""
    return DemandQuery(
        id=logged.pk,
        kind=DemandQuery.Kind.PHOTO if photo else DemandQuery.Kind.TEXT,
        words=words,
        bundle_id=found.bundle_id,
        vector=vector_of(found.vectors),
        closeness=close,
        sees=told.get("sees") or "",
        products=[hit.product_id for hit in found.hits[:FIRST]],
        photo_token=query.photo or "",
        bbox=told["bbox"],
    )


def names_a_product(hits: tuple[Hit, ...]) -> bool:
    """Whether the words are in any product that was found."""
    return any(hit.scores.get("words", 0) > 0 for hit in hits)


def vector_of(vectors: tuple[QueryVector, ...]):
    return vectors[0].vector if vectors else None
