"""Queries to measure recall with: what shoppers really searched for, or catalog vectors that were shaken a little."""

from dataclasses import dataclass

import numpy as np

from search.build.binary import copy_rows, record
from search.build.rowfile import FileRows
from search.models import Bundle

ENOUGH = 100
SHAKE = 0.35  # length of the noise beside a unit vector: a cosine of about 0.94, another photo of the same thing
LATEST = """SELECT s.id, s.vector::halfvec FROM search_querysample s WHERE s.bundle_id = {bundle} AND s.id % 2 = {odd}
    ORDER BY s.id DESC LIMIT {limit}"""


@dataclass(frozen=True, slots=True)
class Queries:
    """vectors float32 (q, dim), unit rows. `source`: where they come from, in words for the report."""

    vectors: np.ndarray
    source: str


def sample_queries(bundle_id: str, catalog: FileRows, count: int, *, odd: bool = False) -> Queries:
    """Up to `count` queries. catalog: n >= 1 rows. `odd`: the other half of the samples.

    Tuning looks at one half and verification at the other, so that neither marks its own work.
    """
    dim = Bundle.objects.values_list("dim", flat=True).get(pk=bundle_id)
    values = {"bundle": bundle_id, "odd": int(odd), "limit": count}
    real = copy_rows(LATEST, values, record(("id",), dim))["vector"].astype(np.float32)
    if len(real) >= ENOUGH:
        return Queries(unit(real), f"{len(real)} real queries")
    made = perturbed(catalog, count, seed=int(odd))
    return Queries(made, f"{len(made)} catalog vectors with noise, as only {len(real)} real queries are kept")


def perturbed(catalog: FileRows, count: int, seed: int) -> np.ndarray:
    """float32 (count, dim): rows of the catalog, each with noise of length SHAKE."""
    random = np.random.default_rng(seed)
    rows = np.sort(random.integers(0, len(catalog), count))
    vectors = np.asarray(catalog[rows], dtype=np.float32)
    noise = random.standard_normal(vectors.shape, dtype=np.float32)
    return unit(vectors + SHAKE * unit(noise))


def unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
