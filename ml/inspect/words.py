"""Words as they are compared: spelled plainly, and alike when they share most of their runs of three letters.

Plain spelling folds case and accents, so that "Grädde", "GRADDE" and what a reader makes of it on a curved carton meet.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
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
    place = {trigram: number for number, trigram in enumerate({each for word in ones for each in trigrams(word)})}
    others = list(others)
    shared = presence(others, place) @ presence(ones, place).T
    sizes, other_sizes = ([len(trigrams(word)) for word in words] for words in (ones, others))
    return 2 * shared.T / np.add.outer(np.array(sizes, np.float32), np.array(other_sizes, np.float32))


def presence(words: Sequence[str], place: Mapping[str, int]) -> np.ndarray:
    """float32 (len(words), len(place)): 1 where the word has the trigram, whose place is given."""
    known = place.keys()
    rows: list[int] = []
    columns: list[int] = []
    for row, word in enumerate(words):
        if shared := known & trigrams(word):
            rows += [row] * len(shared)
            columns += map(place.__getitem__, shared)
    table = np.zeros((len(words), len(place)), np.float32)
    table[rows, columns] = 1
    return table
