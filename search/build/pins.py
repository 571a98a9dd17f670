"""Categories that an operator keeps in the hot tier. search/build/settle.py moves the rows."""

from django.db import connection, transaction

from search.models import Pin, ServingEvent


@transaction.atomic
def pin(category_id: int, actor: str) -> Pin:
    """Keep a category hot by policy, also where traffic has pinned it before."""
    row, _ = Pin.objects.update_or_create(category_id=category_id, defaults={"why": Pin.Why.POLICY})
    ServingEvent.objects.create(verb="pin", actor=actor, detail={"category": row.category.path})
    return row


@transaction.atomic
def unpin(pin_id: int, actor: str) -> None:
    """Its rows may leave the hot tier. One that somebody else has unpinned meanwhile is gone all the same."""
    row = Pin.objects.select_related("category").filter(pk=pin_id).first()
    if row is not None:
        row.delete()
        ServingEvent.objects.create(verb="unpin", actor=actor, detail={"category": row.category.path})


# Both say what shoppers want: a category they filter by, and products they choose. A name may mean several categories.
WANTED = """SELECT category_id, count(*) FROM (
        SELECT c.id AS category_id FROM search_querylog q
            CROSS JOIN LATERAL (SELECT q.asked #>> '{filters,category}' AS name) AS filter
            JOIN catalog_category c ON filter.name IN (c.slug, c.path) OR lower(filter.name) = lower(c.name)
        WHERE q.created_at > now() - make_interval(days => %(days)s)
        UNION ALL
        SELECT p.category_id FROM search_click k JOIN catalog_product p ON p.id = k.product_id
        WHERE k.created_at > now() - make_interval(days => %(days)s) AND p.category_id IS NOT NULL
    ) AS asked GROUP BY category_id ORDER BY count(*) DESC, category_id LIMIT %(limit)s"""
DAYS = 7
LEAST = 20  # searches and clicks; fewer say nothing


def pin_by_traffic(limit: int) -> tuple[int, ...]:
    """Keep the most wanted categories of the last days hot, and no others but the policy's. Returns their ids."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(WANTED, {"days": DAYS, "limit": limit})
        wanted = tuple(category_id for category_id, count in cursor.fetchall() if count >= LEAST)
        Pin.objects.filter(why=Pin.Why.TRAFFIC).exclude(category_id__in=wanted).delete()
        new = [Pin(category_id=category_id, why=Pin.Why.TRAFFIC) for category_id in wanted]
        Pin.objects.bulk_create(new, ignore_conflicts=True)  # a policy pin of the same category stays
    return wanted
