"""A shopper hid a result: what was taken for a match and is none."""

import uuid

from django.db import IntegrityError, transaction

from search.errors import UnknownProduct, UnknownQuery
from search.models import Flag, QueryLog
from search.respond.record import logged


def record_flag(query_id: str, product_id: int, withdrawn: bool = False) -> Flag:
    """One more row. Sent twice, the second changes nothing.

    Raises UnknownQuery, UnknownProduct for what the query never showed, Unavailable while the database is away.
    """
    try:
        log = logged(uuid.UUID(str(query_id)))
    except (ValueError, QueryLog.DoesNotExist):
        raise UnknownQuery from None
    ranks = [rank for rank, row in enumerate(log.ranking, 1) if product_id == row[0] or product_id in row[3]]
    if not ranks:
        raise UnknownProduct("This query did not show such a product.")
    last = Flag.objects.filter(query=log.pk, product=product_id).order_by("-pk").first()
    if last is not None and last.withdrawn == withdrawn:
        return last
    try:
        with transaction.atomic():
            return Flag.objects.create(query_id=log.pk, product_id=product_id, rank=ranks[0], withdrawn=withdrawn)
    except IntegrityError:  # deleted from the catalog since it was shown, or a search that still waits to be written
        raise UnknownProduct from None
