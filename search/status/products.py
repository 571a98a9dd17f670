"""The status of whole products, from that of their pictures."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from catalog.models import Image
from search.status.pictures import PictureStatus, State, picture_statuses

WORST_FIRST = (State.MISSING, State.FAILED, State.HELD, State.REJECTED, State.HIDDEN, State.WAITING, State.INSPECTED)


@dataclass(frozen=True, slots=True)
class ProductStatus:
    """searchable: how many of the pictures a search finds now. states: how many of them are in which state."""

    product_id: int
    pictures: int
    searchable: int
    states: dict[State, int]
    place: int | None

    @property
    def state(self) -> State | None:
        """The one that wants most attention; None for a product without pictures."""
        most = next((state for state in WORST_FIRST if self.states.get(state)), State.SEARCHABLE)
        return most if self.pictures else None


def product_statuses(product_ids: Iterable[int]) -> dict[int, ProductStatus]:
    """By product, also of those without pictures. Four queries at most, whatever the number."""
    wanted = list(product_ids)
    images = Image.objects.filter(product__in=wanted).order_by().values_list("pk", flat=True)
    by_product: dict[int, list[PictureStatus]] = {product_id: [] for product_id in wanted}
    for status in picture_statuses(images).values():
        by_product[status.product_id].append(status)
    return {product_id: of_pictures(product_id, pictures) for product_id, pictures in by_product.items()}


def of_pictures(product_id: int, pictures: Sequence[PictureStatus]) -> ProductStatus:
    places = [status.turn.place for status in pictures if status.turn.place is not None]
    return ProductStatus(
        product_id=product_id,
        pictures=len(pictures),
        searchable=sum(status.found for status in pictures),
        states=dict(Counter(status.state for status in pictures)),
        place=min(places, default=None),
    )


def product_pictures(product_id: int) -> tuple[PictureStatus, ...]:
    """All pictures of one product, in their order."""
    images = Image.objects.filter(product=product_id).order_by("position", "pk").values_list("pk", flat=True)
    found = picture_statuses(ids := list(images))
    return tuple(found[image_id] for image_id in ids if image_id in found)
