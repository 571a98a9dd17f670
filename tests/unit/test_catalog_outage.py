"""The circuit breaker before the catalog's database."""

import socket
import threading
import time

import psycopg
import pytest
from django.db import InterfaceError, OperationalError, ProgrammingError
from psycopg_pool import PoolTimeout

from catalog import outage


def caused(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "is_lost"),
    [
        (OperationalError("the connection is lost"), True),
        (InterfaceError("the connection is closed"), True),
        (caused(OperationalError(), psycopg.errors.AdminShutdown()), True),
        (caused(OperationalError(), psycopg.errors.CannotConnectNow()), True),
        (caused(OperationalError(), psycopg.errors.TooManyConnections()), True),
        (caused(OperationalError(), psycopg.errors.QueryCanceled()), False),
        (caused(OperationalError(), psycopg.errors.DeadlockDetected()), False),
        (caused(OperationalError(), psycopg.errors.DiskFull()), False),
        (ProgrammingError("no such table"), False),
        (ValueError(), False),
    ],
)
def test_a_lost_database_is_told_from_a_statement_that_failed(error, is_lost):
    assert outage.lost(error) is is_lost


def wait_for(true) -> bool:
    deadline = time.monotonic() + 120
    while not true() and time.monotonic() < deadline:
        time.sleep(0.01)
    return true()


def test_away_until_a_probe_is_answered_and_then_what_waited_is_done(monkeypatch):
    back, flushed = threading.Event(), threading.Event()
    monkeypatch.setattr(outage, "PROBE_EVERY_S", 0.01)
    monkeypatch.setattr(outage, "answers", back.is_set)
    monkeypatch.setattr(outage, "_callbacks", [flushed.set])
    before = outage.times_back()
    outage.suspect(OperationalError("gone"))
    assert outage.is_away() and not flushed.is_set()
    back.set()
    assert wait_for(lambda: not outage.is_away())
    assert flushed.wait(120) and outage.times_back() == before + 1


def test_a_pool_whose_connections_are_all_in_use_is_no_outage(monkeypatch):
    monkeypatch.setattr(outage, "answers", lambda: True)
    full = caused(OperationalError(), PoolTimeout())
    outage.suspect(full)
    assert outage.lost(full) and not outage.is_away()
    assert outage.unless_away(lambda: 1, lambda: 2) == 1


def test_a_server_that_accepts_and_never_answers_is_given_up(tmp_path):
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / ".s.PGSQL.5432"))
        server.listen()
        with pytest.raises(psycopg.OperationalError):
            outage.PatientConnection.connect(host=str(tmp_path), user="x", connect_timeout=1)
