"""Is what was asked for among the results, only things like it, or nothing close?

Cosines mean nothing by themselves: how near the best of them lies depends on the catalog, the photo and the bundle. So
a few signals of the whole ranking are weighed by logistic regressions that were fitted for this bundle (`manage.py
evaluate --signals`, then `python -m ml.train closeness`) and lie in its card. A bundle without them says nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from search.types import Hit

Kind = Literal["exact", "similar", "nothing_close"]
EVIDENCE = ("words_in_picture", "local", "patches")
SIGNALS = ("top", "margin", "lift", "spread", *EVIDENCE)
BACKGROUND = slice(10, 60)  # ranks that are as near as anything is that happens to be in the catalog
CARD = "closeness"

Ranked = Sequence[tuple[float, Mapping[str, float]]]  # best first: (score, its parts by name)


@dataclass(frozen=True, slots=True)
class Closeness:
    """exact: how likely the first result is the very product, 0 to 1; sold: how likely the shop sells such a thing."""

    kind: Kind
    exact: float
    sold: float

    def as_json(self) -> dict:
        return {"kind": self.kind, "exact": round(self.exact, 3), "sold": round(self.sold, 3)}


def closeness(hits: Sequence[Hit], card: Mapping) -> dict | None:
    """As answers and the log hold it: {"kind", "exact", "sold"}, or None where nothing can be said."""
    judged = judge(hits, card)
    return judged and judged.as_json()


def judge(hits: Sequence[Hit], card: Mapping) -> Closeness | None:
    """Of a photo, searched in the whole catalog. None for words alone, and where the card has no calibration."""
    fitted = card.get(CARD)
    if fitted is None or (hits and not any("image" in hit.scores for hit in hits)):
        return None
    if not hits:
        return Closeness("nothing_close", 0.0, 0.0)
    values = signals([(hit.score, hit.scores) for hit in hits])
    exact, sold = probability(values, fitted["exact"]), probability(values, fitted["sold"])
    return Closeness(kind_of(exact, sold, fitted), exact, sold)


def kind_of(exact: float, sold: float, fitted: Mapping) -> Kind:
    if exact >= fitted["exact"]["from"]:
        return "exact"
    return "similar" if sold >= fitted["sold"]["from"] else "nothing_close"


def probability(values: np.ndarray, fitted: Mapping) -> float:
    """fitted: {"weights": {signal: weight}, "bias": number}; a signal that is left out weighs nothing."""
    weights = np.array([fitted["weights"].get(name, 0.0) for name in SIGNALS])
    return float(1 / (1 + np.exp(-(values @ weights + fitted["bias"]))))


def signals(ranked: Ranked) -> np.ndarray:
    """float64 (7,), in the order of SIGNALS, of at least one hit with a score by image.

    top: cosine of the first; margin: its score less the second's; lift: its cosine less the mean of ranks 11 to 60 (of
    all others where there are fewer); spread: standard deviation of these; the rest: the evidence for the first, from
    0 to 1 (search/rerank/evidence.py).
    """
    ranked = sorted(ranked, key=lambda hit: -hit[0])
    first = ranked[0][1]
    cosines = np.array([parts["image"] for _, parts in ranked if "image" in parts], np.float64)
    others = cosines[BACKGROUND] if len(cosines) > BACKGROUND.start else cosines[1:]
    background, spread = (others.mean(), others.std()) if len(others) else (0.0, 0.0)
    top = first.get("image", cosines[0])
    margin = ranked[0][0] - ranked[1][0] if len(ranked) > 1 else 0.0
    evidence = [first.get(name, 0.0) for name in EVIDENCE]
    return np.array([top, margin, top - background, spread, *evidence])
