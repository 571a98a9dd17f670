"""A few vectors of real searches, kept so that a generation's recall is measured with what shoppers ask."""

import logging
from itertools import count

from django.conf import settings
from django.db import DatabaseError, connection, transaction

from catalog import outage
from search.measuring import is_measuring
from search.models import QuerySample
from search.types import QueryVector

KEPT = 2000  # of each bundle; the oldest go
OLD = """DELETE FROM search_querysample WHERE bundle_id = %s AND id <= (
    SELECT id FROM search_querysample WHERE bundle_id = %s ORDER BY id DESC OFFSET %s LIMIT 1)"""
_searches = count(1)
log = logging.getLogger(__name__)


def sample(query: QueryVector) -> None:
    """Keeps every so many-th; none where settings.SIGHTLINE_SAMPLE_EVERY is 0."""
    every = settings.SIGHTLINE_SAMPLE_EVERY
    if every and not is_measuring() and next(_searches) % every == 0 and not outage.is_away():
        try:
            keep(query)
        except DatabaseError as error:  # a search is worth more than its sample
            log.warning("a query's vector was not kept: %s", error)


def keep(query: QueryVector) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = off")
        QuerySample.objects.create(bundle_id=query.bundle_id, vector=query.vector)
        cursor.execute(OLD, [query.bundle_id, query.bundle_id, KEPT])
