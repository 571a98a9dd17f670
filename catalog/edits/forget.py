"""History is kept for a while: what is older cannot be undone any more."""

from datetime import datetime

from django.db import connection
from django.db.models import Max

from catalog.models import Category, Edit, Image, Offer, Product, Seller

BATCH_ROWS, BATCH_EDITS = 20_000, 5_000
OLD_ROWS = """DELETE FROM {table} WHERE history_id IN
    (SELECT history_id FROM {table} WHERE edit_id <= %s ORDER BY edit_id LIMIT %s)"""


def forget_before(moment: datetime) -> int:
    """Deletes what was recorded by Edits that began before, in batches that each are one short transaction."""
    last = Edit.objects.filter(at__lt=moment).aggregate(last=Max("pk"))["last"]
    if last is None:
        return 0
    tables = [model.history.model._meta.db_table for model in (Category, Seller, Product, Offer, Image)]
    deleted = sum(forget_rows(table, last) for table in tables)
    forget_edits(last)
    return deleted


def forget_edits(last_edit: int) -> None:
    """A program that changes prices all day makes hundreds of thousands: not all of them at once."""
    old = Edit.objects.filter(pk__lte=last_edit).order_by("pk").values_list("pk", flat=True)
    while ids := list(old[:BATCH_EDITS]):
        Edit.objects.filter(pk__in=ids).delete()


def forget_rows(table: str, last_edit: int) -> int:
    deleted = 0
    with connection.cursor() as cursor:
        while True:
            cursor.execute(OLD_ROWS.format(table=table), [last_edit, BATCH_ROWS])
            deleted += cursor.rowcount
            if cursor.rowcount < BATCH_ROWS:
                return deleted
