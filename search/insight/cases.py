"""One case of a review queue with all that a person needs to decide it: pictures, boxes, words, what else there is."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse

from catalog.cards import ProductCard, cards_by_id
from catalog.models import Image, Product
from catalog.review.models import Inspection
from catalog.review.queries import Group, lacking, next_group, next_picture
from catalog.storage import picture_url
from search.insight.suggest import Guess, first_guess
from search.models import ImageDetail

AT_A_TIME = 20  # products that are looked at for a sure suggestion
WORDS_SHOWN = 24
PICTURE_QUEUES = ("held", "warnings", "rejected")


@dataclass(frozen=True, slots=True)
class BoxOnPicture:
    """Edges in percent of the picture, as CSS wants them."""

    label: str
    score: float
    left: float
    top: float
    width: float
    height: float

    @property
    def percent(self) -> int:
        return round(100 * self.score)


@dataclass(frozen=True, slots=True)
class PictureCase:
    """url: "" where nothing could be kept. veiled: blurred until somebody asks. showable: whether a yes is possible."""

    at: int
    image: Image
    url: str
    cause: str
    warnings: tuple[str, ...]
    boxes: tuple[BoxOnPicture, ...]
    veiled: bool
    showable: bool
    words: tuple[str, ...]
    others: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GroupCase:
    at: int
    group: Group
    cards: dict[int, ProductCard]


@dataclass(frozen=True, slots=True)
class SuggestionCase:
    at: int
    guess: Guess
    url: str
    alike: tuple[ProductCard, ...]


@dataclass(frozen=True, slots=True)
class LookedThrough:
    """Of none of the products up to this one can anything be said; those behind it have not been looked at."""

    at: int


Case = PictureCase | GroupCase | SuggestionCase | LookedThrough


def next_case(queue: str, after: int) -> Case | None:
    """The first one after this id, else the first of all; None where nothing waits."""
    if queue in PICTURE_QUEUES:
        return picture_case(next_picture(queue, after), queue)
    if queue == "duplicates":
        group = next_group(after)
        return group and GroupCase(group.first, group, cards_by_id(each.product.pk for each in group.members))
    return suggestion_case(after)


def picture_case(image: Image | None, queue: str) -> PictureCase | None:
    if image is None:
        return None
    found = getattr(image, "inspection", None)
    detail = ImageDetail.objects.filter(image=image).values_list("words", flat=True).first()
    others = Image.objects.filter(product=image.product_id, status__in=["inspected", "indexed"]).exclude(pk=image.pk)
    return PictureCase(
        at=image.pk,
        image=image,
        url=url_of(image, found, queue),
        cause=found.cause if found else "",
        warnings=tuple(says for _, says in found.warnings) if found else (),
        boxes=boxes_on(image, found),
        veiled=bool(found and found.cause == Inspection.Cause.SAFETY),
        showable=queue == "warnings" or bool(found and found.kept and found.cause != Inspection.Cause.BLOCKLIST),
        words=tuple(detail or ())[:WORDS_SHOWN],
        others=tuple(picture_url(file) for file in others.exclude(file="").values_list("file", flat=True)[:6]),
    )


def url_of(image: Image, found: Inspection | None, queue: str) -> str:
    if queue == "warnings":
        return picture_url(image.file)
    return reverse("review_kept", args=[image.pk]) if found and found.kept else ""


def boxes_on(image: Image, found: Inspection | None) -> tuple[BoxOnPicture, ...]:
    if found is None or not image.width or not image.height:
        return ()
    wide, high = 100 / image.width, 100 / image.height
    return tuple(
        BoxOnPicture(
            label.replace("_", " ").lower(),
            score,
            round(x1 * wide, 2),
            round(y1 * high, 2),
            round((x2 - x1) * wide, 2),
            round((y2 - y1) * high, 2),
        )  # fmt: skip
        for label, score, (x1, y1, x2, y2) in found.parts
    )


def suggestion_case(after: int) -> SuggestionCase | LookedThrough | None:
    """A guess costs a search, so that no more than some products are looked at; behind the last comes the first."""
    waiting = lacking().select_related("category").defer("words").order_by("pk")
    products = list(waiting.filter(pk__gt=after)[:AT_A_TIME])
    guess = first_guess(products)
    if guess is None and len(products) == AT_A_TIME:
        return LookedThrough(products[-1].pk)
    if guess is None:
        return suggestion_case(0) if after else None
    cards = cards_by_id([guess.product.pk, *ids_of(guess.alike)])
    own = cards.get(guess.product.pk)
    alike = tuple(cards[pk] for pk in ids_of(guess.alike) if pk in cards)
    return SuggestionCase(guess.product.pk, guess, own.image_url if own else "", alike)


def ids_of(products: Sequence[Product]) -> list[int]:
    return [product.pk for product in products]
