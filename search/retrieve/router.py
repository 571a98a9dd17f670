"""Which tier answers. One interface, so that a cold tier can stand beside the hot one."""

from typing import Protocol

from django.conf import settings

from search.retrieve.hot import HotTier
from search.types import Candidates, Filters, QueryVector


class Retriever(Protocol):
    def candidates(self, query: QueryVector, filters: Filters, k: int) -> Candidates:
        """The best `k` images of the query's own bundle that pass the filters; partial past the deadline."""


def timeout_ms() -> int:
    return getattr(settings, "SIGHTLINE_RETRIEVE_TIMEOUT_MS", 1000)


def retriever() -> Retriever:
    return HotTier(timeout_ms=timeout_ms())
