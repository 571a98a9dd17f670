"""How a golden set's figures moved: what was measured of what is live, and whether it fell."""

from dataclasses import dataclass
from datetime import datetime

from search.evaluate.score import VERB
from search.models import ServingEvent

FALL = 0.02  # of a figure between 0 and 1, against the best of the last measurements
LOOKED_BACK = 5
SHOWN = 60


@dataclass(frozen=True, slots=True)
class Point:
    """figures: {"same_product precision_at_1": 0.71, ...}."""

    at: datetime
    bundle: str
    generation: str
    figures: dict[str, float]
    detail: dict
    live: bool


def points(ref: str, live: bool = True) -> list[Point]:
    """Oldest first, at most SHOWN; of what was live when it was measured, or of all that was."""
    events = ServingEvent.objects.filter(verb=VERB, detail__set=ref)
    if live:
        events = events.filter(detail__live=True)
    events = events.order_by("-pk")[:SHOWN]
    return [
        Point(
            each.at,
            each.bundle_id,
            each.generation_id,
            each.detail["scores"],
            each.detail["figures"],
            each.detail.get("live", False),
        )  # fmt: skip
        for each in reversed(events)
    ]


def falls(measured: list[Point]) -> list[str]:
    """What is lower than it was with what was live before, in words; nothing where it held."""
    if len(measured) < 2:
        return []
    last, before = measured[-1], measured[-1 - LOOKED_BACK : -1]
    found = []
    for name, value in last.figures.items():
        best = max((point.figures[name] for point in before if name in point.figures), default=value)
        if value < best - FALL:
            found.append(f"{name.replace('_', ' ')} fell from {best:.3f} to {value:.3f}")
    return found
