"""The error file: wrong rows as they stood, with line and reason in front, to be mended and uploaded as it is."""

import csv
import io
from collections.abc import Iterator

from catalog.feeds.models import Import, ImportProblem
from catalog.ingest.columns import EMPTY_CELLS, ERROR_COLUMNS, SAY_NOTHING
from catalog.ingest.read import XML
from catalog.ingest.text import escape_formula

AT_ONCE = 1000


def error_file(found: Import) -> Iterator[str]:
    """CSV in parts. Its third column names the import, whose pictures and mapping mended rows then find."""
    already = sum(name in ERROR_COLUMNS for name in found.columns[: len(ERROR_COLUMNS)])  # it was an error file itself
    sparse = found.format == XML or EMPTY_CELLS in found.columns[:already]
    names, said = ([EMPTY_CELLS], [SAY_NOTHING]) if sparse else ([], [])
    yield csv_text([[*ERROR_COLUMNS[:3], *names, *found.columns[already:]]])
    after = 0
    while True:
        rows = list(ImportProblem.objects.filter(of=found, pk__gt=after).order_by("pk")[:AT_ONCE])
        if not rows:
            return
        cells = [(row, map(escape_formula, row.cells[already:])) for row in rows]
        yield csv_text([[row.line, row.reason, found.pk, *said, *its] for row, its in cells])
        after = rows[-1].pk


def csv_text(rows: list[list]) -> str:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue()
