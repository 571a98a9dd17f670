"""How far this process is behind the database, and what it could not open."""

from dataclasses import dataclass

from search.retrieve import follow
from search.serving import Serving

BEHIND_S = 5.0  # the thread looks every second; an opened generation may hold it up a little


@dataclass(frozen=True, slots=True)
class Feed:
    """`lag_s`: since this process last took over what was committed, infinite before the first time.

    Not `running`: nothing follows in this process, as in tests and commands.
    """

    running: bool
    connected: bool
    lag_s: float
    troubles: tuple[str, ...]

    @property
    def behind(self) -> bool:
        return self.running and (self.lag_s > BEHIND_S or not self.connected)


def feed() -> Feed:
    """Asks memory alone."""
    status = follow.status()
    troubles = dict.fromkeys((*status.missing, *status.notes)) if status.running else ()
    return Feed(status.running, status.connected, status.lag_s, tuple(troubles))


def held() -> Serving:
    """What this process holds open, also while the database is away; nothing where it has not looked yet."""
    return follow.current() if follow.known() else Serving()


def held_generation() -> str | None:
    """The generation that answers alone while the database is away."""
    here = held()
    return here.generation_id(here.bundle_id) if here.bundle_id else None
