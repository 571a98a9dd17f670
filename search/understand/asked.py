"""A query as vectors: what the shopper showed, what they wrote, and both together."""

from collections.abc import Callable

import numpy as np
from PIL import Image

from search.errors import BadQuery, EmptyQuery, UnknownProduct
from search.serving import loaded_bundle, model_slot
from search.stored import product_vectors
from search.types import Asked, Query, QueryPatches
from search.understand.fusion import fuse
from search.understand.words import text_vector


def check_kind(query: Query, words: str | None) -> str:
    """What kind of query this is. Raises EmptyQuery, or BadQuery for two things to start from."""
    shown = [name for name in ("image", "photo", "product_id") if getattr(query, name) is not None]
    if not shown and not words:
        raise EmptyQuery
    if len(shown) > 1:
        raise BadQuery(f"Send one of image, photo, image_url and product_id, not {' and '.join(shown)} together.")
    if query.bbox is not None and shown not in (["image"], ["photo"]):
        raise BadQuery("A bbox needs the photo that it belongs to.")
    start = {"image": "photo", "photo": "photo", "product_id": "product"}[shown[0]] if shown else ""
    return "+".join(part for part in (start, "text" if words else "") if part)


OwnVectors = Callable[[str, int], np.ndarray | None]  # of a product's pictures in a bundle, float32 (m, dim)


def stored_vectors(bundle_id: str, product_id: int) -> np.ndarray | None:
    return product_vectors([product_id], bundle_id).get(product_id)


def encode(bundle_id: str, crops: list, query: Query, words: str | None, own: OwnVectors = stored_vectors) -> Asked:
    """Runs the encoders for whatever was given. Raises UnknownProduct.

    Words become no vector where the bundle reads none; the catalog's words are searched for them all the same.
    """
    bundle = loaded_bundle(bundle_id)
    views, skip, patches = np.empty((0, bundle.dim), np.float32), None, None
    if crops:
        views, patches = encode_crops(bundle_id, crops)
    elif query.product_id is not None:
        views, skip = vectors_of(query.product_id, bundle_id, own), query.product_id
    text = text_vector(bundle_id, words) if words and bundle.reads_words else None
    fused = fuse_views(views, text, query.weights, bundle.text_scale)
    return Asked(bundle_id, views, text, words, fused, skip, patches)


def fuse_views(
    views: np.ndarray, text: np.ndarray | None, weights: tuple[float, float], text_scale: float = 1.0
) -> np.ndarray:
    """float32 (n, dim): what is searched with; n is 0 for words that the bundle does not read."""
    if text is None:
        return views
    return np.stack([fuse(view, text, weights, text_scale) for view in views]) if len(views) else text[None]


def encode_crops(bundle_id: str, crops: list[Image.Image]) -> tuple[np.ndarray, QueryPatches | None]:
    """float32 (n, dim), unit rows, and the crops' patches."""
    with model_slot():
        encoded = loaded_bundle(bundle_id).encode_with_patches(crops)
    patches = None if encoded.patches is None else QueryPatches(encoded.patches, encoded.weights)
    return encoded.vectors, patches


def vectors_of(product_id: int, bundle_id: str, own: OwnVectors) -> np.ndarray:
    """A product's own pictures (m, dim). Raises UnknownProduct where it has none in the index."""
    vectors = own(bundle_id, product_id)
    if vectors is None:
        raise UnknownProduct("There is no such product, or none of its pictures can be searched yet.")
    return vectors
