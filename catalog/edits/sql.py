"""The one statement that gives changed fields their old values back, whatever the table."""

CHANGED_COLUMNS = """SELECT DISTINCT jsonb_object_keys(before) FROM {history}
    WHERE edit_id = %s AND history_type = '~' AND (%s::bigint IS NULL OR history_id = %s)"""
CHANGED_BACK = """
WITH layers AS (
    SELECT h.*, row_number() OVER (PARTITION BY h.id ORDER BY h.history_id DESC) AS depth FROM {history} h
    WHERE h.edit_id = %s AND h.history_type = '~' AND (%s::bigint IS NULL OR h.history_id = %s)
), layer AS (SELECT * FROM layers WHERE depth = %s
), compared AS MATERIALIZED (
    SELECT h.id, h.before, to_jsonb(made) AS made, to_jsonb(now) AS now FROM layer h JOIN {table} t USING (id),
        LATERAL (SELECT {made}) made, LATERAL (SELECT {now}) now
), back AS MATERIALIZED (
    SELECT id, still.fields, jsonb_populate_record(NULL::{table}, still.fields) AS held, still.fields = before AS whole
    FROM compared c, LATERAL (
        SELECT jsonb_object_agg(b.key, b.value) AS fields FROM jsonb_each(c.before) b
        WHERE c.now -> b.key IS NOT DISTINCT FROM c.made -> b.key) still
    WHERE still.fields IS NOT NULL
), done AS (UPDATE {table} t SET {columns} FROM back WHERE back.id = t.id RETURNING t.id)
SELECT (SELECT count(*) FROM layer), (SELECT count(*) FROM done), (SELECT count(*) FROM back WHERE whole)
"""


def changed_columns(model: type) -> str:
    """CHANGED_COLUMNS for a model; its parameters are the Edit, and twice the history_id or None."""
    return CHANGED_COLUMNS.format(history=model.history.model._meta.db_table)


def changed_back(model: type, columns: list[str]) -> str:
    """CHANGED_BACK for those columns of a model that changed; the parameters are those above, and the depth.

    Others are not even set: of a title the words to search by would be made anew. A row that keeps the time of its last
    change gets it.
    """
    tracked = [field.column for field in model.history.model.tracked_fields if field.column in columns]
    sets = [f"{name} = CASE WHEN back.fields ? '{name}' THEN (back.held).{name} ELSE t.{name} END" for name in tracked]
    if any(field.name == "updated_at" for field in model._meta.fields):
        sets.append("updated_at = now()")
    return CHANGED_BACK.format(
        table=model._meta.db_table,
        history=model.history.model._meta.db_table,
        made=", ".join(f"h.{name}" for name in tracked),
        now=", ".join(f"t.{name}" for name in tracked),
        columns=", ".join(sets),
    )
