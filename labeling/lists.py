"""What a system answers to a query, as it will be shown: asked as a shopper would, of the bundle, the generation and
the ranking that the system names."""

import io
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from math import inf
from pathlib import Path

from django.conf import settings
from PIL import Image

from catalog.cards import ProductCard, cards_by_id
from catalog.models import Image as ProductImage
from labeling.models import Query, ResultList, System
from labeling.pictures import copy_from_catalog, read
from labeling.types import Item
from search.errors import Overloaded, SearchError, Unavailable
from search.pipeline import find_products
from search.retrieve import follow
from search.retrieve import generation as cold
from search.serving import Serving
from search.types import Box
from search.types import Query as Search

FOUND = 20  # kept of each list: more than is shown, for grading deeper later


@contextmanager
def serving(system: System) -> Iterator[None]:
    """Within the block searches are answered by this system's bundle and generation.

    A generation that is named answers alone, without the hot tier. Raises search.retrieve.generation.BrokenGeneration.
    """
    if not system.bundle_id:
        yield
        return
    if system.generation_id:
        folder = Path(settings.SIGHTLINE_INDEX_DIR) / system.generation_id
        generation = cold.Generation.open(folder, bundle_id=system.bundle_id)
        alone = Serving(system.bundle_id, cold={system.bundle_id: generation}, hot={system.bundle_id: 0}, seen_at_s=inf)
    else:
        alone = replace(follow.current(), bundle_id=system.bundle_id, shadows=())
    with follow.pinned(alone):
        yield


def ask(system: System, query: Query) -> ResultList:
    """The list of this system for this query, kept. Call it within serving(system).

    What the search refuses is kept as an error. Raises Unavailable and Overloaded: try again later.
    """
    if known := ResultList.objects.filter(system=system, query=query).first():
        return known
    made = ResultList(system=system, query=query)
    try:
        answer = find_products(search_for(system, query))
        made.items = [item.as_json() for item in items_of(card.product_id for card in answer.results)]
        made.bundle_id, made.generation_id = answer.bundle, answer.generation or ""
    except (Unavailable, Overloaded):
        raise
    except (SearchError, FileNotFoundError) as error:
        made.error = str(error)[:300]
    made.save()
    return made


def search_for(system: System, query: Query) -> Search:
    wanted = system.settings
    return Search(
        image=read(query.photo) if query.photo else None,
        text=query.text or None,
        bbox=box_in_kept(query),
        mode=wanted.get("mode", "similar"),
        weights=tuple(wanted.get("weights", Search.__dataclass_fields__["weights"].default)),
        limit=FOUND,
        logged=False,
    )


def box_in_kept(query: Query) -> Box | None:
    """In pixels of the photo that was kept, which may be smaller than the original that the box counts."""
    if not query.photo or query.bbox is None:
        return None
    with Image.open(io.BytesIO(read(query.photo))) as kept:
        fx, fy = kept.width / query.width, kept.height / query.height
    x1, y1, x2, y2 = query.bbox
    return x1 * fx, y1 * fy, x2 * fx, y2 * fy


def items_of(product_ids: Iterable[int]) -> list[Item]:
    """Snapshots of these products in this order; hidden and deleted ones are left out."""
    ids = list(product_ids)
    cards = cards_by_id(ids)
    files = first_pictures(cards)
    return [snapshot(cards[pk], files.get(pk, "")) for pk in ids if pk in cards]


def first_pictures(product_ids: Iterable[int]) -> dict[int, str]:
    """The storage name of the picture that a card shows, by product."""
    shown = ProductImage.objects.filter(product__in=list(product_ids), blocked=False).exclude(file="")
    rows = shown.order_by("product_id", "position", "id").distinct("product_id")
    return dict(rows.values_list("product_id", "file"))


def snapshot(card: ProductCard, file: str) -> Item:
    return Item(
        product_id=card.id,
        sku=card.sku,
        title=card.title,
        brand=card.brand,
        category=card.category,
        price="" if card.price is None else str(card.price),
        currency=card.currency,
        in_stock=card.in_stock,
        picture=copy_from_catalog(file) if file else "",
    )
