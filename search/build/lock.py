"""Who may change what is live: one at a time, and only while nobody reads it to act upon it.

Both locks are PostgreSQL's advisory ones and last until the transaction ends, however it ends: a process that is killed
holds nothing.
"""

from django.db import connection

LIFECYCLE = 5_120_843


def exclusive() -> None:
    """Call in a transaction that changes which bundle or generation is live."""
    take("pg_advisory_xact_lock")


def shared() -> None:
    """Call in a transaction that acts on which ones are live and previous, and must not see them change meanwhile."""
    take("pg_advisory_xact_lock_shared")


def take(function: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s)", [LIFECYCLE])
