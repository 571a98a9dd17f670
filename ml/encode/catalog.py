"""Catalog pictures and the words of their products as one vector (CLIP-ITA: Hendriksen et al., ECIR 2022)."""

from collections.abc import Mapping, Sequence

import numpy as np

NAMED = ("color", "material", "pattern")


def catalog_words(title: str, attributes: Mapping[str, object]) -> str:
    """The title, and what the attributes say that the title does not: "Lund sofa, green, velvet"."""
    said = [str(value) for name in NAMED if (value := attributes.get(name))]
    return ", ".join([title, *(each for each in said if each.lower() not in title.lower())])


def fuse_words(pictures: np.ndarray, words: np.ndarray, share: float) -> np.ndarray:
    """float32 (n, dim), unit rows: pictures and words float32 (n, dim), both unit rows or zero, words times `share`."""
    vectors = pictures + share * words
    return (vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)).astype(np.float32)


def texts_once(texts: Sequence[str]) -> tuple[list[str], np.ndarray]:
    """Each text once, and for every place which it is, int64 (n,)."""
    once = list(dict.fromkeys(texts))
    place = {text: number for number, text in enumerate(once)}
    return once, np.array([place[text] for text in texts], dtype=np.int64)
