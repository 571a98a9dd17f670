"""A feed file from end to end, in this process: read, validate, store in chunks, and report what was wrong.

catalog/feeds/ does the same as a job that can be watched, paused and killed.
"""

import csv
import tempfile
from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

from django.core.cache import cache

from catalog.ingest.chunks import How, Problem, chunks, sort_out, store
from catalog.ingest.columns import EMPTY_CELLS, ERROR_COLUMNS, SAY_NOTHING
from catalog.ingest.ids import find_last_rows
from catalog.ingest.read import FeedFile, recognise
from catalog.ingest.text import escape_formula
from catalog.ingest.upsert import Counts
from catalog.ingest.validate import DEFAULT_CURRENCY


@dataclass(frozen=True, slots=True)
class Report:
    counts: Counts
    wrong: int
    duplicates: int
    rows: int


class ErrorFile:
    """line, reason, then the row as it was, so that it can be mended and imported. Made when the first error comes."""

    def __init__(self, path: Path, feed: FeedFile):
        self.path, self.feed = path, feed
        self.files = ExitStack()
        self.writer = None

    def write(self, problems: list[Problem]) -> None:
        if problems and self.writer is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            file = self.files.enter_context(self.path.open("w", encoding="utf-8", newline=""))
            self.writer = csv.writer(file)
            empty = [EMPTY_CELLS] if self.feed.sparse else []
            self.writer.writerow([*ERROR_COLUMNS[:2], *empty, *self.feed.without_errors(self.feed.columns)])
        for problem in problems:
            cells = map(escape_formula, self.feed.without_errors(problem.raw))
            empty = [SAY_NOTHING] if self.feed.sparse else []
            self.writer.writerow([problem.line, problem.reason, *empty, *cells])

    def close(self) -> None:
        self.files.close()


def import_feed(
    path: Path,
    errors_path: Path,
    images: Path | None = None,
    progress: Callable[[int], None] = lambda rows: None,
    currency: str = DEFAULT_CURRENCY,
    mapping: Mapping[str, str] | None = None,
) -> Report:
    """Store what is right in the feed; pictures are inspected later, by the worker. Raises FeedUnreadable.

    `currency`: of prices that name none. `mapping`: what columns mean that are not recognised, or not rightly.
    """
    errors_path.unlink(missing_ok=True)
    how = How(folder=str((images or path.parent).resolve()), currency=currency)
    counts, wrong, duplicates, rows = Counts(), 0, 0, 0
    feed = recognise(path, mapping)
    with (
        tempfile.TemporaryDirectory(prefix="sightline-feed-") as folder,
        closing(ErrorFile(errors_path, feed)) as errors,
        closing(find_last_rows(feed, Path(folder) / "ids")) as last,
    ):
        for start, chunk_rows in chunks(feed.rows()):
            chunk = sort_out(chunk_rows, start, last, how)
            counts += store(chunk, how)
            errors.write(chunk.problems())
            wrong, duplicates = wrong + len(chunk.refused), duplicates + len(chunk.repeated)
            rows += chunk.rows
            progress(rows)
    cache.delete("catalog.category_tree")
    return Report(counts, wrong, duplicates, rows)
