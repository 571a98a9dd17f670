"""A database that is away, without taking it from the other tests."""

import pytest

from catalog import outage


class Switch:
    """`away()` and `back()` for this process alone; no thread asks the real database meanwhile."""

    def __init__(self, monkeypatch):
        monkeypatch.setattr(outage, "_breaker", outage.Breaker())
        monkeypatch.setattr(outage, "suspect", lambda error=None: self.away())

    def away(self) -> None:
        outage._breaker.away = True

    def back(self) -> None:
        outage._breaker.away = False


@pytest.fixture
def database(monkeypatch) -> Switch:
    return Switch(monkeypatch)
