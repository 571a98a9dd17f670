"""Unmet searches in groups, made anew by the worker: photos by likeness, words by what they say."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta

import numpy as np
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from catalog.models import Product
from search.demand.cluster import leaders
from search.demand.models import DemandGroup, DemandQuery
from search.demand.unmet import Unmet, unmet
from search.models import QueryPhoto

WEEK = timedelta(days=7)
EXAMPLES = 6
KEPT_GROUPS = 1000  # of each kind, the largest
Kind = DemandQuery.Kind


def make_groups() -> int:
    """All groups from the searches of the last settings.SIGHTLINE_DEMAND_DAYS. Returns how many."""
    now = timezone.now()
    since = now - timedelta(days=settings.SIGHTLINE_DEMAND_DAYS)
    photos, texts = unmet(Kind.PHOTO, since), unmet(Kind.TEXT, since)
    kept = kept_photos(photos)
    found = [(Kind.PHOTO, group) for group in alike(photos)] + [(Kind.TEXT, group) for group in same_words(texts)]
    categories = categories_of(each.products[:1] for _, group in found for each in group)
    rows = [group_row(kind, group, now, kept, categories) for kind, group in found]
    rows = [row for kind in Kind for row in largest(rows, kind)]
    with transaction.atomic():
        DemandGroup.objects.all().delete()
        DemandGroup.objects.bulk_create(rows, batch_size=500)
    return len(rows)


def alike(searches: list[Unmet]) -> list[list[Unmet]]:
    """Groups by likeness, within each bundle; the oldest search leads, so that groups stay what they are."""
    by_bundle: dict[str, list[Unmet]] = defaultdict(list)
    for each in reversed(searches):
        if each.vector is not None:
            by_bundle[each.bundle_id].append(each)
    groups = []
    for members in by_bundle.values():
        numbers = leaders(unit(np.stack([each.vector for each in members])), settings.SIGHTLINE_DEMAND_LIKENESS)
        groups += by_key(zip(numbers.tolist(), members, strict=True))
    return groups


def unit(vectors: np.ndarray) -> np.ndarray:
    """They lost a little of their length as halves."""
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)


def same_words(searches: list[Unmet]) -> list[list[Unmet]]:
    """The same words in any order and case are the same wish."""
    return by_key((" ".join(sorted(each.words.casefold().split())), each) for each in searches)


def by_key(pairs: Iterable[tuple[object, Unmet]]) -> list[list[Unmet]]:
    groups: dict[object, list[Unmet]] = defaultdict(list)
    for key, each in pairs:
        groups[key].append(each)
    return list(groups.values())


def group_row(
    kind: Kind, group: list[Unmet], now: datetime, kept: set[str], categories: dict[int, int | None]
) -> DemandGroup:
    newest = sorted(group, key=lambda each: each.at, reverse=True)
    once = list({each.asked: each for each in reversed(newest)}.values())[::-1]
    once.sort(key=lambda each: each.at, reverse=True)
    shown = sorted(once, key=lambda each: each.photo_token not in kept)[:EXAMPLES]
    nearest = Counter(product for each in once for product in each.products[:3])
    return DemandGroup(
        kind=kind,
        words=newest[0].words if kind == Kind.TEXT else "",
        searches=len(once),
        this_week=sum(each.at > now - WEEK for each in once),
        week_before=sum(now - 2 * WEEK < each.at <= now - WEEK for each in once),
        category_id=most(categories.get(each.products[0]) for each in once if each.products),
        sees=most(each.sees for each in once) or "",
        examples=[each.id for each in shown],
        products=[product for product, _ in nearest.most_common(EXAMPLES)],
        newest_at=newest[0].at,
    )


def most(values: Iterable):
    """What is said most often; None where nothing is."""
    counted = Counter(value for value in values if value)
    return counted.most_common(1)[0][0] if counted else None


def largest(rows: list[DemandGroup], kind: Kind) -> list[DemandGroup]:
    return sorted((row for row in rows if row.kind == kind), key=lambda row: -row.searches)[:KEPT_GROUPS]


def kept_photos(searches: list[Unmet]) -> set[str]:
    """Tokens of photos that the shop may show to its staff."""
    tokens = {each.photo_token for each in searches if each.photo_token}
    return set(
        QueryPhoto.objects.filter(token__in=tokens, consented=True).exclude(blurred="").values_list("token", flat=True)
    )


def categories_of(firsts: Iterable[tuple[int, ...]]) -> dict[int, int | None]:
    ids = {product for first in firsts for product in first}
    return dict(Product.objects.filter(pk__in=ids).values_list("pk", "category_id"))
