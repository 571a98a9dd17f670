"""A database that is away, without taking it from the other tests."""

import pytest
from django.db import OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper

from catalog import outage


class Switch:
    """`away()` and `back()` for this process alone; no thread asks the real database meanwhile.

    `known`: whether the process has noticed. Where it has, asking the database is a mistake that `asked` counts.
    """

    def __init__(self, monkeypatch):
        self.gone, self.asked, self.real_connect = False, 0, BaseDatabaseWrapper.ensure_connection
        monkeypatch.setattr(outage, "_breaker", outage.Breaker())
        monkeypatch.setattr(outage, "suspect", lambda error=None: self.away())
        monkeypatch.setattr(BaseDatabaseWrapper, "ensure_connection", self.connect)

    def away(self, known: bool = True) -> None:
        self.gone, outage._breaker.away = True, known

    def back(self) -> None:
        self.gone = outage._breaker.away = False

    @property
    def connect(self):
        def connect(wrapper: BaseDatabaseWrapper) -> None:
            if self.gone:
                self.asked += 1
                raise OperationalError("the server closed the connection unexpectedly")
            self.real_connect(wrapper)

        return connect


@pytest.fixture
def database(db, monkeypatch) -> Switch:
    switch = Switch(monkeypatch)
    yield switch
    switch.back()
