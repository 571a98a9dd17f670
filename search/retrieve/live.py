"""The index of this process: generations held open and kept true to the database, and the snapshot that requests take.

Everything here happens under one lock, in the follower's thread or in the thread that asks to catch up. Requests read
one attribute, `serving`, and never wait.
"""

import logging
import threading
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import monotonic, time
from typing import Protocol

import numpy as np
from django.conf import settings
from django.db import connection as django_connection
from psycopg import Connection

from search import serving as bundles
from search.models import Bundle
from search.retrieve.columns import read_facts_for
from search.retrieve.feed import (
    BundleRow,
    GenerationRow,
    State,
    read_changes,
    read_cluster,
    read_hot_rows,
    read_snapshot,
    read_state,
)
from search.retrieve.generation import Generation
from search.retrieve.manifest import BrokenGeneration
from search.serving import Serving

CHUNK_PRODUCTS = 2000
LONG_AWAY_S = 1800.0  # the log of changes is kept for an hour
TRY_AGAIN_S = 30.0  # files of a broken generation may have come back
READ_AGAIN_S = 300.0  # one with a missing shard serves; to open it again is to read all of it
log = logging.getLogger(__name__)


class Opener(Protocol):
    """Opens what takes long in a thread of its own. A generation comes back through Index.arrive."""

    def open(self, row: GenerationRow) -> None: ...

    def load(self, bundle_id: str) -> bool:
        """Have the models loaded; whether there is nothing to wait for: they are, or cannot be."""

    def touch(self, generation: Generation) -> None: ...


@dataclass(slots=True)
class Index:
    """Without an opener everything is opened by whoever asks, and the hot tier is never left out."""

    opener: Opener | None = None
    serving: Serving = Serving()
    opened: dict[str, Generation] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    tried_at_s: dict[str, float] = field(default_factory=dict)
    since: str | None = None
    cluster: str | None = None
    looked_at: float = field(default_factory=time)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def sync(self, database: Connection | None = None) -> Serving:
        """Take over everything that is committed by now. database: None asks through Django's own connection."""
        with self.lock, closing((database or django_connection).cursor()) as cursor:
            if self.since is None:
                self.cluster, self.since = self.cluster or read_cluster(cursor), read_snapshot(cursor)
            state = read_state(cursor)
            self.since, changed = read_changes(cursor, self.since)
            self.looked_at = time()
            hot = read_hot_rows(cursor, [row.id for row in state.bundles]) if self.opener else {}
            # First: a row that was written anew leaves its generation, and no search may take the hot tier for empty.
            self.serving = replace(self.serving, hot=self.serving.hot | hot)
            for generation in self.opened.values():
                generation.watch()
                refresh(generation, changed, database)
            self.open_wanted(state, database)
            self.switch(state, hot)
            return self.serving

    def open_wanted(self, state: State, database: Connection | None) -> None:
        """The first ones are opened right here: nothing can be answered without them."""
        for row in wanted(state):
            if not self.due(row.id):
                continue
            self.tried_at_s[row.id] = monotonic()
            if self.opener is not None and self.serving.seen_at_s:
                self.opener.open(row)
                continue
            generation = open_here(row, self.cluster)
            self.arrive(row, generation, database)
            if self.opener is not None and isinstance(generation, Generation):
                self.opener.touch(generation)

    def due(self, generation_id: str) -> bool:
        """Not open, or not whole; and not tried a moment ago."""
        generation = self.opened.get(generation_id)
        if generation is not None and not generation.missing:
            return False
        pause_s = TRY_AGAIN_S if generation is None else READ_AGAIN_S
        return monotonic() - self.tried_at_s.get(generation_id, -pause_s) >= pause_s

    def arrive(self, row: GenerationRow, generation: Generation | str, database: Connection | None) -> None:
        """A generation that was opened joins: all that changed since its watermark is applied first.

        A string says why it cannot be opened. What is open already is only replaced by what has more shards.
        """
        with self.lock:
            before = self.opened.get(row.id)
            if isinstance(generation, str):
                if before is None:
                    self.failed[row.id] = generation
                return
            if before is not None and len(before.missing) <= len(generation.missing):
                return
            with closing((database or django_connection).cursor()) as cursor:
                _, changed = read_changes(cursor, row.watermark)
            refresh(generation, changed, database)
            self.opened[row.id] = generation
            self.failed.pop(row.id, None)

    def switch(self, state: State, hot: dict[str, int]) -> None:
        """One assignment. What nobody needs is let go of; searches under way keep it until they end."""
        cold = {row.id: generation for row in state.bundles if (generation := self.best(row))}
        bundle_id = state.live
        if any(row.id == self.serving.bundle_id for row in state.bundles) and self.waits(state):
            bundle_id = self.serving.bundle_id
        notes = {row.id: self.notes(row) for row in state.bundles}
        self.serving = Serving(bundle_id, tuple(filter(self.ready, state.shadows)), cold, hot, notes, monotonic())
        if bundle_id is not None:
            bundles.see(bundle_id)
        needed = {row.id for row in wanted(state)} | {generation.id for generation in cold.values()}
        for unneeded in self.opened.keys() - needed:
            del self.opened[unneeded]
            self.tried_at_s.pop(unneeded, None)
        self.load_candidates(state)

    def load_candidates(self, state: State) -> None:
        """The models of a bundle that has its generation already: it may go live at any moment."""
        for row in state.bundles:
            if self.opener is not None and row.state == Bundle.State.BUILDING and row.generations:
                self.opener.load(row.id)

    def best(self, row: BundleRow) -> Generation | None:
        """The bundle's live generation; until that is open the one that serves now; else the one before it."""
        if not row.generations:
            return None
        live = row.generations[0].id
        serving = self.serving.cold.get(row.id)
        if live not in self.opened and live not in self.failed and serving is not None:
            return serving
        return next((self.opened[each.id] for each in row.generations if each.id in self.opened), None)

    def waits(self, state: State) -> bool:
        """Whether the new live bundle's generation or its models are still being opened."""
        if self.opener is None or state.live is None or state.live == self.serving.bundle_id:
            return False
        row = next(row for row in state.bundles if row.id == state.live)
        opening = row.generations and row.generations[0].id not in {*self.opened, *self.failed}
        return not self.opener.load(state.live) or bool(opening)

    def ready(self, shadow: tuple[str, float]) -> bool:
        """A shadow gets its share of the visitors only where its models are loaded."""
        return self.opener is None or (self.opener.load(shadow[0]) and bundles.is_loaded(shadow[0]))

    def notes(self, row: BundleRow) -> tuple[str, ...]:
        live = row.generations[0].id if row.generations else None
        return (f"generation {live} cannot be opened",) if live in self.failed else ()

    def meet(self, cursor) -> None:
        """At the start of a connection: what was learned from another cluster, or too long ago, is not built on."""
        with self.lock:
            cluster = read_cluster(cursor)
            if self.cluster not in (None, cluster) or time() - self.looked_at > LONG_AWAY_S:
                self.forget()
            self.cluster = cluster

    def forget(self) -> None:
        """As after a restart."""
        with self.lock:
            self.opened, self.failed, self.tried_at_s, self.since, self.cluster = {}, {}, {}, None, None
            self.serving = Serving()


def wanted(state: State) -> list[GenerationRow]:
    """What is held open: what serves or may serve next, and what served before, warm for a rollback."""
    rows = []
    for bundle in state.bundles:
        rows += bundle.generations if bundle.state == Bundle.State.LIVE else bundle.generations[:1]
    return rows


def open_here(row: GenerationRow, cluster: str | None, touch: bool = False) -> Generation | str:
    """The generation, or why not: one whose manifest names another bundle, dimension or database is refused."""
    try:
        folder = Path(settings.SIGHTLINE_INDEX_DIR) / row.id
        generation = Generation.open(folder, bundle_id=row.bundle_id, dim=row.dim, cluster=cluster)
        if touch:
            generation.touch()
        return generation
    except BrokenGeneration as error:
        log.error("generation %s cannot be opened: %s", row.id, error)
        return str(error)


def refresh(generation: Generation, product_ids: list[int], database: Connection | None) -> None:
    """Bring the filter columns up to what the database says of these products."""
    manifest = generation.manifest
    columns = [part.columns for part in generation.parts if part.columns is not None]
    changed = np.array(product_ids, np.int64)
    held = np.zeros(len(changed), bool)
    for each in columns:
        held |= each.holds(changed)
    known = changed[held].tolist()  # an import of what is new to it does not keep anybody waiting
    for start in range(0, len(known), CHUNK_PRODUCTS):
        some = known[start : start + CHUNK_PRODUCTS]
        facts = read_facts_for(some, manifest.bundle_id, manifest.watermark, database)
        for each in columns:
            each.refresh(facts)
