"""How often each product was shown and clicked, counted from the log a few hours at a time."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from search.demand.models import DemandCount, ProductDemand

STEP = timedelta(hours=2)  # of the log in one transaction
BEHIND = timedelta(minutes=10)  # a row may be written so long after its search, while the database was away
SHOWN = 20  # the first results of a search: what its first page shows
# Counted once: each step moves the mark in its own transaction.
COUNT = """
WITH clicked AS (
    SELECT c.product_id, max(c.created_at) AS at FROM search_click c
    WHERE c.created_at >= %(start)s AND c.created_at < %(end)s GROUP BY c.product_id),
shown AS (
    SELECT (row.value ->> 0)::bigint AS product_id, q.created_at AS at FROM search_querylog q
    CROSS JOIN LATERAL jsonb_path_query(q.ranking, '$[0 to %(last)s]') AS row (value)
    WHERE q.created_at >= %(start)s AND q.created_at < %(end)s),
counted AS (
    SELECT s.product_id, max(s.at) AS shown_at, max(c.at) AS clicked_at,
        count(*) FILTER (WHERE c.at IS NULL OR s.at > c.at) AS unclicked
    FROM shown s LEFT JOIN clicked c USING (product_id) GROUP BY s.product_id
    UNION ALL
    SELECT product_id, at, at, 0 FROM clicked WHERE product_id NOT IN (SELECT product_id FROM shown))
INSERT INTO search_productdemand (product_id, shown_at, clicked_at, unclicked)
SELECT counted.* FROM counted JOIN catalog_product p ON p.id = counted.product_id ORDER BY counted.product_id
ON CONFLICT (product_id) DO UPDATE SET
    shown_at = greatest(search_productdemand.shown_at, excluded.shown_at),
    clicked_at = coalesce(excluded.clicked_at, search_productdemand.clicked_at),
    unclicked = CASE WHEN excluded.clicked_at IS NULL THEN search_productdemand.unclicked ELSE 0 END
        + excluded.unclicked"""


def count_attention(should_stop: Callable[[], bool] = lambda: False) -> int:
    """Up to what was logged some minutes ago. Returns how many steps were taken; stopped, the next run goes on."""
    steps = 1
    while count_step() and not should_stop():
        steps += 1
    return steps


@transaction.atomic
def count_step() -> bool:
    """Whether there is another one: a last one, shorter than STEP, ends just now."""
    mark = locked_mark()
    latest = timezone.now() - BEHIND
    end = min(mark.counted_to + STEP, latest)
    if end <= mark.counted_to:
        return False
    with connection.cursor() as cursor:
        cursor.execute(COUNT, {"start": mark.counted_to, "end": end, "last": SHOWN - 1})
    mark.counted_to = end
    mark.save(update_fields=["counted_to"])
    return end < latest


def locked_mark() -> DemandCount:
    """The one row; the first time it begins as far back as the page looks."""
    start = timezone.now() - timedelta(days=settings.SIGHTLINE_DEMAND_DAYS)
    DemandCount.objects.get_or_create(pk=1, defaults={"since": start, "counted_to": start})
    return DemandCount.objects.select_for_update().get(pk=1)


def purge_attention(before: datetime) -> int:
    """What was shown last long ago counts as never shown again. Returns how many rows went."""
    return ProductDemand.objects.filter(shown_at__lt=before).delete()[0]
