"""The few facts that change by the second: what the operator's page keeps up to date by itself."""

import hashlib
from dataclasses import dataclass

from django.db import connection

from search.overview import work
from search.overview.degraded import degraded
from search.overview.feed import Feed, feed
from search.overview.freshness import Freshness, freshness
from search.overview.parts import HOT, ColdTier, cold_tier, count

# What the rest of the page shows: while this is the same, it need not be fetched again.
VERSION = """
    SELECT (SELECT string_agg(id || state || coalesce(recall ->> 'ok', '-'), ',' ORDER BY id) FROM search_generation),
        (SELECT string_agg(id || state || share, ',' ORDER BY id) FROM search_bundle),
        (SELECT string_agg(id::text, ',' ORDER BY id) FROM search_pin),
        (SELECT max(id) FROM search_event)
"""


@dataclass(frozen=True, slots=True)
class Now:
    """`hot`: rows of the live bundle in the hot tier. `version` changes with whatever else the page shows."""

    cold: ColdTier | None
    hot: int
    degraded: tuple[str, ...]
    freshness: Freshness
    feed: Feed
    running: tuple[work.Running, ...]
    jobs: tuple[work.Job, ...]
    workers: int
    version: str

    @property
    def answers(self) -> str:
        """Who answers searches, in a sentence."""
        if self.cold is None:
            return "No model bundle is live yet, so nothing can be searched."
        if self.cold.generation_id is None:
            pictures = "1 picture is" if self.hot == 1 else f"{self.hot:,} pictures are"
            return f"No generation yet: all {pictures} answered from the hot tier."
        return f"Generation {self.cold.generation_id} and the hot tier answer together."


def now() -> Now:
    fresh, workers, cold, here = freshness(), work.workers(), cold_tier(), feed()
    return Now(
        cold=cold,
        hot=count(HOT, cold.bundle_id) if cold else 0,
        degraded=degraded(fresh, workers, cold, here),
        freshness=fresh,
        feed=here,
        running=work.running(),
        jobs=work.jobs(),
        workers=workers,
        version=version(),
    )


def version() -> str:
    with connection.cursor() as cursor:
        cursor.execute(VERSION)
        return hashlib.sha256(repr(cursor.fetchone()).encode()).hexdigest()[:16]
