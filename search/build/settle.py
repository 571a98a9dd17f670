"""Out of the hot tier goes what the live generation and the one before it both hold. Every step may be repeated.

So either of the two and the hot tier together are complete, and a rollback needs no work on rows.
"""

from django.db import connection, transaction

from search.build.lock import shared
from search.build.register import index_name
from search.models import Generation

BATCH_ROWS = 2_000
KEPT_CHANGES = "1 hour"  # for processes that were stopped or cut off for a while (search/retrieve/live.py)
MANY_ROWS = 5_000  # after so many have gone the index is smaller made anew than cleaned

PINNED = """WITH RECURSIVE pinned AS (SELECT category_id AS id FROM search_pin
    UNION SELECT child.id FROM catalog_category child JOIN pinned ON child.parent_id = pinned.id)
    SELECT coalesce(array_agg(id), '{}') FROM pinned"""
# A vector that is written again meanwhile has another `written`, and stays.
SETTLE = """WITH batch AS MATERIALIZED (SELECT id, image_id, product_id, written FROM search_imagevector
        WHERE bundle_id = %s AND hot AND image_id > %s ORDER BY image_id LIMIT %s),
    settled AS (UPDATE search_imagevector v SET hot = false FROM batch JOIN catalog_product p ON p.id = batch.product_id
        WHERE v.id = batch.id AND v.hot AND v.written = batch.written
            AND (SELECT bool_and(pg_visible_in_snapshot(v.written, mark::pg_snapshot)) FROM unnest(%s::text[]) AS mark)
            AND NOT coalesce(p.category_id = ANY(%s::bigint[]), false) RETURNING 1)
    SELECT (SELECT max(image_id) FROM batch), (SELECT count(*) FROM settled)"""
HEAT = """UPDATE search_imagevector SET hot = true WHERE id IN (
    SELECT v.id FROM search_imagevector v JOIN catalog_product p ON p.id = v.product_id
    WHERE v.bundle_id = %s AND NOT v.hot AND (%s OR p.category_id = ANY(%s::bigint[])) LIMIT %s)"""
LEFT = "SELECT count(*) FROM (SELECT FROM search_imagevector WHERE bundle_id = %s AND hot LIMIT %s) AS counted"
PRUNE = f"""DELETE FROM search_change WHERE id IN (SELECT c.id FROM search_change c
    WHERE c.at < now() - interval '{KEPT_CHANGES}' AND coalesce((SELECT bool_and(pg_visible_in_snapshot(c.xid,
        mark::pg_snapshot)) FROM unnest(%s::text[]) AS mark), true) LIMIT %s)"""


def settle(bundle_id: str) -> int:
    """Returns how many rows left the hot tier. What is pinned comes back, and without a live generation everything."""
    heat(bundle_id)
    settled, last = 0, 0
    while last is not None:
        last, moved = settle_batch(bundle_id, last)
        settled += moved
    if settled > MANY_ROWS:
        shrink_indexes(bundle_id)
    if settled:
        with connection.cursor() as cursor:  # else the planner goes through all rows to find the few
            cursor.execute("ANALYZE search_imagevector (bundle_id, hot)")
    return settled


def settle_batch(bundle_id: str, after: int) -> tuple[int | None, int]:
    """One batch by image id: the last one looked at, None at the end, and how many left."""
    with transaction.atomic(), connection.cursor() as cursor:
        shared()  # what is live and what was before it stays so until this batch is committed
        marks = watermarks(bundle_id)
        if not marks:
            return None, 0
        cursor.execute(SETTLE, [bundle_id, after, BATCH_ROWS, marks, pinned(cursor)])
        return cursor.fetchone()


def watermarks(bundle_id: str) -> list[str]:
    """Of the live generation and the one before it; none where none is live."""
    made = Generation.objects.filter(bundle_id=bundle_id)
    live = list(made.filter(state=Generation.State.LIVE).values_list("watermark", flat=True))
    retired = made.filter(state=Generation.State.RETIRED).order_by("-retired_at")
    return live and live + list(retired.values_list("watermark", flat=True)[:1])


def pinned(cursor) -> list[int]:
    """The pinned categories and all below them."""
    cursor.execute(PINNED)
    return cursor.fetchone()[0]


def heat(bundle_id: str) -> int:
    """Make hot what must be and is not. Returns how many rows."""
    heated = 0
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            shared()
            everything = not watermarks(bundle_id)
            categories = pinned(cursor)
            if not everything and not categories:
                return heated
            cursor.execute(HEAT, [bundle_id, everything, categories, BATCH_ROWS])
            if not cursor.rowcount:
                return heated
            heated += cursor.rowcount


def shrink_indexes(bundle_id: str) -> None:
    """Scans would pass all that has left: make the indexes anew over the rows that stayed, if these are few."""
    if connection.in_atomic_block:  # as in tests: it cannot be done beside other work in one transaction
        return
    with connection.cursor() as cursor:
        cursor.execute(LEFT, [bundle_id, MANY_ROWS * 4])
        if cursor.fetchone()[0] < MANY_ROWS * 4:
            for name in ("hot_vectors", index_name(bundle_id)):
                cursor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}_ccnew")  # of one that was killed
                cursor.execute(f"REINDEX INDEX CONCURRENTLY {name}")


def prune_changes() -> int:
    """Drop what every generation that may still be opened holds already. Returns how many rows."""
    kept = Generation.objects.filter(state__in=["building", "ready", "live", "retired"]).exclude(watermark="")
    marks, pruned = list(kept.values_list("watermark", flat=True)), 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(PRUNE, [marks, BATCH_ROWS * 5])
            if not cursor.rowcount:
                return pruned
            pruned += cursor.rowcount
