"""One search over two tiers: the bundle's cold generation, and the hot rows that are newer or wanted most.

The query's bundle is the only key to both, so that a vector cannot meet vectors of another bundle.
"""

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from time import perf_counter
from typing import Protocol

import numpy as np
from django.conf import settings
from django.db.utils import InterfaceError, OperationalError

from catalog import outage
from search.retrieve import follow
from search.retrieve.columns import Wanted, resolve
from search.retrieve.generation import Generation
from search.retrieve.hot import HotTier, no_candidates
from search.serving import Serving
from search.types import Candidates, Filters, QueryVector

RECALL = 0.95
THREADS = 8  # searches that ask both tiers at once
UNREACHED = "the hot tier cannot be reached"
LATE = "the cold tier did not answer in time"
ANYTHING = Filters()


class Retriever(Protocol):
    def candidates(self, query: QueryVector, filters: Filters, k: int) -> Candidates:
        """The best `k` images of the query's own bundle that pass the filters; partial past the deadline."""


def timeout_ms() -> int:
    return getattr(settings, "SIGHTLINE_RETRIEVE_TIMEOUT_MS", 1000)


def retriever(serving: Serving | None = None) -> "Router":
    """Over what serves now, or over the snapshot that a request has taken before."""
    return Router(serving or follow.current(), timeout_ms())


@dataclass(frozen=True, slots=True)
class Router:
    """Hot and cold side by side. `deadline_ms` bounds each of them, and so the whole."""

    serving: Serving
    deadline_ms: int = 1000

    def candidates(
        self, query: QueryVector, filters: Filters, k: int, recall: float = RECALL, explain: bool = False
    ) -> Candidates:
        """The best `k` images. Partial, with notes, where something could not be looked at.

        `explain`: also the numbers of rows and milliseconds by tier. Raises OperationalError or InterfaceError where
        nothing but the database could answer and it does not.
        """
        begun = perf_counter()
        generation = self.serving.cold.get(query.bundle_id)
        if generation is not None and self.serving.hot_rows(query.bundle_id) == 0:
            hot, cold = None, generation.search(query, k, recall, filters, self.deadline_ms / 1000)
        elif generation is None:
            hot, cold = self.ask_hot(query, filters, k), None
        else:
            hot, cold = self.ask_both(generation, query, filters, k, recall)
        found = merge_tiers(hot, cold, k)
        if notes := self.serving.notes.get(query.bundle_id):
            found = replace(found, notes=(*found.notes, *notes))
        return replace(found, explain=self.explain(hot, cold, begun)) if explain else found

    def ask_both(
        self, generation: Generation, query: QueryVector, filters: Filters, k: int, recall: float
    ) -> tuple[Candidates, Candidates]:
        """The database is asked in the request's own thread, FAISS in another."""
        deadline_s = self.deadline_ms / 1000
        begun = perf_counter()
        asked: Filters | Wanted = ANYTHING if filters == ANYTHING else resolve(filters, generation.attribute_names)
        searching = pool().submit(generation.search, query, k, recall, asked, deadline_s)
        try:
            hot = self.ask_hot(query, filters, k)
        except (OperationalError, InterfaceError) as error:
            if not outage.is_away() and outage.lost(error):
                outage.suspect(error)
            hot = no_candidates(query.vector.size, UNREACHED)
        return hot, answer_of(searching, deadline_s - (perf_counter() - begun), query)

    def ask_hot(self, query: QueryVector, filters: Filters, k: int) -> Candidates:
        """Without a generation that can be opened, also what should be in it."""
        if outage.is_away():
            raise OperationalError(outage.AWAY)
        lost = query.bundle_id not in self.serving.cold and bool(self.serving.notes.get(query.bundle_id))
        return HotTier(self.deadline_ms, rows=self.serving.hot_rows(query.bundle_id), everything=lost).candidates(
            query, filters, k
        )

    def explain(self, hot: Candidates | None, cold: Candidates | None, begun: float) -> dict:
        return {
            "cold": cold and cold.explain and {**cold.explain, "found": len(cold)},
            "hot": {"plan": "skipped", "rows": 0} if hot is None else {**(hot.explain or {}), "found": len(hot)},
            "ms": round((perf_counter() - begun) * 1000, 3),
        }


def answer_of(searching: Future, timeout_s: float, query: QueryVector) -> Candidates:
    try:
        return searching.result(timeout=max(timeout_s, 0.001))
    except TimeoutError:
        searching.cancel()
        return no_candidates(query.vector.size, LATE)


def merge_tiers(hot: Candidates | None, cold: Candidates | None, k: int) -> Candidates:
    """The best `k` of both, by inner product. The hot row of an image wins: it is the newer one."""
    if hot is None or cold is None:
        return cold if hot is None else hot
    partial, notes = hot.partial or cold.partial, (*hot.notes, *cold.notes)
    if not len(hot):
        return replace(cold, partial=partial, notes=notes)
    older = ~np.isin(cold.image_ids, hot.image_ids)
    scores = np.concatenate([hot.scores, cold.scores[older]])
    order = np.argsort(-scores, kind="stable")[:k]
    return Candidates(
        np.concatenate([hot.image_ids, cold.image_ids[older]])[order],
        np.concatenate([hot.product_ids, cold.product_ids[older]])[order],
        np.concatenate([hot.vectors, cold.vectors[older]])[order],
        scores[order],
        partial,
        notes,
    )


@cache
def pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(THREADS, thread_name_prefix="cold")
