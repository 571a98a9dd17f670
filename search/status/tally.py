"""The counter: how many pictures and products can be found, of how many, counted in the index itself."""

import threading
from dataclasses import dataclass, field
from datetime import datetime
from time import perf_counter

import numpy as np
from django.utils import timezone

from catalog.models import Product
from search.serving import times_forgotten
from search.status.believed import Believed, believed
from search.status.compare import Disagreements, State, both, compare, compare_vectors, count, joined
from search.status.held import Held, Tier, held, kept

KEPT_S = 5.0
NAMES = {  # of the catalog's states, as people see them (search.status.pictures.State)
    State.PENDING: "waiting",
    State.INSPECTED: "inspected",
    State.INDEXED: "searchable",
    State.HELD: "held",
    State.REJECTED: "rejected",
    State.FAILED: "failed",
}
SHARE = 10  # counting takes at most one part in so many of a process that is looked at all the time


@dataclass(frozen=True, slots=True)
class Tally:
    """searchable, products_searchable: what the index finds. hot, cold: the same by the tier that finds them.

    states: how many pictures are in which state, as the catalog has it. differences: image ids by kind.
    """

    pictures: int
    searchable: int
    products: int
    products_searchable: int
    hot: int
    cold: int
    states: dict[str, int]
    bundle_id: str | None
    generation_id: str | None
    wrong: tuple[str, ...]
    differences: Disagreements = field(compare=False)  # arrays; how many they are is in the next one
    disagreeing: int
    at: datetime = field(default_factory=timezone.now)
    took_s: float = 0.0

    @property
    def percent(self) -> float:
        """Of the pictures; never 100 where one is missing."""
        return int(self.searchable * 1000 / self.pictures) / 10 if self.pictures else 100.0


def tally(thorough: bool = False) -> Tally:
    """Counted now. What the two sides disagree on is looked at a second time: a picture may have been on its way.

    thorough: every vector in the database is looked at as well.
    """
    begun = perf_counter()
    first = look(thorough)
    if not count(first.differences):
        return counted(first, first.differences, perf_counter() - begun)
    second = look(thorough)
    return counted(second, both(first.differences, second.differences), perf_counter() - begun)


@dataclass(frozen=True, slots=True)
class Look:
    """Both sides, one after the other."""

    catalog: Believed
    index: Held
    found: Tier
    differences: Disagreements


def look(thorough: bool) -> Look:
    catalog, index = believed(), held()
    found = index.all()
    differences = compare(catalog, found)
    if thorough and index.bundle_id is not None:
        differences = joined(differences, compare_vectors(catalog, found, *kept(index)))
    return Look(catalog, index, found, differences)


def counted(seen: Look, differences: Disagreements, took_s: float) -> Tally:
    catalog, index, found = seen.catalog, seen.index, seen.found
    return Tally(
        pictures=len(catalog.image_ids),
        searchable=len(found),
        products=Product.objects.count(),
        products_searchable=len(np.unique(found.product_ids)),
        hot=len(index.hot),
        cold=len(found) - len(index.hot),
        states={name: int(catalog.shown(state).sum()) for state, name in NAMES.items()}
        | {"hidden": int(catalog.hidden.sum())},
        bundle_id=index.bundle_id,
        generation_id=index.generation_id,
        wrong=index.wrong,
        differences=differences,
        disagreeing=count(differences),
        took_s=took_s,
    )


@dataclass(slots=True)
class Kept:
    """The last one of this process. `times`: serving.times_forgotten() when it was counted."""

    tally: Tally | None = None
    times: int = 0

    @property
    def is_fresh(self) -> bool:
        if self.tally is None or self.times != times_forgotten():
            return False
        age_s = (timezone.now() - self.tally.at).total_seconds()
        return age_s < max(KEPT_S, SHARE * self.tally.took_s)


_kept = Kept()
_counting = threading.Lock()


def recent_tally() -> Tally:
    """A few seconds old at most. One thread counts; others take the last one meanwhile, or wait where there is none."""
    if _kept.is_fresh:
        return _kept.tally
    last = _kept.tally if _kept.times == times_forgotten() else None
    if not _counting.acquire(blocking=last is None):
        return last
    try:
        if not _kept.is_fresh:
            _kept.times, _kept.tally = times_forgotten(), tally()
        return _kept.tally
    finally:
        _counting.release()


def forget() -> None:
    """Count anew at the next look, as after a repair."""
    with _counting:
        _kept.tally = None
