"""One thing that was taken for another: what a line of a data set of hard negatives is made of."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from uuid import UUID

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Anchor:
    """What was searched with. photo: its name in the private storage, or empty; bbox in pixels of that file."""

    photo: str = ""
    bbox: Box | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Pair:
    """`positive`: the sku that was right, empty where none was. `weight`: how often it is drawn against others.

    Lineage: `verdicts` of raters, or the logged search `query` and the shopper's `flag` in it.
    """

    source: str
    anchor: Anchor
    positive: str
    negative: str
    weight: float
    verdicts: tuple[UUID, ...] = ()
    query: UUID | None = None
    flag: int | None = None

    @property
    def teaches(self) -> bool:
        """Something is pushed away from something: a negative alone says nothing."""
        return bool(self.negative) and self.positive != self.negative and bool(self.positive or self.anchor.photo)


def merged(pairs: Iterable[Pair]) -> list[list[Pair]]:
    """Pairs that say the same, together: they become one line, with the largest weight and every origin."""
    groups: dict[tuple, list[Pair]] = {}
    for pair in pairs:
        anchor = replace(pair.anchor, text="") if pair.anchor.photo else Anchor()
        groups.setdefault((anchor, pair.positive, pair.negative), []).append(pair)
    return [sorted(group, key=lambda pair: (-pair.weight, pair.source)) for group in groups.values()]
