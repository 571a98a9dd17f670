"""The frozen values that pass between the stages of the query path."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

import numpy as np
from PIL import Image

Box = tuple[float, float, float, float]  # x1, y1, x2, y2 in pixels of the upright photo
Mode = Literal["similar", "same_product"]


@dataclass(frozen=True, slots=True)
class Photo:
    """A decoded photo. `image` is upright RGB and may be smaller; width and height are the upright original's.

    Boxes are always pixels of the original; `to_image` says by how much they shrink.
    """

    image: Image.Image
    width: int
    height: int

    def to_image(self, box: Box) -> Box:
        fx, fy = self.image.width / self.width, self.image.height / self.height
        return box[0] * fx, box[1] * fy, box[2] * fx, box[3] * fy

    def from_image(self, box: Box) -> Box:
        fx, fy = self.width / self.image.width, self.height / self.image.height
        return box[0] * fx, box[1] * fy, box[2] * fx, box[3] * fy


@dataclass(frozen=True, slots=True)
class FoundObject:
    bbox: Box
    score: float
    label: str


@dataclass(frozen=True, slots=True)
class FoundObjects:
    """What find_objects returns. `fallback` says that no confident box was found and that `objects` are best effort."""

    photo: str
    width: int
    height: int
    objects: tuple[FoundObject, ...]
    fallback: bool
    stages_ms: dict[str, float]


@dataclass(frozen=True, slots=True)
class Filters:
    category: str | None = None  # slug, path or name of a category; its descendants are included
    price_min: Decimal | None = None
    price_max: Decimal | None = None
    in_stock: bool | None = None
    seller: str | None = None  # name of a seller; price and stock must hold for that seller's offer
    attributes: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Query:
    """One search. At least one of image, photo, product_id and text is set."""

    image: bytes | None = None  # the file of a photo that was uploaded with the search
    photo: str | None = None  # token of a photo uploaded before
    product_id: int | None = None  # "more like this"
    text: str | None = None
    bbox: Box | None = None
    mode: Mode = "similar"
    weights: tuple[float, float] = (0.6, 0.4)  # image, text; used when both are given
    filters: Filters = Filters()
    limit: int = 20
    cursor: str | None = None
    visitor: str | None = None  # an opaque token: the same one sees the same bundle while two are compared
    logged: bool = True  # False for what no shopper asked: it is no demand, and has no next page


@dataclass(frozen=True, slots=True)
class QueryVector:
    """A unit vector that only means something beside vectors of the same bundle. vector: (dim,) float32."""

    bundle_id: str
    vector: np.ndarray


@dataclass(frozen=True, slots=True)
class Candidates:
    """What a retriever found, one row per catalog image, best first; n may be less than asked, or 0.

    image_ids, product_ids int64 (n,); vectors float32 (n, dim) unit rows; scores float32 (n,) inner products.
    `partial`: not everything could be looked at; `notes` say in words what is missing ("shard 0003 is missing").
    `explain`: how it was searched, where that was asked for.
    """

    image_ids: np.ndarray
    product_ids: np.ndarray
    vectors: np.ndarray
    scores: np.ndarray
    partial: bool = False
    notes: tuple[str, ...] = ()
    explain: dict | None = None

    def __len__(self) -> int:
        return len(self.image_ids)


@dataclass(frozen=True, slots=True)
class LexicalHits:
    """Product ids, best first. The first `exact` of them are the SKU or GTIN asked for; `complete` hold every word."""

    product_ids: tuple[int, ...]
    exact: int
    complete: int
    partial: bool = False


@dataclass(frozen=True, slots=True)
class Gathered:
    """Everything that may be an answer: images near the query's vectors, and products that hold its words."""

    near: Candidates
    words: LexicalHits

    @property
    def partial(self) -> bool:
        return self.near.partial or self.words.partial

    @property
    def notes(self) -> tuple[str, ...]:
        return (*self.near.notes, *(["the search by words did not answer in time"] if self.words.partial else []))


@dataclass(frozen=True, slots=True)
class QueryPatches:
    """float32: patches (m, cells, patch_dim) of m crops, unit rows; weights (m, cells), which add up to 1."""

    patches: np.ndarray
    weights: np.ndarray


@dataclass(frozen=True, slots=True)
class Asked:
    """A query as unit vectors of one bundle, all float32.

    views (m, dim): the crops, or the pictures of the product to start from; m is 0 for text alone.
    text (dim,), or None without words, or where the bundle reads none.
    vectors (n, dim): what is searched with, views and text fused; n is 0 for words that the bundle does not read.
    patches: of the crops alone, where the bundle has patches.
    """

    bundle_id: str
    views: np.ndarray
    text: np.ndarray | None
    words: str | None
    vectors: np.ndarray
    skip_product_id: int | None = None
    patches: QueryPatches | None = None

    def queries(self) -> list[QueryVector]:
        return [QueryVector(self.bundle_id, vector) for vector in self.vectors]


@dataclass(frozen=True, slots=True)
class Hit:
    """One product in the ranking. `also`: products folded into it, best first."""

    product_id: int
    score: float
    scores: dict[str, float]
    vector: np.ndarray | None = None
    also: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Ranking:
    """What a search found, before anything is logged or shown. hits: best first. vectors: what was searched with."""

    bundle_id: str
    hits: tuple[Hit, ...]
    understanding: dict
    partial: bool
    notes: tuple[str, ...]
    vectors: tuple[QueryVector, ...] = ()


@dataclass(frozen=True, slots=True)
class Card:
    """One product as the shopper sees it."""

    rank: int
    product_id: int
    sku: str
    title: str
    brand: str
    category: str
    price: Decimal | None
    currency: str
    in_stock: bool
    image_url: str
    score: float
    scores: dict[str, float]
    also: int = 0  # near-duplicate listings folded into this card
    also_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    query_id: str
    results: tuple[Card, ...]
    next_cursor: str | None
    understanding: dict
    partial: bool
    bundle: str
    generation: str | None
    stages_ms: dict[str, float]
    degraded: tuple[str, ...] = ()  # what could not be looked at, in words
