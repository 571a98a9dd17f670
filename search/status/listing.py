"""Pictures page by page, newest first, with what the filters let through. The cursor is the last picture shown."""

from dataclasses import dataclass

from django.contrib.postgres.search import SearchQuery
from django.db.models import Q, QuerySet

from catalog.models import Image, Product
from catalog.visible import hidden_products
from search.status.pictures import PictureStatus, State, picture_statuses

PAGE = 50
HIDDEN = Q(blocked=True) | Q(product__in=hidden_products())
BY_STATE = {
    State.WAITING: Q(status=Image.Status.PENDING) & ~HIDDEN,
    State.INSPECTED: Q(status=Image.Status.INSPECTED) & ~HIDDEN,
    State.SEARCHABLE: Q(status=Image.Status.INDEXED) & ~HIDDEN,
    State.HELD: Q(status=Image.Status.HELD) & ~HIDDEN,
    State.REJECTED: Q(status=Image.Status.REJECTED) & ~HIDDEN,
    State.FAILED: Q(status=Image.Status.FAILED) & ~HIDDEN,
    State.HIDDEN: HIDDEN,
}


@dataclass(frozen=True, slots=True)
class Page:
    """older: the cursor of the next page, None on the last one."""

    pictures: tuple[PictureStatus, ...]
    older: int | None


def pictures_page(state: str = "", words: str = "", before: int | None = None) -> Page:
    """Four queries at most, whatever the number of pictures. `before`: a picture's id, exclusive."""
    rows = matching(state, words)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    ids = list(rows.order_by("-pk").values_list("pk", flat=True)[: PAGE + 1])
    found = picture_statuses(ids[:PAGE])
    shown = tuple(found[image_id] for image_id in ids[:PAGE] if image_id in found)
    return Page(shown, ids[PAGE - 1] if len(ids) > PAGE else None)


def matching(state: str, words: str) -> QuerySet[Image]:
    """words: the beginning of a SKU, as it is written or in capitals, or words of the product."""
    rows = Image.objects.all()
    if state in BY_STATE:
        rows = rows.filter(BY_STATE[State(state)])
    if words:
        wanted = SearchQuery(words, search_type="websearch", config="english")
        products = [Q(sku__startswith=words), Q(sku__startswith=words.upper()), Q(words=wanted)]
        first, *others = (Product.objects.filter(each).values("pk") for each in products)  # an index for each
        rows = rows.filter(product__in=first.union(*others))
    return rows
