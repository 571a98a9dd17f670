"""The thread in every process that follows the database: changed products, promotions, the size of the hot tier.

It is woken by NOTIFY and looks by itself once a second, so that a lost notification costs a second and nothing else.
"""

import atexit
import logging
import os
import select
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from time import monotonic

import psycopg
from django.conf import settings
from django.db.utils import DatabaseError, InterfaceError

from catalog import outage
from search import serving
from search.retrieve.live import Index
from search.retrieve.opener import FileOpener
from search.serving import RECHECK_S, Serving

POLL_S = 1.0
REST_S = 0.05  # between two looks: a thousand changes a second are one look in twenty
PATIENCE_S = 10.0
CHANNELS = ("sightline_changed", "sightline_serving")
database_away = outage.is_away
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FollowerStatus:
    """lag_s: since the database was last taken over. generations: open ones. missing: shards that are not searched."""

    running: bool
    connected: bool
    lag_s: float
    generations: tuple[str, ...]
    missing: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(slots=True)
class Follower:
    """What takes long is done by its opener, in a second thread, which then wakes the first."""

    index: Index
    connected: bool = False
    stopping: threading.Event = field(default_factory=threading.Event)
    news: threading.Event = field(default_factory=threading.Event)
    bell: tuple[int, int] = field(default_factory=os.pipe)
    opener: FileOpener = field(init=False)
    threads: list[threading.Thread] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.opener = FileOpener(self.index, self.ring)

    def start(self) -> None:
        self.index.opener = self.opener
        for run in (self.follow, self.opener.work):
            thread = threading.Thread(target=run, name=f"index-{run.__name__}", daemon=True)
            self.threads.append(thread)
            thread.start()

    def stop(self) -> None:
        self.stopping.set()
        self.opener.stop()
        self.ring()
        for thread in self.threads:
            thread.join(10)
        self.index.opener = None

    def ring(self) -> None:
        os.write(self.bell[1], b"!")

    def follow(self) -> None:
        while not self.stopping.is_set():
            try:
                with outage.patience(PATIENCE_S, heeds_breaker=False), outage.connect() as connection:
                    self.listen(connection)
            except (psycopg.Error, OSError, DatabaseError, InterfaceError) as error:
                if self.connected or not outage.is_away():  # once, and not at every look while it is away
                    log.warning("the index follows the database no more: %s", error)
                if outage.lost(error):
                    outage.suspect(error)
            except Exception:  # whatever it was, this thread must go on
                log.exception("the index could not follow the database")
            finally:
                self.connected = False
            self.stopping.wait(POLL_S)

    def listen(self, connection: psycopg.Connection) -> None:
        connection.add_notify_handler(lambda _: self.news.set())
        for channel in CHANNELS:
            connection.execute(f"LISTEN {channel}")
        with connection.cursor() as cursor:
            self.index.meet(cursor)
        while not self.stopping.is_set():
            self.news.clear()
            self.opener.hand_over(connection)
            now = self.index.sync(connection)
            self.connected = True
            if now.bundle_id is not None:
                self.opener.load(now.bundle_id)  # before the first search has to wait for it
            self.stopping.wait(REST_S)
            self.wait(connection)

    def wait(self, connection: psycopg.Connection) -> None:
        """Until there is news or a second is over. Notifications say no more than that there is something to read."""
        if not self.news.is_set():  # one that came while the last look was under way
            select.select([connection.fileno(), self.bell[0]], [], [], POLL_S)
        connection.pgconn.consume_input()
        while connection.pgconn.notifies():
            pass
        while select.select([self.bell[0]], [], [], 0)[0]:
            os.read(self.bell[0], 4096)


_index = Index()
_follower: Follower | None = None
_starting = threading.Lock()
_forgotten = 0
_pinned: ContextVar[Serving | None] = ContextVar("pinned", default=None)


@contextmanager
def pinned(serving: Serving) -> Iterator[None]:
    """Within the block, and for it alone, this is what serves: to ask a generation that is not live yet."""
    token = _pinned.set(serving)
    try:
        yield
    finally:
        _pinned.reset(token)


def current() -> Serving:
    """What serves now. A request asks once and uses that to its end."""
    if settings.SIGHTLINE_FOLLOW and _follower is None:
        start()
    if (serving := _pinned.get()) is not None:
        return serving
    return _index.serving if known() else catch_up()


def latest() -> Serving:
    """What served at the last look. Asks nobody, so that any page may know."""
    return _index.serving


def known() -> bool:
    """Whether the last look still counts: nobody follows the database in tests and commands."""
    at_s = _index.serving.seen_at_s
    if _follower is not None or database_away():
        return at_s > 0
    return monotonic() - at_s < RECHECK_S and _forgotten == serving.times_forgotten()


def catch_up() -> Serving:
    """Take over now what is committed, in this thread. Raises OperationalError where the database is away."""
    global _forgotten
    _forgotten = serving.times_forgotten()
    return _index.sync()


def start() -> None:
    """Follow the database from now on, in threads of this process. Harmless when it does already."""
    global _follower
    with _starting:
        if _follower is None:
            _follower = Follower(_index)
            _follower.start()
            # Before the embedded PostgreSQL is stopped, and not in the middle of loading models: that ends in an abort.
            atexit.unregister(stop)
            atexit.register(stop)


def stop() -> None:
    global _follower
    with _starting:
        if _follower is not None:
            _follower.stop()
        _follower = None
        _index.forget()


def status() -> FollowerStatus:
    now = _index.serving
    return FollowerStatus(
        running=_follower is not None,
        connected=_follower is not None and _follower.connected,
        lag_s=monotonic() - now.seen_at_s if now.seen_at_s else float("inf"),
        generations=tuple(_index.opened),
        missing=tuple(f"{id}: {why}" for id, generation in list(_index.opened.items()) for why in generation.missing),
        notes=tuple(note for notes in now.notes.values() for note in notes),
    )
