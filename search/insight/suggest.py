"""What a product lacks, guessed, for an admin to accept: what the products say that look and are called most like it.

Neighbours in the shop's own catalog use the shop's own words, whatever it sells. The bundle's attribute heads are asked
for a category where the neighbours do not agree, and believed where the shop has one of that name. docs/inspection.md
says how often each is right.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from catalog.models import Category, Image, Product
from catalog.review.models import LACKING
from catalog.review.queries import SHOWN
from ml.bundle import Bundle
from search.build.embed import open_stored
from search.errors import BrokenPicture
from search.insight.vote import Vote, vote
from search.retrieve.lexical import find_words
from search.retrieve.router import retriever
from search.serving import live_bundle, model_slot
from search.stored import product_vectors
from search.types import Filters, QueryVector

IMAGES, POOL = (
    40,
    20,
)  # pictures that look alike, and products that are called alike, out of which neighbours are chosen
VOTERS, ALIKE = 12, 4  # of them vote, and are shown
TIMEOUT_MS = 1000
SURE_OF_CATEGORY, SURE_OF_ATTRIBUTE = 0.5, 0.6  # share of the votes; below, nothing is suggested
SURE_HEAD = 0.8


@dataclass(frozen=True, slots=True)
class Suggestion:
    """field: category, color or material. value: a category's id, or the text. why: in words."""

    field: str
    value: int | str
    label: str
    why: str


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
    near = neighbours(product, vectors, bundle)
    found = [suggest_category(product, near)] if product.category_id is None else []
    found += [suggest_attribute(name, near) for name in LACKING if not product.attributes.get(name)]
    return Guess(product, tuple(each for each in found if each is not None), near.products[:ALIKE])


def neighbours(product: Product, vectors: np.ndarray, bundle: Bundle) -> Neighbours:
    """Those that look like it or are called like it, by both at once. vectors: float32 (m, dim), the product's own."""
    query = QueryVector(bundle.id, unit(vectors.mean(axis=0)))
    looking_alike = retriever().candidates(query, Filters(), IMAGES).product_ids.tolist()
    called_alike = find_words(product.title, Filters(), POOL, TIMEOUT_MS).product_ids
    ids = [pk for pk in (*dict.fromkeys(looking_alike[:IMAGES]), *called_alike) if pk != product.pk]
    rows = Product.objects.select_related("category").defer("words").in_bulk(ids)
    theirs = {pk: of.mean(axis=0) for pk, of in product_vectors(list(rows), bundle.id).items()}
    known = [rows[pk] for pk in dict.fromkeys(ids) if pk in rows and pk in theirs]
    if not known:
        return Neighbours((), np.empty(0, np.float32))
    pictures = np.stack([query.vector, *(unit(theirs[each.pk]) for each in known)])
    both = unit(pictures + titles([product, *known], bundle))
    scores = both[1:] @ both[0]
    order = np.argsort(-scores, kind="stable")[:VOTERS]
    return Neighbours(tuple(known[place] for place in order), scores[order])


def titles(products: Sequence[Product], bundle: Bundle) -> np.ndarray:
    """float32 (n, dim), unit rows; zeros by a bundle that reads no words."""
    if not bundle.reads_words:
        return np.zeros((len(products), bundle.dim), np.float32)
    with model_slot():
        return bundle.encode_texts([product.title for product in products])


def unit(rows: np.ndarray) -> np.ndarray:
    return (rows / np.maximum(np.linalg.norm(rows, axis=-1, keepdims=True), 1e-12)).astype(np.float32)


def suggest_category(product: Product, near: Neighbours) -> Suggestion | None:
    found = vote(near.scores, [each.category_id for each in near.products])
    if found is not None and found.share >= SURE_OF_CATEGORY:
        category = next(each.category for each in near.products if each.category_id == found.value)
        return Suggestion("category", category.pk, category.path, why(found))
    label, sure = kind_of(product)
    category = Category.objects.filter(name__iexact=label).first() if sure >= SURE_HEAD else None
    return category and Suggestion("category", category.pk, category.path, "by its picture")


def kind_of(product: Product) -> tuple[str, float]:
    """What the encoder's attribute heads say of the product's first picture, and how sure they are."""
    bundle = live_bundle()
    shown = Image.objects.filter(product=product, status__in=SHOWN, blocked=False).exclude(file="")
    image = shown.first()
    if image is None or bundle.heads is None:
        return "", 0.0
    try:
        picture = open_stored(image.file)
    except (BrokenPicture, OSError):
        return "", 0.0
    with model_slot():
        (vector,) = bundle.encode_images([picture])
    return bundle.attributes(vector).get("category", ("", 0.0))


def suggest_attribute(name: str, near: Neighbours) -> Suggestion | None:
    """By the neighbours alone: in the shop's own words, and the heads were right too seldom (docs/inspection.md)."""
    found = vote(near.scores, [value_of(each, name) for each in near.products])
    if found is None or found.share < SURE_OF_ATTRIBUTE:
        return None
    return Suggestion(name, str(found.value), str(found.value), why(found))


def value_of(product: Product, name: str) -> str:
    return str(product.attributes.get(name) or "")


def why(found: Vote) -> str:
    return f"{found.votes} of the {found.voters} most alike have it"


def first_guess(products: Iterable[Product]) -> Guess | None:
    """Of the first of these products that there is anything to say of."""
    return next((guess for guess in map(suggest, products) if guess.suggestions), None)
