"""Opens generations and loads models in a thread of its own, so that nobody waits for files and stock stays fresh."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from queue import SimpleQueue
from time import monotonic

from django.db import connection as django_connection
from psycopg import Connection

from search import serving
from search.categories import categories_in_order
from search.retrieve.feed import GenerationRow
from search.retrieve.generation import Generation
from search.retrieve.live import TRY_AGAIN_S, Index, open_here

log = logging.getLogger(__name__)


@dataclass(slots=True)
class FileOpener:
    """`ring` is called after each job: what was opened then waits to be handed over."""

    index: Index
    ring: Callable[[], None]
    jobs: SimpleQueue = field(default_factory=SimpleQueue)
    arrived: SimpleQueue = field(default_factory=SimpleQueue)
    under_way: set[str] = field(default_factory=set)
    unloadable_at_s: dict[str, float] = field(default_factory=dict)
    stopped: bool = False

    def open(self, row: GenerationRow) -> None:
        """Every page is read and every checksum compared before it may serve."""
        self.give(row.id, lambda: self.arrived.put((row, open_here(row, self.index.cluster, touch=True))))

    def touch(self, generation: Generation) -> None:
        """The same for one that serves already, because there was none before it."""
        self.give(f"pages of {generation.id}", generation.touch)

    def load(self, bundle_id: str) -> bool:
        """Have the models loaded; whether there is nothing to wait for: they are, or cannot be."""
        failed_at_s = self.unloadable_at_s.get(bundle_id, -TRY_AGAIN_S)
        if serving.is_loaded(bundle_id) or monotonic() - failed_at_s < TRY_AGAIN_S:
            return True
        self.give(bundle_id, lambda: self.load_now(bundle_id))
        return False

    def load_now(self, bundle_id: str) -> None:
        try:
            serving.loaded_bundle(bundle_id)
        except Exception as error:  # searches will say the same
            log.error("bundle %s cannot be loaded: %s", bundle_id, error)
            self.unloadable_at_s[bundle_id] = monotonic()

    def hand_over(self, database: Connection) -> None:
        """What was opened meanwhile, to the index. What a connection that breaks interrupts is for the next one."""
        while not self.arrived.empty():
            opened = self.arrived.get()
            try:
                self.index.arrive(*opened, database)
            except Exception:
                self.arrived.put(opened)
                raise

    def give(self, name: str, job: Callable[[], None]) -> None:
        if name not in self.under_way:
            self.under_way.add(name)
            self.jobs.put((name, job))

    def work(self) -> None:
        """One job after another: two generations read from disk at once take longer than one after the other."""
        self.give("categories", remember_categories)
        while (given := self.jobs.get()) is not None and not self.stopped:
            name, job = given
            try:
                job()
            except Exception:
                log.exception("%s: not done", name)
            finally:
                self.under_way.discard(name)
                self.ring()

    def stop(self) -> None:
        """After the job that is under way."""
        self.stopped = True
        self.jobs.put(None)


def remember_categories() -> None:
    """So that a filter by category works even if the database goes away before anybody has asked for one."""
    try:
        categories_in_order()
    finally:
        django_connection.close()
