"""Spooled lines into the database, each row once: what is there already, by its id, is left alone."""

import json
import logging

from django.db import DataError, IntegrityError, ProgrammingError, connection, models, transaction
from django.utils import timezone

from search.models import Click, QueryLog, QueryPhoto

TABLES = {model._meta.db_table: model for model in (QueryLog, QueryPhoto)}
CLICKS = Click._meta.db_table
INSERT = """INSERT INTO {table} ({columns})
    SELECT {columns} FROM jsonb_populate_recordset(NULL::{table}, %s::jsonb) ON CONFLICT DO NOTHING"""
# A click has no id of ours. The same product of the same query in the same microsecond is the same click; and what the
# query never showed was never clicked.
INSERT_CLICKS = """INSERT INTO search_click (query_id, product_id, rank, created_at)
    SELECT new.query_id, new.product_id, new.rank, new.created_at
    FROM jsonb_populate_recordset(NULL::search_click, %s::jsonb) new
    JOIN search_querylog log ON log.id = new.query_id JOIN catalog_product p ON p.id = new.product_id
    WHERE EXISTS (SELECT FROM jsonb_array_elements(log.ranking) shown
            WHERE (shown ->> 0)::bigint = new.product_id OR shown -> 3 @> to_jsonb(new.product_id))
        AND NOT EXISTS (SELECT FROM search_click old WHERE (old.query_id, old.product_id, old.rank, old.created_at)
            = (new.query_id, new.product_id, new.rank, new.created_at))"""
CLICK_TRIES = 30
UNUSABLE = (DataError, IntegrityError, ProgrammingError)
log = logging.getLogger(__name__)


def row_of(instance: models.Model) -> dict:
    """An unsaved row as {column: value}, made now if nobody has said when."""
    row = {}
    for field in instance._meta.concrete_fields:
        value = getattr(instance, field.attname)
        if value is None and getattr(field, "auto_now_add", False):
            value = timezone.now()
        if value is not None or not field.primary_key:
            row[field.column] = value
    return row


def write_lines(lines: list[bytes]) -> list[bytes]:
    """Write them in one transaction. Returns those to try again later: clicks whose query another process still has.

    One that can never be written is logged and left out.
    """
    rows = [row for row in map(parse, lines) if row]
    try:
        return write_rows(rows)
    except UNUSABLE:
        later = []
        for row in rows:
            try:
                later += write_rows([row])
            except UNUSABLE as error:
                log.error("a spooled row cannot be written: %s", error)
        return later


def parse(line: bytes) -> tuple[str, dict, int] | None:
    """Table, row and how often it was tried. None for the torn last line of a process that was killed."""
    try:
        table, row, tries = json.loads(line)
    except (ValueError, TypeError):
        log.error("a line of the spool cannot be read: %r", line[:100])
        return None
    return (table, row, int(tries)) if isinstance(row, dict) and (table in TABLES or table == CLICKS) else None


@transaction.atomic
def write_rows(rows: list[tuple[str, dict, int]]) -> list[bytes]:
    with connection.cursor() as cursor:
        for table in (*TABLES, CLICKS):  # clicks last: they point at queries
            these = [row for name, row, _ in rows if name == table]
            if these:
                cursor.execute(insert_sql(table, these), [json.dumps(these)])
    return too_early([row for row in rows if row[0] == CLICKS and row[2] < CLICK_TRIES])


def too_early(clicks: list[tuple[str, dict, int]]) -> list[bytes]:
    """Lines of the clicks whose query is not in the database yet."""
    known = (
        QueryLog.objects.filter(pk__in=[row["query_id"] for _, row, _ in clicks]) if clicks else QueryLog.objects.none()
    )
    there = {str(pk) for pk in known.values_list("pk", flat=True)}
    return [
        json.dumps([table, row, tries + 1]).encode() + b"\n"
        for table, row, tries in clicks
        if row["query_id"] not in there
    ]


def insert_sql(table: str, rows: list[dict]) -> str:
    """Columns by the model, so that no text of a file becomes SQL; those that no line has keep their default."""
    if table == CLICKS:
        return INSERT_CLICKS
    known = [field.column for field in TABLES[table]._meta.concrete_fields]
    return INSERT.format(table=table, columns=", ".join(name for name in known if any(name in row for row in rows)))
