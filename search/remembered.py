"""Small answers of the database, kept for a moment so that not every search asks again."""

import threading
import weakref
from collections.abc import Callable, Hashable
from time import monotonic

from django.db.utils import InterfaceError, OperationalError

from catalog import outage

_all: weakref.WeakSet["Remembered"] = weakref.WeakSet()


class Remembered:
    """`get(key)` is `read(key)`, at most `kept_s` old. While the database is away the last answer goes on counting."""

    def __init__(self, read: Callable, kept_s: float, size: int = 256):
        self._read, self._kept_s, self._size = read, kept_s, size
        self._answers: dict[Hashable, tuple[float, object]] = {}
        self._lock = threading.Lock()
        _all.add(self)

    def get(self, key: Hashable = None, kept_s: float | None = None):
        """Raises OperationalError or InterfaceError for what was never asked before the database went away."""
        known = self._answers.get(key)
        if known is not None and monotonic() - known[0] < (self._kept_s if kept_s is None else kept_s):
            return known[1]
        if known is not None and outage.is_away():
            return known[1]
        try:
            answer = self._read(key)
        except (OperationalError, InterfaceError):
            if known is None:
                raise
            answer = known[1]
        self._keep(key, answer)
        return answer

    def _keep(self, key: Hashable, answer: object) -> None:
        with self._lock:
            self._answers.pop(key, None)
            while len(self._answers) >= self._size:
                del self._answers[next(iter(self._answers))]
            self._answers[key] = (monotonic(), answer)

    def forget(self) -> None:
        with self._lock:
            self._answers.clear()


def forget() -> None:
    """Ask the database anew for everything, as after a change that must be seen at once in this process."""
    for remembered in _all:
        remembered.forget()
