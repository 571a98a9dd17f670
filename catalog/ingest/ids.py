"""On which row of a feed each id stands last. On disk, for a feed may have millions of rows."""

import hashlib
import sqlite3
from collections.abc import Callable
from pathlib import Path

from catalog.ingest.read import FeedFile
from catalog.ingest.validate import RowRefused, validate

SAY_EVERY_ROWS = 5000


class LastRows:
    """Made once for a file, then only read; a process that is killed meanwhile leaves a draft that nobody takes."""

    def __init__(self, path: Path):
        self.database = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, check_same_thread=False)
        self.rows = self.database.execute("SELECT rows FROM total").fetchone()[0]

    def later(self, sku: str, number: int) -> int | None:
        """The line of the last right row with this id, when it comes after row `number`."""
        found = self.database.execute("SELECT number, line FROM last WHERE digest = ?", [digest_of(sku)]).fetchone()
        return found[1] if found and found[0] > number else None

    def close(self) -> None:
        self.database.close()


def find_last_rows(feed: FeedFile, path: Path, progress: Callable[[int], None] = lambda rows: None) -> LastRows:
    """Reads all of the feed. A row that is wrong by itself takes no id from one that is right."""
    draft = path.with_name(path.name + ".draft")
    draft.unlink(missing_ok=True)
    database = sqlite3.connect(draft, isolation_level=None)
    try:
        database.execute("PRAGMA journal_mode = OFF")
        database.execute("PRAGMA synchronous = OFF")
        database.execute("CREATE TABLE last (digest BLOB PRIMARY KEY, number INTEGER, line INTEGER) WITHOUT ROWID")
        database.execute("CREATE TABLE total (rows INTEGER)")
        database.execute("BEGIN")
        rows = 0
        for rows, row in enumerate(feed.rows(), 1):
            try:
                if row.replaced:
                    continue
                sku = validate(row).sku
            except RowRefused:
                continue
            finally:
                if rows % SAY_EVERY_ROWS == 0:
                    progress(rows)
            database.execute("REPLACE INTO last VALUES (?, ?, ?)", [digest_of(sku), rows - 1, row.line])
        database.execute("INSERT INTO total VALUES (?)", [rows])
        database.execute("COMMIT")
    finally:
        database.close()
    draft.replace(path)
    return LastRows(path)


def digest_of(sku: str) -> bytes:
    return hashlib.blake2b(sku.encode(), digest_size=12).digest()
