"""Words as they are compared: spelled plainly, and alike when they share most of their runs of three letters.

Plain spelling folds case and accents, so that "Grädde", "GRADDE" and what a reader makes of it on a curved carton meet.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ml.inspect.text import Line

MAX_WORDS = 40  # of one picture, largest first
MIN_LETTERS, MAX_LETTERS = 2, 40
WORD = re.compile(r"\d+[.,]\d+|[a-z0-9]+")
FOLDED = str.maketrans({"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "ł": "l", "ı": "i", "þ": "th"})


@dataclass(frozen=True, slots=True)
class Word:
    """One word in plain spelling. `weight`: 0 to 1, how sure the reader is and how large it stands there."""

    text: str
    weight: float


def plain(text: str) -> list[str]:
    """The words of a text: a to z and digits; decimals keep their point. "Grädde 1,5 %" -> ["gradde", "1.5"]."""
    folded = unicodedata.normalize("NFKD", text.casefold().translate(FOLDED))
    letters = "".join(c for c in folded if not unicodedata.combining(c))
    found = (match.replace(",", ".") for match in WORD.findall(letters))
    return [word for word in found if MIN_LETTERS <= len(word) <= MAX_LETTERS]


def weighed(lines: Sequence[Line]) -> tuple[Word, ...]:
    """The words of a picture, largest first, each once. The largest line's count as they are, one half as high 0.7."""
    tallest = max((line.height for line in lines), default=1.0)
    words: dict[str, float] = {}
    for line in lines:
        weight = line.score * (line.height / tallest) ** 0.5
        for word in plain(line.text):
            words[word] = max(words.get(word, 0.0), weight)
    return tuple(Word(text, round(weight, 3)) for text, weight in list(words.items())[:MAX_WORDS])


@lru_cache(maxsize=50_000)
def trigrams(word: str) -> frozenset[str]:
    """Runs of three letters of the word with two blanks before and one after it, as pg_trgm has them."""
    padded = f"  {word} "
    return frozenset(padded[start : start + 3] for start in range(len(padded) - 2))


def likeness(ones: Sequence[str], others: Iterable[str]) -> np.ndarray:
    """float32 (len(ones), len(others)): twice the shared trigrams by all of both (Dice), 1.0 for the same word."""
    places: dict[str, list[int]] = {}
    for row, word in enumerate(ones):
        for trigram in trigrams(word):
            places.setdefault(trigram, []).append(row)
    others = list(others)
    shared = np.zeros((len(others), len(ones)), np.float32)
    for column, word in enumerate(others):
        for trigram in trigrams(word):
            for row in places.get(trigram, ()):
                shared[column, row] += 1
    sizes = np.array([len(trigrams(word)) for word in ones], np.float32)
    other_sizes = np.array([len(trigrams(word)) for word in others], np.float32).reshape(-1, 1)
    return (2 * shared / (sizes[None] + other_sizes)).T
