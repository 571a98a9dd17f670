"""What a product lacks, guessed, for an admin to accept: from the products that look most like it, or by the encoder.

Its neighbours in the shop's own catalog use the shop's own words, so they come first; the bundle's attribute heads
speak where too few neighbours do. docs/inspection.md has what each gets right.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from catalog.models import Category, Image, Product
from catalog.review.queries import LACKING
from catalog.review.queries import SHOWN as SHOWN_STATES
from search.build.embed import open_stored
from search.errors import BrokenPicture
from search.insight.vote import Vote, vote
from search.retrieve.router import retriever
from search.serving import live_bundle, model_slot
from search.stored import product_vectors
from search.types import Filters, QueryVector

NEIGHBOURS, IMAGES = 12, 40  # products that vote, and pictures that are looked through for them
SHOWN = 4
SURE, SURE_HEAD = 0.6, 0.7  # below, nothing is suggested
HEADS = {"color": "colour", "material": "material", "pattern": "pattern"}  # the feed's name: the head's


@dataclass(frozen=True, slots=True)
class Suggestion:
    """field: category, color, material. value: a category's id, or the text. sure: 0..1. why: in words."""

    field: str
    value: int | str
    label: str
    sure: float
    why: str

    @property
    def percent(self) -> int:
        return round(100 * self.sure)


@dataclass(frozen=True, slots=True)
class Guess:
    """`alike`: the nearest products, to compare with."""

    product: Product
    suggestions: tuple[Suggestion, ...] = ()
    alike: tuple[Product, ...] = ()


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Other products, nearest first. scores: float32 (n,), cosines."""

    products: tuple[Product, ...]
    scores: np.ndarray


def suggest(product: Product) -> Guess:
    """For what the product lacks; nothing that is less than sure. Raises Unavailable where no bundle answers."""
    bundle = live_bundle()
    vectors = product_vectors([product.pk], bundle.id).get(product.pk)
    if vectors is None:
        return Guess(product)
    near = neighbours(product, vectors, bundle.id)
    heads = read_heads(product)
    found = [suggest_category(near, heads)] if product.category_id is None else []
    for name in LACKING:
        if not product.attributes.get(name):
            found.append(suggest_attribute(name, near, heads))
    return Guess(product, tuple(each for each in found if each is not None), near.products[:SHOWN])


def neighbours(product: Product, vectors: np.ndarray, bundle_id: str) -> Neighbours:
    """vectors: float32 (m, dim), the product's own."""
    mean = vectors.mean(axis=0)
    query = QueryVector(bundle_id, (mean / np.linalg.norm(mean)).astype(np.float32))
    found = retriever().candidates(query, Filters(), IMAGES)
    scores: dict[int, float] = {}
    for product_id, score in zip(found.product_ids.tolist(), found.scores.tolist(), strict=True):
        if product_id != product.pk:
            scores.setdefault(product_id, score)
    rows = Product.objects.select_related("category").defer("words").in_bulk(list(scores)[:NEIGHBOURS])
    kept = [pk for pk in list(scores)[:NEIGHBOURS] if pk in rows]
    return Neighbours(tuple(rows[pk] for pk in kept), np.array([scores[pk] for pk in kept], np.float32))


def read_heads(product: Product) -> dict[str, tuple[str, float]]:
    """What the encoder says of the product's first picture, without the words of its title; nothing without a file."""
    image = Image.objects.filter(product=product, status__in=SHOWN_STATES).exclude(file="").first()
    bundle = live_bundle()
    if image is None or bundle.heads is None:
        return {}
    try:
        picture = open_stored(image.file)
    except (BrokenPicture, OSError):
        return {}
    with model_slot():
        (vector,) = bundle.encode_images([picture])
    return bundle.attributes(vector, picture)


def suggest_category(near: Neighbours, heads: dict[str, tuple[str, float]]) -> Suggestion | None:
    found = vote(near.scores, [each.category_id for each in near.products])
    if found is not None and found.share >= SURE:
        category = next(each.category for each in near.products if each.category_id == found.value)
        return Suggestion("category", category.pk, category.path, found.share, why(found))
    label, sure = heads.get("category", ("", 0.0))
    category = Category.objects.filter(name__iexact=label).first() if sure >= SURE_HEAD else None
    return category and Suggestion("category", category.pk, category.path, sure, "by its picture")


def suggest_attribute(name: str, near: Neighbours, heads: dict[str, tuple[str, float]]) -> Suggestion | None:
    found = vote(near.scores, [value_of(each, name) for each in near.products])
    if found is not None and found.share >= SURE:
        return Suggestion(name, str(found.value), str(found.value), found.share, why(found))
    label, sure = heads.get(HEADS[name], ("", 0.0))
    return Suggestion(name, label, label, sure, "by its picture") if sure >= SURE_HEAD else None


def value_of(product: Product, name: str) -> str:
    return str(product.attributes.get(name) or "")


def why(found: Vote) -> str:
    return f"{found.votes} of the {found.voters} most alike have it"


def first_guess(products: Iterable[Product]) -> Guess | None:
    """Of the first of these products that there is anything to say of."""
    return next((guess for guess in map(suggest, products) if guess.suggestions), None)
