"""One row into the database, or, while that is away, into the spool."""

from django.db import connection, models, transaction

from catalog import outage
from search.respond.spool import spool
from search.respond.spooled import row_of


def keep(row: models.Model, *, later: bool = False) -> bool:
    """True when the row is in the database, False when it waits to be written there. Raises IntegrityError.

    `later`: what it points at waits, too.
    """
    if later:
        return spooled(row)
    return outage.unless_away(lambda: write(row), lambda: spooled(row))


def write(row: models.Model) -> bool:
    with transaction.atomic(), connection.cursor() as cursor:
        # A power cut may cost the last searches' log lines; waiting for the disk would cost every shopper.
        cursor.execute("SET LOCAL synchronous_commit = off")
        row.save(force_insert=True)
    return True


def spooled(row: models.Model) -> bool:
    spool().put(row._meta.db_table, row_of(row))
    return False
