"""How well the words that were read in a query fit what is printed on a product."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ml.inspect.words import Word, likeness
from search.rerank.evidence import Evidence

NAME = "words_in_picture"
# Chosen on 195 photos of cartons, with vectors that know no groceries (docs/words-in-pictures.md).
WEIGHT = 0.4  # on a cosine
ALIKE = 0.45  # less alike is another word
ENOUGH = 1.5  # so much weight of found words makes the value 0.63


@dataclass(frozen=True, slots=True)
class Match:
    """The evidence by product, and those of the words read that any product shows: the others may be misread."""

    evidence: Evidence
    known: tuple[str, ...]


def match(read: Sequence[Word], printed: Mapping[int, Mapping[str, float]]) -> Match:
    """printed: by product, {word: how much it counts to be found there}. A word that many products show says little."""
    if not read or not printed:
        return Match(Evidence(NAME, WEIGHT, {}), ())
    found = found_on(read, list(printed.values()))
    rarity = rarities(found)
    weights = np.array([word.weight for word in read], np.float32) * rarity
    values = 1 - np.exp(-(weights @ found) / ENOUGH)
    known = tuple(word.text for word, row in zip(read, found, strict=True) if row.any())
    by_product = zip(printed, values.tolist(), strict=True)
    return Match(Evidence(NAME, WEIGHT, {product: value for product, value in by_product if value > 0}), known)


def found_on(read: Sequence[Word], printed: Sequence[Mapping[str, float]]) -> np.ndarray:
    """float32 (words read, products): how alike the most alike word on each product is, times what it counts; or 0."""
    vocabulary = {word: place for place, word in enumerate({word for words in printed for word in words})}
    alike = likeness([word.text for word in read], vocabulary)
    alike = np.where(alike >= ALIKE, alike, 0.0)
    found = np.zeros((len(read), len(printed)), np.float32)
    useful = alike.any(axis=0)
    for column, words in enumerate(printed):
        places = [(vocabulary[word], counts) for word, counts in words.items() if useful[vocabulary[word]]]
        if places:
            rows, counts = zip(*places, strict=True)
            found[:, column] = (alike[:, list(rows)] * np.array(counts, np.float32)).max(axis=1)
    return found


def rarities(found: np.ndarray) -> np.ndarray:
    """float32 (words,): 1 for a word on one product alone, 0 for one on all of them."""
    products = max(found.shape[1], 2)
    on = (found > 0).sum(axis=1)
    return np.maximum(np.log((products + 1) / (on + 1)) / np.log((products + 1) / 2), 0).astype(np.float32)
