"""Made-up vectors that are about as hard to search as those of pictures, from a seed.

They share a common direction, lie in domains and in classes of very different sizes, vary along few directions within a
class, and three in ten are another photo of an earlier row. Queries: half are perturbed rows, half are new draws.
"""

import numpy as np

DOMAINS = 64
DIRECTIONS = 45  # that a domain's rows vary along
CONE, DOMAIN, CLASS, WITHIN, NOISE = 0.75, 0.42, 0.22, 0.62, 0.28
REPEATED = 0.3
LARGEST_CLASS = 0.02
CHUNK_ROWS = 20_000


class World:
    """Everything but the draws."""

    def __init__(self, rows: int, dim: int, seed: int):
        random = np.random.default_rng(seed)
        classes = max(500, int(14_000 * (rows / 1e6) ** 0.7))
        spectrum = np.arange(1, dim + 1) ** -0.5
        self.dim, self.cone = dim, unit(random.standard_normal(dim))
        self.domains = unit(random.standard_normal((DOMAINS, dim)) * spectrum)
        self.directions = random.standard_normal((DOMAINS, min(DIRECTIONS, dim), dim)).astype(np.float32) / dim**0.5
        self.domain_of = random.choice(DOMAINS, classes)
        self.classes = unit(random.standard_normal((classes, dim)) * spectrum)
        self.spread = np.exp(random.normal(0, 0.3, classes)).astype(np.float32)
        weights = np.arange(1, classes + 1) ** -1.05
        weights = np.minimum(weights, weights.sum() * LARGEST_CLASS)
        self.weights = random.permutation(weights / weights.sum())

    def draw(self, rows: int, random: np.random.Generator) -> np.ndarray:
        """float32 (rows, dim), unit rows."""
        kind = random.choice(len(self.weights), rows, p=self.weights)
        domain = self.domain_of[kind]
        out = CONE * self.cone + DOMAIN * self.domains[domain] + CLASS * self.classes[kind]
        out += random.standard_normal((rows, self.dim), dtype=np.float32) * (NOISE / self.dim**0.5)
        directions = self.directions.shape[1]
        steps = random.standard_normal((rows, directions), dtype=np.float32) * WITHIN / directions**0.5
        for number in range(DOMAINS):
            here = np.flatnonzero(domain == number)
            out[here] += (steps[here] * self.spread[kind[here], None]) @ self.directions[number]
        return unit(out)


def made_up(rows: int, queries: int, dim: int, seed: int = 7) -> tuple[np.ndarray, np.ndarray]:
    """Vectors float16 (rows, dim) and queries float32 (queries, dim), unit rows."""
    world, random = World(rows, dim, seed), np.random.default_rng(seed + 1)
    vectors = np.empty((rows, dim), np.float16)
    for start in range(0, rows, CHUNK_ROWS):
        chunk = vectors[start : start + CHUNK_ROWS]
        chunk[:] = world.draw(len(chunk), random)
        again = np.flatnonzero(random.random(len(chunk)) < REPEATED)
        earlier = vectors[random.integers(0, start or len(chunk), len(again))]
        chunk[again] = another_photo(earlier, (0.10, 0.45), random)
    near = another_photo(vectors[random.integers(0, rows, queries // 2)], (0.25, 0.75), random)
    asked = np.concatenate([near, world.draw(queries - len(near), random)])
    return vectors, np.ascontiguousarray(random.permutation(asked))


def another_photo(vectors: np.ndarray, change: tuple[float, float], random: np.random.Generator) -> np.ndarray:
    """float32, unit rows: each moved by a random share of its length."""
    n, dim = vectors.shape
    amounts = random.uniform(*change, (n, 1)).astype(np.float32)
    return unit(vectors + amounts * random.standard_normal((n, dim), dtype=np.float32) / np.float32(dim**0.5))


def unit(vectors: np.ndarray) -> np.ndarray:
    vectors = np.asarray(vectors, np.float32)
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)
