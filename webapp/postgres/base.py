"""Django's PostgreSQL, for requests that must not wait for a database that is away (catalog/outage.py)."""

import threading

import psycopg
from django.db import DEFAULT_DB_ALIAS
from django.db.backends.postgresql import base

from catalog import outage

_renewing = threading.Lock()


class PatientPsycopg:
    """The psycopg module, with connections that heed `outage.patience`."""

    connect = staticmethod(outage.PatientConnection.connect)

    def __getattr__(self, name: str):
        return getattr(psycopg, name)


class DatabaseWrapper(base.DatabaseWrapper):
    Database = PatientPsycopg()
    _times_back: dict[str, int] = {}

    @property
    def pool(self):
        options = self.settings_dict["OPTIONS"].get("pool")
        if isinstance(options, dict):
            options.setdefault("connection_class", outage.PatientConnection)
        return super().pool

    def get_connection_params(self) -> dict:
        return {"connect_timeout": outage.CONNECT_TIMEOUT_S, **super().get_connection_params()}

    def get_new_connection(self, conn_params: dict) -> psycopg.Connection:
        """Fails at once while the database is away, and replaces what broke while it was."""
        if self.alias != DEFAULT_DB_ALIAS:
            return super().get_new_connection(conn_params)
        if outage.is_away():
            raise psycopg.OperationalError(outage.AWAY)
        try:
            self.renew_pool()
            connection = super().get_new_connection(conn_params)
            return self.checked(connection, conn_params) if self.pool else connection
        except psycopg.OperationalError as error:
            if outage.lost(error):
                outage.suspect(error)
            raise

    def checked(self, connection: psycopg.Connection, conn_params: dict) -> psycopg.Connection:
        """A pooled connection that answers: after a restart of the server none of the pool does."""
        pool = connection._pool
        try:
            connection.execute("")
            return connection
        except psycopg.OperationalError as error:
            connection.close()
            pool.putconn(connection)
            another_did = pool is not self._connection_pools.get(self.alias)
            if not another_did and (outage.is_away() or not outage.look_again(error)):
                raise
        self.renew_pool()
        return super().get_new_connection(conn_params)

    def renew_pool(self) -> None:
        """Drop the pool of before an outage: its connections are broken, and it retries more and more slowly."""
        with _renewing:
            now = outage.times_back()
            if self._times_back.setdefault(self.alias, now) == now:
                return
            self._times_back[self.alias] = now
            old = self._connection_pools.pop(self.alias, None)
        if old is not None:
            threading.Thread(target=old.close, name="close-pool", daemon=True).start()
