"""One row into the database, or, while that is away, into the spool."""

import logging

from django.db import InternalError, OperationalError, connection, models, transaction

from catalog import outage
from search.measuring import is_measuring
from search.respond.spool import spool
from search.respond.spooled import row_of

log = logging.getLogger(__name__)


def keep(row: models.Model, *, later: bool = False) -> bool:
    """True when the row is in the database, False when it waits to be written there. Raises IntegrityError.

    A search is worth more than its log: a database that is full or read-only holds up neither.
    `later`: what it points at waits, too.
    """
    if is_measuring():
        return False
    if later:
        return spooled(row)
    try:
        return outage.unless_away(lambda: write(row), lambda: spooled(row))
    except (OperationalError, InternalError) as error:
        log.warning("a row waits in the spool: %s", error)
        return spooled(row)


def write(row: models.Model) -> bool:
    with transaction.atomic(), connection.cursor() as cursor:
        # A power cut may cost the last searches' log lines; waiting for the disk would cost every shopper.
        cursor.execute("SET LOCAL synchronous_commit = off")
        row.save(force_insert=True)
    return True


def spooled(row: models.Model) -> bool:
    spool().put(row._meta.db_table, row_of(row))
    return False
