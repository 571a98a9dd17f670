"""Hard negatives from misses in use: results that shoppers marked as no match, or passed over for a later one.

Photos of shoppers are not kept, so most of these have no anchor: they say which product was taken for which.
"""

from collections.abc import Iterable
from datetime import timedelta

from django.utils import timezone

from catalog.models import Product
from labeling.export.pairs import Anchor, Pair
from search.models import Click, Flag, QueryLog

FLAG_WEIGHT, PASSED_WEIGHT = 0.8, 0.2
SOURCE_FLAG, SOURCE_PASSED = "not a match", "passed over"
PASSED = 3  # results before the clicked one that count as seen; Joachims (2002) calls it "skip above"
AT_ONCE = 5000


def pairs_from_use(days: int = 90) -> list[Pair]:
    """Of the searches of so many days. A positive is what the same shopper opened, or asked for more like."""
    since = timezone.now() - timedelta(days=days)
    flagged = standing_flags(since)
    clicks: dict = {}
    for query, product, rank in (
        Click.objects.filter(created_at__gte=since).order_by("pk").values_list("query", "product", "rank")
    ):
        clicks.setdefault(query, {})[product] = rank
    found = []
    wanted = list({*flagged, *clicks})
    for start in range(0, len(wanted), AT_ONCE):
        for log in QueryLog.objects.filter(pk__in=wanted[start : start + AT_ONCE]).iterator():
            found += of_search(log, flagged.get(log.pk, {}), clicks.get(log.pk, {}))
    return with_skus(found)


def standing_flags(since) -> dict:
    """{query: {product: flag id}} of what was not taken back."""
    last: dict = {}
    rows = Flag.objects.filter(created_at__gte=since).order_by("pk")
    for pk, query, product, withdrawn in rows.values_list("pk", "query", "product", "withdrawn"):
        last.setdefault(query, {})[product] = None if withdrawn else pk
    return {query: kept for query, each in last.items() if (kept := {p: pk for p, pk in each.items() if pk})}


def of_search(log: QueryLog, flagged: dict[int, int], clicked: dict[int, int]) -> list[tuple]:
    """(source, positive id, negative id, weight, query, flag, text) of one search."""
    right = [product for product in clicked if product not in flagged]
    positives = right[-1:] or [log.asked["product_id"]] if right or log.asked.get("product_id") else []
    text = log.asked.get("text") or ""
    found = [
        (SOURCE_FLAG, positive, product, FLAG_WEIGHT, log.pk, flag, text)
        for positive in positives
        for product, flag in flagged.items()
    ]
    order = [row[0] for row in log.ranking]
    for product in right[-1:]:
        before = order[: order.index(product)] if product in order else []
        found += [
            (SOURCE_PASSED, product, passed, PASSED_WEIGHT, log.pk, None, text)
            for passed in before[:PASSED]
            if passed not in flagged and passed not in clicked
        ]
    return found


def with_skus(rows: Iterable[tuple]) -> list[Pair]:
    rows = list(rows)
    ids = {product for row in rows for product in (row[1], row[2])}
    skus = dict(Product.objects.filter(pk__in=ids).values_list("pk", "sku"))
    return [
        Pair(source, Anchor(text=text), skus[positive], skus[negative], weight, query=query, flag=flag)
        for source, positive, negative, weight, query, flag, text in rows
        if positive in skus and negative in skus
    ]
