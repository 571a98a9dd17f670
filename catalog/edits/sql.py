"""The one statement that gives changed fields their old values back, whatever the table."""

CHANGED_BACK = """
WITH layers AS (
    SELECT h.*, row_number() OVER (PARTITION BY h.id ORDER BY h.history_id DESC) AS depth FROM {history} h
    WHERE h.edit_id = %s AND h.history_type = '~' AND (%s::bigint IS NULL OR h.history_id = %s)
), layer AS (SELECT * FROM layers WHERE depth = %s
), back AS (
    SELECT t.id, jsonb_populate_record(t, still.fields) AS held, still.fields = h.before AS whole
    FROM layer h JOIN {table} t USING (id), LATERAL (
        SELECT jsonb_object_agg(b.key, b.value) AS fields FROM jsonb_each(h.before) b
        WHERE to_jsonb(t) -> b.key IS NOT DISTINCT FROM to_jsonb(h) -> b.key) still
    WHERE still.fields IS NOT NULL
), done AS (UPDATE {table} t SET {columns} FROM back WHERE back.id = t.id RETURNING t.id)
SELECT (SELECT count(*) FROM layer), (SELECT count(*) FROM done), (SELECT count(*) FROM back WHERE whole)
"""


def columns_back(model: type) -> str:
    """The tracked columns, each from the record `back.held`; a row that keeps the time of its last change gets it."""
    tracked = [field.column for field in model.history.model.tracked_fields if not field.primary_key]
    assignments = [f"{column} = (back.held).{column}" for column in tracked]
    if any(field.name == "updated_at" for field in model._meta.fields):
        assignments.append("updated_at = now()")
    return ", ".join(assignments)
