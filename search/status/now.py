"""What of the status changes by the second."""

import hashlib
from dataclasses import dataclass

from catalog.models import Image
from search.overview.freshness import Freshness, freshness
from search.status.queue import is_worked
from search.status.tally import Tally, recent_tally


@dataclass(frozen=True, slots=True)
class Now:
    """worked: whether a worker runs. newest: the highest id of a picture, 0 without any."""

    tally: Tally
    freshness: Freshness
    worked: bool
    newest: int

    @property
    def version(self) -> str:
        """Changes whenever a list of pictures may look otherwise."""
        seen = (self.newest, self.freshness.waiting, self.tally.disagreeing, sorted(self.tally.states.items()))
        return hashlib.sha256(repr(seen).encode()).hexdigest()[:16]


def now() -> Now:
    """Three queries beside the counter, which is counted every few seconds."""
    newest = Image.objects.order_by("-pk").values_list("pk", flat=True).first()
    return Now(recent_tally(), freshness(), is_worked(), newest or 0)
