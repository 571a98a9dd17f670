"""How a test that commits leaves the database: empty, by DELETE.

TRUNCATE, which Django flushes with, makes new files for 75 tables and 300 indexes: half a second after each such test.
"""

from collections.abc import Callable, Iterable
from contextlib import contextmanager

from django.db import connection, transaction
from django.db.backends.postgresql.operations import DatabaseOperations


def deletions(tables: Iterable[str]) -> str:
    """Waits for whoever is at one of them, as TRUNCATE does; no trigger writes down what is deleted."""
    names = [connection.ops.quote_name(table) for table in tables]
    lock = f"LOCK TABLE {', '.join(names)} IN ACCESS EXCLUSIVE MODE"
    return "; ".join([lock, "SET LOCAL session_replication_role = replica", *(f"DELETE FROM {name}" for name in names)])


def may_delete_so() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SHOW is_superuser")
        return cursor.fetchone() == ("on",)


def empty(*tables: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(deletions(tables) if may_delete_so() else f"TRUNCATE {', '.join(tables)} CASCADE")


@contextmanager
def flushes_by_deleting():
    """Django's flush, meanwhile."""
    before: Callable = DatabaseOperations.sql_flush

    def sql_flush(self, style, tables, **options) -> list[str]:
        return [deletions(tables)] if tables and may_delete_so() else before(self, style, tables, **options)

    DatabaseOperations.sql_flush = sql_flush
    try:
        yield
    finally:
        DatabaseOperations.sql_flush = before
