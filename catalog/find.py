"""Which products an admin means: by words, by how searchable they are, by category, stock and seller."""

import re

from django.contrib.postgres.search import SearchQuery
from django.db.models import Exists, OuterRef, Q, QuerySet

from catalog.models import Image, Offer, Product
from catalog.tree import descendants
from catalog.visible import in_stock_now

STATES = {
    "searchable": "Searchable",
    "waiting": "Waiting",
    "held": "Held for review",
    "rejected": "Rejected",
    "failed": "Failed",
    "none": "No picture",
}
STATUSES = {
    "searchable": [Image.Status.INDEXED],
    "waiting": [Image.Status.PENDING, Image.Status.INSPECTED],
    "held": [Image.Status.HELD],
    "rejected": [Image.Status.REJECTED],
    "failed": [Image.Status.FAILED],
}
STATE_OF = {status: state for state, statuses in STATUSES.items() for status in statuses}
MAX_WORDS = 12


def with_words(products: QuerySet[Product], text: str) -> QuerySet[Product]:
    """Those that hold every word, or its beginning; or whose SKU begins so; or of this GTIN or variant group."""
    text = text.replace("\x00", " ").strip()
    words = re.findall(r"\w+", text)[:MAX_WORDS]
    if not text:
        return products
    found = Q(sku__startswith=text) | Q(sku__startswith=text.upper()) | Q(gtin=text) | Q(group_id=text)
    if words:
        beginnings = " & ".join(f"{word}:*" for word in words)
        for config in ("english", "simple"):
            found |= Q(words=SearchQuery(beginnings, config=config, search_type="raw"))
    return products.filter(found)


def in_state(products: QuerySet[Product], state: str) -> QuerySet[Product]:
    """With at least one picture in this state; searchable ones are not hidden, either."""
    pictures = Image.objects.filter(product=OuterRef("pk"))
    if state == "none":
        return products.filter(~Exists(pictures))
    if state == "searchable":
        products, pictures = products.filter(blocked=False), pictures.filter(blocked=False)
    return products.filter(Exists(pictures.filter(status__in=STATUSES[state])))


def in_category(products: QuerySet[Product], slug: str) -> QuerySet[Product]:
    """In it or below it; "none": in no category."""
    return products.filter(category=None) if slug == "none" else products.filter(category__in=descendants(slug))


def in_stock(products: QuerySet[Product], stock: str) -> QuerySet[Product]:
    offers = Offer.objects.filter(product=OuterRef("pk"))
    if stock == "in":
        return products.filter(Exists(offers.filter(in_stock_now())))
    if stock == "out":
        return products.filter(Exists(offers), ~Exists(offers.filter(in_stock_now())))
    return products.filter(~Exists(offers))


def sold_by(products: QuerySet[Product], seller_id: int) -> QuerySet[Product]:
    return products.filter(Exists(Offer.objects.filter(product=OuterRef("pk"), seller=seller_id)))
