"""A feed file -> rows, one at a time, whatever its format: found out by its content, never by its name."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from catalog.errors import FeedUnreadable, NotMapped
from catalog.ingest import delimited, markup, shopify
from catalog.ingest.columns import ERROR_COLUMNS, SEVERAL, fields_of
from catalog.ingest.delimited import Dialect
from catalog.ingest.rows import LIST_SEPARATOR, MAX_FIELD_CHARS, FeedRow
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
        count = sum(name in ERROR_COLUMNS for name in self.columns[: len(ERROR_COLUMNS)])
        return cells[count:]

    def rows(self) -> Iterator[FeedRow]:
        if self.format == XML:
            return self.xml_rows()
        written = delimited.read_records(self.path, self.dialect)
        records = ((line, tuple(map(unescape_formula, raw)), broken) for line, raw, broken in written)
        return shopify.read_variants(records, self.columns) if self.format == SHOPIFY else self.csv_rows(records)

    def csv_rows(self, records: Iterator[tuple[int, tuple[str, ...], str]]) -> Iterator[FeedRow]:
        at_id = self.fields.index("id")
        for line, raw, broken in records:
            known = self.cells(raw) if not broken else {"id": raw[at_id].strip()} if at_id < len(raw) else {}
            yield FeedRow(line, raw, known, broken)

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
