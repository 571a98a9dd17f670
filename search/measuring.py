"""Searches that measure the search: they are no shopper's, and leave nothing that would be taken for evidence."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_measuring: ContextVar[bool] = ContextVar("measuring", default=False)


@contextmanager
def nothing_kept() -> Iterator[None]:
    """Within the block, and in this thread alone, no log, photo or sample gets a row."""
    token = _measuring.set(True)
    try:
        yield
    finally:
        _measuring.reset(token)


def is_measuring() -> bool:
    return _measuring.get()
