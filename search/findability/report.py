"""Everything that one page says of one product: how it stands, how it is found, whom it is confused with."""

from collections import Counter
from dataclasses import dataclass

from catalog.models import Image, Product
from search.errors import SearchError
from search.findability.advice import Advice, advise
from search.findability.attempt import Attempt, attempt
from search.findability.facts import Known
from search.findability.picture import PictureLook, look
from search.findability.rivals import Rival, rivals
from search.status.pictures import PictureStatus
from search.status.products import product_pictures
from search.types import Card, Query

CONFUSED = 4


@dataclass(frozen=True, slots=True)
class Confused:
    """A product that comes before this one; `times`: in so many of the searches."""

    card: Card
    times: int


@dataclass(frozen=True, slots=True)
class Findability:
    """picture: of the chosen one, None where it cannot be searched with; `refused` then says why, in words."""

    product: Product
    pictures: tuple[PictureStatus, ...]
    chosen: PictureStatus | None
    picture: PictureLook | None
    refused: str
    by_title: Attempt | None
    rivals: tuple[Rival, ...]
    confused: tuple[Confused, ...]
    advice: tuple[Advice, ...]


def findability(product: Product, image_id: int | None = None) -> Findability:
    """image_id: which of its pictures to look at, else the first with a file. Takes some searches; logs nothing."""
    pictures = product_pictures(product.pk)
    chosen = choose(pictures, image_id)
    picture, refused = look_at(chosen, pictures)
    by_title, why = search_title(product)
    near = rivals(product)
    confused = confused_with(tuple(filter(None, attempts_of(picture) + [by_title])))
    known = Known(product, pictures, chosen, picture, by_title, near)
    return Findability(product, pictures, chosen, picture, refused or why, by_title, near, confused, advise(known))


def choose(pictures: tuple[PictureStatus, ...], image_id: int | None) -> PictureStatus | None:
    asked = [each for each in pictures if each.image_id == image_id]
    return next((each for each in (*asked, *pictures) if each.image_url), None)


def look_at(chosen: PictureStatus | None, pictures: tuple[PictureStatus, ...]) -> tuple[PictureLook | None, str]:
    if chosen is None:
        return None, ""
    others = sum(each.found for each in pictures if each.image_id != chosen.image_id)
    try:
        return look(Image.objects.get(pk=chosen.image_id), others), ""
    except SearchError as error:
        return None, error.detail


def search_title(product: Product) -> tuple[Attempt | None, str]:
    try:
        return attempt(Query(text=product.title), (product.pk,)), ""
    except SearchError as error:
        return None, error.detail


def attempts_of(picture: PictureLook | None) -> list[Attempt | None]:
    return [] if picture is None else [*picture.attempts, picture.unseen]


def confused_with(attempts: tuple[Attempt, ...]) -> tuple[Confused, ...]:
    """Those that come before it most often, of searches that find it; where none does, those that come first."""
    before = [card for each in attempts for card in each.above[:CONFUSED]]
    times = Counter(card.product_id for card in before)
    cards = {card.product_id: card for card in before}
    return tuple(Confused(cards[product_id], number) for product_id, number in times.most_common(CONFUSED))
