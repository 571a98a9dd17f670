"""What the text head is taught with: phrases of one source, and which of its pictures they fit."""

from dataclasses import dataclass, field
from random import Random

import numpy as np
import torch

from ml.train.text_pictures import Gallery
from ml.train.words import Phrase, phrase


@dataclass(frozen=True, slots=True)
class Lesson:
    """One source: `gallery` holds the pictures, `places` the items to draw phrases from, `photos` those items as a
    shopper's phone sees them, float32 (m, dim)."""

    gallery: Gallery
    places: list[int]
    share: float
    photos: np.ndarray
    known: dict[tuple[str, str], np.ndarray] = field(default_factory=dict)

    @property
    def named(self) -> bool:
        """Whether the items have titles: words that say which one is meant, and not only what kind of thing."""
        return any("title" in self.gallery.items[place].attributes for place in self.places)

    def draw(self, count: int, random: Random) -> list[Phrase]:
        drawn = random.sample(self.places, min(count, len(self.places)))
        return [phrase(self.gallery.items[place], random) for place in drawn]

    def matches(self, phrases: list[Phrase], rows: np.ndarray) -> torch.Tensor:
        """bool (m, n): which phrase fits which of these rows."""
        fits = [np.logical_and.reduce([self.has(*each)[rows] for each in words.named]) for words in phrases]
        return torch.from_numpy(np.stack(fits))

    def has(self, name: str, value: str) -> np.ndarray:
        """bool (rows of the gallery,): whose item has this attribute."""
        if (name, value) not in self.known:
            says = np.array([item.attributes.get(name) == value for item in self.gallery.items], bool)
            self.known[name, value] = says[self.gallery.owner]
        return self.known[name, value]

    def rows(self, most: int, random: Random) -> np.ndarray:
        """At most `most` rows of the gallery, drawn anew each time."""
        count = len(self.gallery.owner)
        if count <= most:
            return np.arange(count)
        return np.random.default_rng(random.getrandbits(32)).choice(count, most, replace=False)
