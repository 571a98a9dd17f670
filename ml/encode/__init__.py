"""Pictures and words to unit vectors of one space, and what a vector says of a product."""

from ml.encode.catalog import catalog_words, fuse_words, texts_once
from ml.encode.heads import Heads, load_heads
from ml.encode.images import Encoded, ImageEncoder, ImageSpec
from ml.encode.texts import TextEncoder, TokenPadding

__all__ = [
    "Encoded",
    "Heads",
    "ImageEncoder",
    "ImageSpec",
    "TextEncoder",
    "TokenPadding",
    "catalog_words",
    "fuse_words",
    "load_heads",
    "texts_once",
]
