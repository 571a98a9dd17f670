"""Whether the catalog's database is away: a circuit breaker for the whole process.

Whoever finds the database gone opens it. A thread then asks about once a second whether it is back, and nobody else
waits for it meanwhile. `PatientConnection` also notices a server that has stopped without closing its sockets.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from time import monotonic, sleep

import psycopg
from django.db import InterfaceError, OperationalError, connections
from psycopg.abc import RV, PQGen
from psycopg_pool import PoolTimeout

AWAY = "The catalog database is away. Try again in a moment."
PROBE_EVERY_S = 1.0
CONNECT_TIMEOUT_S = 2
LOOK_EVERY_S = 0.1
LOST_STATES = ("08", "57P", "53300")  # connection errors, shutting down or starting, no connection left
LOSING = (OperationalError, InterfaceError, psycopg.OperationalError, psycopg.InterfaceError)
log = logging.getLogger(__name__)


@dataclass(slots=True)
class Breaker:
    """`times`: how often the database came back, so that connections from before can be told."""

    away: bool = False
    times: int = 0


@dataclass(frozen=True, slots=True)
class Patience:
    """How long one statement may take; None for as long as it wants."""

    seconds: float | None
    heeds_breaker: bool = True


UNLIMITED = Patience(None)
_breaker = Breaker()
_lock = threading.Lock()
_callbacks: list[Callable[[], None]] = []
_patience: ContextVar[Patience] = ContextVar("patience", default=UNLIMITED)


def is_away() -> bool:
    return _breaker.away


def times_back() -> int:
    return _breaker.times


def on_return(callback: Callable[[], None]) -> None:
    """Have `callback` called, in a thread of its own, each time the database has come back."""
    _callbacks.append(callback)


def lost(error: BaseException | None) -> bool:
    """Whether this error says that the database is gone, and not that a statement was wrong, late or in the way."""
    if not isinstance(error, LOSING):
        return False
    state = getattr(cause_of(error), "sqlstate", None)
    return state is None or state.startswith(LOST_STATES)


def cause_of(error: BaseException | None) -> BaseException | None:
    """psycopg's own error behind Django's."""
    cause = getattr(error, "__cause__", None)
    return cause if isinstance(cause, psycopg.Error) else error


def suspect(error: BaseException | None = None) -> None:
    """The database did not answer: ask nobody to wait for it until it answers a probe."""
    if isinstance(cause_of(error), PoolTimeout) and answers():
        return  # all of the pool's connections are in use, which is no outage
    with _lock:
        if _breaker.away:
            return
        _breaker.away = True
    threading.Thread(target=_watch, args=(error,), name="database-probe", daemon=True).start()


def unless_away(ask: Callable[[], RV], otherwise: Callable[[], RV]) -> RV:
    """What the database says; `otherwise` without a wait while it is away, and when it turns out to be."""
    if not is_away():
        try:
            return ask()
        except LOSING as error:
            if not lost(error):
                raise
            suspect(error)
            let_go()
    return otherwise()


def let_go() -> None:
    """Drop this thread's broken connection, so that what comes after the outage in the same request gets a new one."""
    mine = connections["default"]
    if not mine.in_atomic_block:
        with suppress(*LOSING):
            mine.close()


def look_again(error: BaseException | None = None) -> bool:
    """One connection broke: ask at once whether all of them did. True when the database answers new ones."""
    if answers():
        with _lock:
            _breaker.times += 1
        return True
    suspect(error)
    return False


def _watch(error: BaseException | None) -> None:
    began, said = monotonic(), False
    while not answers():
        if not said:
            log.warning("the catalog database is away: %s", error)
        said = True
        sleep(PROBE_EVERY_S)
    with _lock:
        _breaker.times += said  # a false alarm broke no connection
        _breaker.away = False
    if said:
        log.warning("the catalog database is back after %.0f s", monotonic() - began)
    for callback in _callbacks:
        try:
            callback()
        except Exception:
            log.exception("what was to be done when the database came back failed")


def answers() -> bool:
    """Whether a new connection is accepted and answers within CONNECT_TIMEOUT_S each."""
    try:
        with patience(CONNECT_TIMEOUT_S, heeds_breaker=False), connect() as connection:
            connection.execute("SELECT 1")
        return True
    except (psycopg.Error, OSError):
        return False


def connect() -> "PatientConnection":
    """A connection of one's own to the catalog's database, in autocommit."""
    parameters = connections["default"].get_connection_params()
    return PatientConnection.connect(**{**parameters, "connect_timeout": CONNECT_TIMEOUT_S}, autocommit=True)


@contextmanager
def patience(seconds: float | None, *, heeds_breaker: bool = True) -> Iterator[None]:
    """Statements in here may take `seconds` each; after that the connection is given up and the breaker opened.

    A server-side limit is no help against a server that has stopped.
    """
    token = _patience.set(Patience(seconds, heeds_breaker))
    try:
        yield
    finally:
        _patience.reset(token)


class PatientConnection(psycopg.Connection):
    """A connection whose statements heed `patience`."""

    def wait(self, gen: PQGen[RV], *args, **kwargs) -> RV:
        allowed = _patience.get()
        if allowed.seconds is None:
            return super().wait(gen, *args, **kwargs)
        return super().wait(self._patiently(gen, allowed), *args, **kwargs)

    def _patiently(self, gen: PQGen[RV], allowed: Patience) -> PQGen[RV]:
        """psycopg resumes a generator that waits every LOOK_EVERY_S with nothing to read; that is when to look."""
        deadline = monotonic() + allowed.seconds
        try:
            state = next(gen)
            while True:
                ready = yield state
                if not ready and (monotonic() > deadline or (allowed.heeds_breaker and is_away())):
                    self._give_up(gen, allowed)
                state = gen.send(ready)
        except StopIteration as done:
            return done.value

    def _give_up(self, gen: PQGen[RV], allowed: Patience) -> None:
        error = psycopg.OperationalError(f"no answer within {allowed.seconds:g} s")
        gen.close()
        with suppress(psycopg.Error):
            self.pgconn.finish()
        if allowed.heeds_breaker:
            suspect(error)
        raise error
