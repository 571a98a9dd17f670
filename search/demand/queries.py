"""What the page shows, each list by cursor; no number of queries grows with the rows."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from catalog.cards import ProductCard, cards_by_id
from catalog.models import Image, Product
from catalog.visible import visible_products
from search.demand.models import DemandCount, DemandGroup, DemandQuery, ProductDemand
from search.models import QueryPhoto

GROUPS, PRODUCTS = 20, 48
YOUNG = timedelta(days=1)  # a product may be so new that nobody could have seen it


@dataclass(frozen=True, slots=True)
class Wish:
    """A group as the page shows it. photos: ids of searches whose photo may be shown; cards: the nearest products."""

    group: DemandGroup
    photos: tuple[uuid.UUID, ...]
    cards: tuple[ProductCard, ...]

    @property
    def trend(self) -> str:
        """up, down, even, or new: nobody asked in the week before."""
        now, before = self.group.this_week, self.group.week_before
        if not before:
            return "new" if now else "even"
        return "up" if now > before else "down" if now < before else "even"


@dataclass(frozen=True, slots=True)
class Passed:
    """A product, and what it got of shoppers' attention; None: it was never shown."""

    card: ProductCard
    demand: ProductDemand | None


@dataclass(frozen=True, slots=True)
class Page:
    """next: the cursor of the next page, empty on the last one."""

    rows: tuple
    next: str = ""


def count_row() -> DemandCount | None:
    return DemandCount.objects.filter(pk=1).first()


def since() -> datetime:
    return timezone.now() - timedelta(days=settings.SIGHTLINE_DEMAND_DAYS)


def wishes(kind: DemandQuery.Kind, cursor: str = "") -> Page:
    """Most wanted first. cursor: "<searches>.<id>" of the last one shown."""
    rows = DemandGroup.objects.filter(kind=kind).select_related("category").order_by("-searches", "id")
    if after := numbers(cursor):
        rows = rows.filter(Q(searches__lt=after[0]) | Q(searches=after[0], pk__gt=after[1]))
    groups = list(rows[: GROUPS + 1])
    shown = groups[:GROUPS]
    cards = cards_by_id({product for group in shown for product in group.products})
    photos = showable({example for group in shown for example in group.examples})
    found = tuple(
        Wish(
            group,
            tuple(example for example in group.examples if example in photos),
            tuple(cards[product] for product in group.products if product in cards),
        )
        for group in shown
    )
    return Page(found, f"{shown[-1].searches}.{shown[-1].pk}" if len(groups) > GROUPS else "")


def showable(examples: set[uuid.UUID]) -> set[uuid.UUID]:
    """Of these searches those whose photo a shopper left to the shop, and whose faces are blurred."""
    tokens = dict(DemandQuery.objects.filter(pk__in=examples).exclude(photo_token="").values_list("pk", "photo_token"))
    kept = set(kept_photos().filter(token__in=tokens.values()).values_list("token", flat=True))
    return {example for example, token in tokens.items() if token in kept}


def kept_photos() -> QuerySet[QueryPhoto]:
    """Photos that staff may see: left to the shop, faces blurred, not expired."""
    return QueryPhoto.objects.filter(consented=True, expires_at__gt=timezone.now()).exclude(blurred="")


def never_shown() -> QuerySet[Product]:
    """Products that can be found, and were among the first results of no search of the last days."""
    searchable = Image.objects.filter(product=OuterRef("pk"), status=Image.Status.INDEXED, blocked=False)
    return visible_products().filter(
        Exists(searchable),
        ~Exists(ProductDemand.objects.filter(product=OuterRef("pk"), shown_at__gte=since())),
        created_at__lt=timezone.now() - YOUNG,
    )


def never_clicked() -> QuerySet[ProductDemand]:
    """Shown, and not clicked in the last days."""
    return ProductDemand.objects.filter(
        Q(clicked_at=None) | Q(clicked_at__lt=since()),
        Exists(visible_products().filter(pk=OuterRef("product"))),
        shown_at__gte=since(),
        unclicked__gt=0,
    )


def unseen(cursor: str = "") -> Page:
    """Oldest first. cursor: the id of the last one shown."""
    after = numbers(f"0.{cursor}")
    rows = never_shown().filter(pk__gt=after[1] if after else 0).order_by("pk")
    ids = list(rows.values_list("pk", flat=True)[: PRODUCTS + 1])
    cards = cards_by_id(ids[:PRODUCTS])
    shown = tuple(Passed(cards[each], None) for each in ids[:PRODUCTS] if each in cards)
    return Page(shown, str(ids[PRODUCTS - 1]) if len(ids) > PRODUCTS else "")


def unclicked(cursor: str = "") -> Page:
    """Most often passed over first. cursor: "<times>.<product>" of the last one shown."""
    rows = never_clicked().order_by("-unclicked", "product")
    if after := numbers(cursor):
        rows = rows.filter(Q(unclicked__lt=after[0]) | Q(unclicked=after[0], product__gt=after[1]))
    found = list(rows[: PRODUCTS + 1])
    shown = found[:PRODUCTS]
    cards = cards_by_id([each.pk for each in shown])
    passed = tuple(Passed(cards[each.pk], each) for each in shown if each.pk in cards)
    return Page(passed, f"{shown[-1].unclicked}.{shown[-1].pk}" if len(found) > PRODUCTS else "")


def numbers(cursor: str) -> tuple[int, int] | None:
    """None for what is no cursor: then it is the first page."""
    parts = cursor.split(".")
    if len(parts) != 2 or not all(part.isascii() and part.isdecimal() and len(part) < 19 for part in parts):
        return None
    return int(parts[0]), int(parts[1])
