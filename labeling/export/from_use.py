"""Hard negatives from misses in use: results that shoppers marked as no match, or passed over for a later one.

Where a shopper left the photo to the shop, the copy without faces is the anchor. Other photos are not kept: then it is
said which product was taken for which, and no more.
"""

from collections.abc import Iterable, Mapping
from datetime import timedelta

from django.utils import timezone

from catalog.models import Product
from labeling.export.pairs import Anchor, Pair
from search.consent import read_blurred
from search.demand.queries import kept_photos
from search.errors import PhotoExpired
from search.models import Click, Flag, QueryLog, QueryPhoto
from search.types import Photo

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
        logs = list(QueryLog.objects.filter(pk__in=wanted[start : start + AT_ONCE]))
        kept = kept_photos().in_bulk({log.photo_token for log in logs if log.photo_token})
        for log in logs:
            found += of_search(log, anchor_of(log, kept), flagged.get(log.pk, {}), clicks.get(log.pk, {}))
    return with_skus(found)


def anchor_of(log: QueryLog, kept: Mapping[str, QueryPhoto]) -> Anchor:
    """kept: the photos that staff may see, by token."""
    text, row = log.asked.get("text") or "", kept.get(log.photo_token)
    if row is None:
        return Anchor(text=text)
    try:
        photo = Photo(read_blurred(row), row.width, row.height)
    except PhotoExpired:  # taken back at this moment
        return Anchor(text=text)
    bbox = log.asked.get("bbox")
    return Anchor(row.blurred, photo.to_image(bbox) if bbox else None, text)


def standing_flags(since) -> dict:
    """{query: {product: flag id}} of what was not taken back."""
    last: dict = {}
    rows = Flag.objects.filter(created_at__gte=since).order_by("pk")
    for pk, query, product, withdrawn in rows.values_list("pk", "query", "product", "withdrawn"):
        last.setdefault(query, {})[product] = None if withdrawn else pk
    return {query: kept for query, each in last.items() if (kept := {p: pk for p, pk in each.items() if pk})}


def of_search(log: QueryLog, anchor: Anchor, flagged: dict[int, int], clicked: dict[int, int]) -> list[tuple]:
    """(source, anchor, positive id or None, negative id, weight, query, flag) of one search."""
    right = [product for product in clicked if product not in flagged]
    positive = right[-1] if right else log.asked.get("product_id")
    found = [
        (SOURCE_FLAG, anchor, positive, product, FLAG_WEIGHT, log.pk, flag)
        for product, flag in flagged.items()
        if positive or anchor.photo
    ]
    order = [row[0] for row in log.ranking]
    for product in right[-1:]:
        before = order[: order.index(product)] if product in order else []
        found += [
            (SOURCE_PASSED, anchor, product, passed, PASSED_WEIGHT, log.pk, None)
            for passed in before[:PASSED]
            if passed not in flagged and passed not in clicked
        ]
    return found


def with_skus(rows: Iterable[tuple]) -> list[Pair]:
    rows = list(rows)
    ids = {product for row in rows for product in row[2:4] if product}
    skus = {None: ""} | dict(Product.objects.filter(pk__in=ids).values_list("pk", "sku"))
    return [
        Pair(source, anchor, skus[positive], skus[negative], weight, query=query, flag=flag)
        for source, anchor, positive, negative, weight, query, flag in rows
        if positive in skus and negative in skus
    ]
