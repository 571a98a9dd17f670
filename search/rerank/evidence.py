"""What else speaks for a hit besides its vectors, added up.

Each kind of evidence says of each product how strongly, from 0 (nothing known) to 1, and has a weight of its own:
score = cosine + sum of weight * value. Nothing speaks against a hit: a catalog picture that shows the back of a carton
must not lose to one that shows nothing legible at all.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from search.types import Hit


@dataclass(frozen=True, slots=True)
class Evidence:
    """`name`: as it stands in the scores of an answer. `values`: 0 to 1 by product; one that is left out has 0."""

    name: str
    weight: float
    values: Mapping[int, float]


def weigh(hits: list[Hit], kinds: Sequence[Evidence]) -> list[Hit]:
    """Best first, with each kind's value among the scores. Without any evidence the hits stay as they are."""
    kinds = [kind for kind in kinds if kind.values]
    if not kinds:
        return hits
    return sorted((weighed(hit, kinds) for hit in hits), key=lambda hit: -hit.score)


def weighed(hit: Hit, kinds: Sequence[Evidence]) -> Hit:
    found = {kind.name: kind.values.get(hit.product_id, 0.0) for kind in kinds}
    more = sum(kind.weight * found[kind.name] for kind in kinds)
    return replace(hit, score=hit.score + more, scores=hit.scores | {name: round(v, 4) for name, v in found.items()})
