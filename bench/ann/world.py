"""Vectors that are as hard to search as CLIP's embeddings of pictures, drawn from a seed.

What is published about CLIP's image vectors, and kept here: all lie in a cone (two at random have a cosine of 0.4 to
0.5); they fall into domains, classes and products, with a heavy tail of class sizes; inside a class only 30 to 60
directions matter, with a little noise in all 512; and products have near-duplicates, other photos of the same thing.
"""

from dataclasses import dataclass, field

import numpy as np

DIM = 512
DOMAINS = 64
CONE, DOMAIN, CLASS, WITHIN, NOISE = 0.75, 0.42, 0.22, 0.74, 0.30  # weights of the parts of a vector
CLASS_TAIL, DOMAIN_TAIL, LARGEST_SHARE = 1.05, 0.8, 0.02  # Zipf exponents; no class above this share
WITHIN_DECAY = 0.20  # exponent of the spectrum inside a class
ANOTHER_PHOTO = 0.30  # share of the rows that show an earlier product again
ANOTHER_PHOTO_NOISE, QUERY_NOISE = (0.10, 0.45), (0.25, 0.75)
PHOTO_DIRECTIONS = 32  # light, angle, background: what differs between two photos of one thing


def unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.linalg.norm(rows, axis=-1, keepdims=True)


def heavy_tailed(n: int, exponent: float) -> np.ndarray:
    """Probabilities float64 (n,), Zipf's law cut at LARGEST_SHARE."""
    weights = np.arange(1, n + 1, dtype=np.float64) ** -exponent
    weights = np.minimum(weights, weights.sum() * LARGEST_SHARE)
    return weights / weights.sum()


def basis(dice: np.random.Generator, directions: int) -> np.ndarray:
    """Orthonormal rows, float32 (directions, DIM)."""
    return np.linalg.qr(dice.standard_normal((DIM, directions)))[0].T.astype(np.float32)


@dataclass(slots=True)
class World:
    """The distribution itself, whatever number of vectors is drawn from it."""

    classes: int
    seed: int = 7
    cone: np.ndarray = field(init=False)  # (DIM,)
    domain_centres: np.ndarray = field(init=False)  # (DOMAINS, DIM)
    domain_bases: list[np.ndarray] = field(init=False)  # (30..60, DIM) each
    domain_of: np.ndarray = field(init=False)  # (classes,)
    class_centres: np.ndarray = field(init=False)  # (classes, DIM)
    class_spread: np.ndarray = field(init=False)  # (classes,)
    class_share: np.ndarray = field(init=False)  # (classes,) probabilities
    class_order: np.ndarray = field(init=False)  # (classes,) seeds of its order of the domain's directions

    def __post_init__(self) -> None:
        dice = np.random.default_rng(self.seed)
        self.cone = unit(dice.standard_normal(DIM)).astype(np.float32)
        spectrum = (np.arange(1, DIM + 1) ** -0.5).astype(np.float32)
        rotation = basis(dice, DIM)
        self.domain_centres = unit((dice.standard_normal((DOMAINS, DIM)) * spectrum) @ rotation).astype(np.float32)
        self.domain_bases = [basis(dice, int(directions)) for directions in dice.integers(30, 61, DOMAINS)]
        self.domain_of = dice.choice(DOMAINS, self.classes, p=heavy_tailed(DOMAINS, DOMAIN_TAIL))
        free = unit((dice.standard_normal((self.classes, DIM)) * spectrum) @ rotation)
        inside = np.stack([self.inside(dice, domain) for domain in self.domain_of])
        self.class_centres = unit(free + inside).astype(np.float32)
        self.class_spread = np.exp(dice.normal(0, 0.30, self.classes)).astype(np.float32)
        self.class_share = heavy_tailed(self.classes, CLASS_TAIL)[dice.permutation(self.classes)]
        self.class_order = dice.integers(0, 2**31, self.classes)

    def inside(self, dice: np.random.Generator, domain: int) -> np.ndarray:
        """A direction within the subspace of a domain, (DIM,)."""
        directions = self.domain_bases[domain]
        return unit(dice.standard_normal(len(directions)) @ directions)

    def draw(self, n: int, dice: np.random.Generator) -> np.ndarray:
        """Unit vectors of things nobody has photographed before, float32 (n, DIM)."""
        classes = dice.choice(self.classes, n, p=self.class_share)
        domains = self.domain_of[classes]
        rows = np.empty((n, DIM), np.float32)
        for domain in np.unique(domains):
            here = np.flatnonzero(domains == domain)
            rows[here] = self.within(classes[here], self.domain_bases[domain], dice)
        rows += CONE * self.cone + DOMAIN * self.domain_centres[domains] + CLASS * self.class_centres[classes]
        rows += (NOISE / np.sqrt(DIM)) * dice.standard_normal((n, DIM), dtype=np.float32)
        return unit(rows)

    def within(self, classes: np.ndarray, directions: np.ndarray, dice: np.random.Generator) -> np.ndarray:
        """What sets a product apart from its class, (n, DIM). Each class weighs its domain's directions differently."""
        spectrum = np.arange(1, len(directions) + 1, dtype=np.float32) ** -WITHIN_DECAY
        spectrum /= np.linalg.norm(spectrum)
        keys = (self.class_order[classes][:, None] * 2654435761 + np.arange(len(directions)) * 40503) % 65521
        amounts = dice.standard_normal((len(classes), len(directions)), dtype=np.float32)
        amounts *= spectrum[np.argsort(keys, axis=1)]
        return (amounts * (WITHIN * self.class_spread[classes])[:, None]) @ directions


def photographed_again(rows: np.ndarray, noise: tuple[float, float], dice: np.random.Generator) -> np.ndarray:
    """Another photo of each, unit rows float32 (n, DIM): a change along a few directions, and noise along all."""
    n = len(rows)
    amount = dice.uniform(*noise, (n, 1)).astype(np.float32)
    along = basis(np.random.default_rng(99), PHOTO_DIRECTIONS)
    few = dice.standard_normal((n, PHOTO_DIRECTIONS), dtype=np.float32) @ along / np.sqrt(PHOTO_DIRECTIONS)
    every = dice.standard_normal((n, DIM), dtype=np.float32) / np.sqrt(DIM)
    return unit(rows + amount * (0.8 * few + 0.6 * every)).astype(np.float32)
