"""Each picture that the catalog and the index disagree on, by name, with what either says."""

from dataclasses import dataclass

import numpy as np

from search.status.compare import Disagreements, Kind
from search.status.pictures import PictureStatus, picture_statuses

SAID = {
    Kind.MISSING: "does not hold it",
    Kind.EXTRA: "still finds it",
    Kind.MOVED: "finds it as a picture of another product",
    Kind.OUTDATED: "finds it by an older vector",
    Kind.UNKEPT: "finds it, but its vector is not kept: the next build would lose it",
}


@dataclass(frozen=True, slots=True)
class Difference:
    """`status` is None for a picture that the catalog does not know at all."""

    kind: Kind
    image_id: int
    status: PictureStatus | None

    @property
    def catalog_says(self) -> str:
        if self.status is None:
            return "no such picture"
        return {"missing": "searchable"}.get(self.status.state, str(self.status.state))

    @property
    def index_says(self) -> str:
        return SAID[self.kind]

    @property
    def name(self) -> str:
        if self.status is None:
            return f"picture {self.image_id}"
        return f"{self.status.sku}, picture {self.status.position + 1} (id {self.image_id})"

    @property
    def repair(self) -> str:
        return "Take it out" if self.kind == Kind.EXTRA else "Encode it again"


def named(found: Disagreements, limit: int | None = None) -> tuple[Difference, ...]:
    """The first of each kind by id, `limit` in all. Three queries at most."""
    pairs = [(kind, image_id) for kind in Kind for image_id in np.sort(found[kind]).tolist()][:limit]
    statuses = picture_statuses(image_id for _, image_id in pairs)
    return tuple(Difference(kind, image_id, statuses.get(image_id)) for kind, image_id in pairs)
