"""A feed file from end to end: read, validate, store in chunks, and report what was wrong."""

import csv
import hashlib
import sqlite3
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

from django.core.cache import cache
from django.db import DataError, IntegrityError

from catalog.ingest.read import FeedRow, read_feed
from catalog.ingest.upsert import Counts, upsert
from catalog.ingest.validate import Listing, RowRefused, validate

CHUNK_ROWS = 400


@dataclass(frozen=True, slots=True)
class Report:
    counts: Counts
    wrong: int
    duplicates: int
    rows: int


class ErrorFile:
    """line, id, reason, then the row as it was. Made when the first error comes."""

    def __init__(self, path: Path):
        self.path = path
        self.files = ExitStack()
        self.writer = None

    def write(self, row: FeedRow, reason: str) -> None:
        if self.writer is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            file = self.files.enter_context(self.path.open("w", encoding="utf-8", newline=""))
            self.writer = csv.writer(file)
            self.writer.writerow(["line", "id", "reason", "row"])
        self.writer.writerow([row.line, row.cells.get("id", ""), reason, *row.raw])

    def close(self) -> None:
        self.files.close()


class SeenIds:
    """Which line an id stood on last. Kept on disk, for a feed may have millions of rows."""

    def __init__(self):
        self.database = sqlite3.connect("")
        self.database.execute("CREATE TABLE seen (digest BLOB PRIMARY KEY, line INTEGER) WITHOUT ROWID")

    def see(self, sku: str, line: int) -> int | None:
        """Remember this line; return the line that held the id before."""
        digest = hashlib.blake2b(sku.encode(), digest_size=12).digest()
        before = self.database.execute("SELECT line FROM seen WHERE digest = ?", [digest]).fetchone()
        self.database.execute("REPLACE INTO seen VALUES (?, ?)", [digest, line])
        return before[0] if before else None

    def close(self) -> None:
        self.database.close()


def import_feed(
    path: Path, errors_path: Path, images: Path | None = None, progress: Callable[[int], None] = lambda rows: None
) -> Report:
    """Store what is right in the feed; pictures are inspected later, by the worker. Raises FeedUnreadable."""
    errors_path.unlink(missing_ok=True)
    folder = str((images or path.parent).resolve())
    counts, wrong, duplicates, rows = Counts(), 0, 0, 0
    chunk: dict[str, tuple[FeedRow, Listing]] = {}
    with closing(ErrorFile(errors_path)) as errors, closing(SeenIds()) as seen:

        def flush() -> None:
            nonlocal counts, wrong
            done, refused = store(list(chunk.values()), folder)
            counts += done
            wrong += len(refused)
            for row, reason in refused:
                errors.write(row, reason)
            chunk.clear()

        for row in read_feed(path):
            rows += 1
            try:
                listing = validate(row)
            except RowRefused as refusal:
                errors.write(row, str(refusal))
                wrong += 1
                continue
            if (before := seen.see(listing.sku, listing.line)) is not None:
                errors.write(row, f"The id stood on line {before} already. This row, the later one, counts.")
                duplicates += 1
            chunk[listing.sku] = (row, listing)
            if len(chunk) >= CHUNK_ROWS:
                flush()
                progress(rows)
        flush()
        progress(rows)
    cache.delete("catalog.category_tree")
    return Report(counts, wrong, duplicates, rows)


def store(pairs: list[tuple[FeedRow, Listing]], folder: str) -> tuple[Counts, list[tuple[FeedRow, str]]]:
    """Store a chunk; if the database refuses it, halve it until the row that it refuses stands alone."""
    if not pairs:
        return Counts(), []
    try:
        return upsert([listing for _, listing in pairs], folder), []
    except (RowRefused, DataError, IntegrityError) as refusal:
        if len(pairs) == 1:
            return Counts(), [(pairs[0][0], str(refusal).split("\n")[0])]
    middle = len(pairs) // 2
    first, first_refused = store(pairs[:middle], folder)
    second, second_refused = store(pairs[middle:], folder)
    return first + second, first_refused + second_refused
