"""Where the catalog and the index disagree, picture by picture: plain arithmetic on two lists of ids."""

from enum import StrEnum

import numpy as np

from catalog.models import Image
from search.status.believed import Believed
from search.status.held import Tier

State = Image.Status
WAITING = (State.PENDING, State.INSPECTED)  # found, as they were before, until the new vector is written


class Kind(StrEnum):
    """missing: the catalog says searchable, and no search finds it. extra: the other way round. moved: found, but as a
    picture of another product. outdated: found by an older vector than the one in the database. unkept: found, but the
    database has no vector of it, so that the next build would lose it."""

    MISSING = "missing"
    EXTRA = "extra"
    MOVED = "moved"
    OUTDATED = "outdated"
    UNKEPT = "unkept"


NONE = np.empty(0, np.int64)
Disagreements = dict[Kind, np.ndarray]  # image ids int64, ascending


def compare(catalog: Believed, index: Tier) -> Disagreements:
    """index: each picture once, ascending."""
    places, known = catalog.places(index.image_ids)
    found = np.zeros(len(catalog.image_ids), bool)
    found[places[known]] = True
    allowed = catalog.shown(State.INDEXED, *WAITING)
    right = np.zeros(len(index), bool)
    right[known] = allowed[places[known]]
    other = np.zeros(len(index), bool)
    other[known] = catalog.product_ids[places[known]] != index.product_ids[known]
    return {
        Kind.MISSING: catalog.image_ids[catalog.shown(State.INDEXED) & ~found],
        Kind.EXTRA: index.image_ids[~right],
        Kind.MOVED: index.image_ids[right & other],
        **dict.fromkeys((Kind.OUTDATED, Kind.UNKEPT), NONE),
    }


def compare_vectors(catalog: Believed, index: Tier, with_vector: np.ndarray, unmerged: np.ndarray) -> Disagreements:
    """with_vector: pictures that have a vector in the database. unmerged: those of them that lie in no tier as they
    are, being neither hot nor older than the live generation. Both int64, ascending."""
    indexed = catalog.image_ids[catalog.shown(State.INDEXED)]
    found = np.intersect1d(indexed, index.image_ids, assume_unique=True)
    return {
        **dict.fromkeys(Kind, NONE),
        Kind.OUTDATED: np.intersect1d(found, unmerged, assume_unique=True),
        Kind.UNKEPT: np.setdiff1d(found, with_vector, assume_unique=True),
    }


def joined(one: Disagreements, other: Disagreements) -> Disagreements:
    return {kind: np.union1d(one[kind], other[kind]) for kind in Kind}


def both(one: Disagreements, other: Disagreements) -> Disagreements:
    """What two looks agree on."""
    return {kind: np.intersect1d(one[kind], other[kind], assume_unique=True) for kind in Kind}


def count(found: Disagreements) -> int:
    return sum(map(len, found.values()))
