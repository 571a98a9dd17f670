"""A feed file -> rows, one at a time, whatever its format: found out by its content, never by its name."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from catalog.errors import FeedUnreadable, NotMapped
from catalog.ingest import delimited, markup, shopify
from catalog.ingest.columns import EMPTY_CELLS, ERROR_COLUMNS, SEVERAL, fields_of
from catalog.ingest.delimited import Dialect
from catalog.ingest.rows import LIST_SEPARATOR, MAX_FIELD_CHARS, SAID_AGAIN, FeedRow
from catalog.ingest.text import unescape_formula

__all__ = ["MAX_FIELD_CHARS", "FeedFile", "FeedRow", "read_feed", "recognise"]
CSV, XML, SHOPIFY = "csv", "xml", "shopify"
UTF16 = (b"\xff\xfe", b"\xfe\xff")
WEB_PAGE = "This is a web page, not a feed: perhaps one that asks to sign in."
OTHERS = (  # how they begin
    (rb"PK\x03\x04", "This is a ZIP or a workbook, not a feed. Save a workbook as CSV."),
    (rb"\xd0\xcf\x11\xe0", "This is a workbook. Save it as CSV."),
    (rb"\x1f\x8b", "This file is packed with gzip. Unpack it first."),
    (rb"(?:\xef\xbb\xbf)?\s*<(?:!doctype\s+html|html)\b", WEB_PAGE),
    (rb"(?:\xef\xbb\xbf)?\s*[{\[]", "This is JSON. Feeds are CSV, TSV or XML."),
)


@dataclass(frozen=True, slots=True)
class FeedFile:
    """A feed and how to read it. `columns` as they stand in the file; `fields`, one for each, are what they mean."""

    path: Path
    format: str
    columns: tuple[str, ...]
    fields: tuple[str, ...] = ()
    dialect: Dialect | None = None

    def without_errors(self, cells: tuple[str, ...]) -> tuple[str, ...]:
        """Of a row, or of the header: all but the columns that an earlier error file has put in front."""
        return cells[self.error_columns :]

    @property
    def error_columns(self) -> int:
        return sum(name in ERROR_COLUMNS for name in self.columns[: len(ERROR_COLUMNS)])

    @property
    def sparse(self) -> bool:
        """Whether a row leaves alone what it does not hold, instead of clearing it."""
        return self.format == XML or EMPTY_CELLS in self.columns[: self.error_columns]

    def rows(self) -> Iterator[FeedRow]:
        if self.format == XML:
            return self.xml_rows()
        written = delimited.read_records(self.path, self.dialect)
        records = ((line, tuple(map(unescape_formula, raw)), broken) for line, raw, broken in written)
        rows = shopify.read_variants(records, self.columns) if self.format == SHOPIFY else self.csv_rows(records)
        return map(replaced_before, rows) if self.error_columns > 1 else rows

    def csv_rows(self, records: Iterator[tuple[int, tuple[str, ...], str]]) -> Iterator[FeedRow]:
        at_id = self.fields.index("id")
        for line, raw, broken in records:
            present = dict(filter(any_text, zip(self.columns, raw, strict=False))) if self.sparse else None
            id_alone = {"id": raw[at_id].strip()} if at_id < len(raw) else {}
            yield FeedRow(line, raw, id_alone if broken else self.cells(raw, present), broken)

    def xml_rows(self) -> Iterator[FeedRow]:
        for line, values, broken in markup.read_items(self.path):
            raw = tuple(values.get(name, "") for name in self.columns)
            yield FeedRow(line, raw, self.cells(raw, values), broken)

    def cells(self, raw, present: Mapping[str, str] | None = None) -> dict[str, str]:
        """By field. In XML what an item does not hold is not there, and is left alone."""
        cells: dict[str, str] = {}
        for column, field, text in zip(self.columns, self.fields, raw, strict=False):
            if not field or (present is not None and column not in present):
                continue
            if field in SEVERAL and cells.get(field):
                cells[field] += LIST_SEPARATOR + text.strip()
            else:
                cells[field] = text.strip()
        return cells


def any_text(pair: tuple[str, str]) -> bool:
    return bool(pair[1].strip())


def replaced_before(row: FeedRow) -> FeedRow:
    """What an error file lists because a later row counted does not count now; with another id it does."""
    said = SAID_AGAIN.match(row.raw[1]) if len(row.raw) > 1 else None
    return replace(row, replaced=row.raw[1]) if said and said["id"] == row.cells.get("id") else row


def recognise(path: Path, mapping: Mapping[str, str] | None = None) -> FeedFile:
    """`mapping`: what an admin said of columns. Raises NotMapped, which carries the columns, or FeedUnreadable."""
    start = first_bytes(path)
    refuse_others(start)
    if start.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<") or is_xml_in_utf16(start):
        columns = markup.columns_of(path)
        return mapped(FeedFile(path, XML, columns), mapping)
    dialect = delimited.find_dialect(path)
    if not mapping and shopify.is_shopify(dialect.columns):
        return FeedFile(path, SHOPIFY, dialect.columns, tuple(shopify.roles_of(dialect.columns)), dialect)
    return mapped(FeedFile(path, CSV, dialect.columns, (), dialect), mapping)


def refuse_others(start: bytes) -> None:
    """Raises FeedUnreadable, in words of its own for what people take for feeds."""
    if not start.strip(b"\xef\xbb\xbf \t\r\n"):
        raise FeedUnreadable("This file is empty.")
    if words := next((words for mark, words in OTHERS if re.match(mark, start, re.IGNORECASE)), ""):
        raise FeedUnreadable(words)
    if b"\x00" in start and not start.startswith(UTF16):
        raise FeedUnreadable


def mapped(feed: FeedFile, mapping: Mapping[str, str] | None) -> FeedFile:
    try:
        fields = tuple(fields_of(feed.columns, mapping or {}))
    except NotMapped as error:
        if len(feed.columns) < 2:
            raise FeedUnreadable from None
        error.feed = feed
        raise
    return FeedFile(feed.path, feed.format, feed.columns, fields, feed.dialect)


def first_bytes(path: Path) -> bytes:
    with open(path, "rb") as file:
        return file.read(4096)


def is_xml_in_utf16(start: bytes) -> bool:
    return start.startswith(UTF16) and start.decode("utf-16", errors="ignore").lstrip().startswith("<")


def read_feed(path: Path) -> Iterator[FeedRow]:
    """Rows of a feed in order, blank lines left out. Raises FeedUnreadable when it is no feed at all."""
    yield from recognise(path).rows()
