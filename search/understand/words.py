"""A shopper's words: cleaned, bounded, and encoded once."""

import unicodedata
from functools import lru_cache

import numpy as np

from search.errors import TextTooLong
from search.serving import loaded_bundle, model_slot

MAX_CHARACTERS = 500
CACHED_TEXTS = 1024


def clean_text(text: str | None) -> str | None:
    """One line of visible characters; None where nothing is left. Raises TextTooLong."""
    if text is None:
        return None
    if len(text) > MAX_CHARACTERS * 4:  # normalising a hundred thousand characters would cost more than the search
        raise TextTooLong
    visible = "".join(" " if unicodedata.category(c)[0] in "CZ" else c for c in unicodedata.normalize("NFC", text))
    words = " ".join(visible.split())
    if len(words) > MAX_CHARACTERS:
        raise TextTooLong
    return words or None


@lru_cache(maxsize=CACHED_TEXTS)
def text_vector(bundle_id: str, text: str) -> np.ndarray:
    """Unit vector float32 (dim,), read-only: it is shared between requests."""
    with model_slot():
        vector = loaded_bundle(bundle_id).encode_texts([text])[0]
    vector.setflags(write=False)
    return vector
