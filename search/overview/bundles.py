"""Model bundles as the operator sees them: which one answers, and how far the others are filled."""

from dataclasses import dataclass
from datetime import datetime

from catalog.models import Image
from search.models import Bundle
from search.overview.tiers import Vectors

ORDER = {state: place for place, state in enumerate(("live", "shadow", "building", "retired"))}


@dataclass(frozen=True, slots=True)
class BundleLine:
    """`vectors` of `pictures` have been encoded with it; `share_percent` of the visitors are answered by it."""

    id: str
    dim: int
    state: str
    share_percent: float
    vectors: int
    pictures: int
    registered_at: datetime
    promoted_at: datetime | None
    retired_at: datetime | None


def bundles(vectors: dict[str, Vectors]) -> tuple[BundleLine, ...]:
    """The live one first. Two queries."""
    pictures = Image.objects.filter(status__in=["inspected", "indexed"], blocked=False).count()
    known = Bundle.objects.exclude(state=Bundle.State.REMOVED).order_by("-registered_at")
    rows = sorted(known, key=lambda row: ORDER.get(row.state, len(ORDER)))
    return tuple(
        BundleLine(
            id=row.pk,
            dim=row.dim,
            state=row.state,
            share_percent=round(row.share * 100, 2),
            vectors=vectors.get(row.pk, Vectors()).all,
            pictures=pictures,
            registered_at=row.registered_at,
            promoted_at=row.promoted_at,
            retired_at=row.retired_at,
        )
        for row in rows
    )
