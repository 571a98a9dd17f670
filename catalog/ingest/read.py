"""A feed file -> rows, one at a time: encoding, delimiter and header names are found out, memory stays bounded."""

import codecs
import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from catalog.errors import FeedUnreadable

MAX_FIELD_CHARS = 1024 * 1024
MAX_LINE_CHARS = 4 * 1024 * 1024
BLOCK_BYTES = 1024 * 1024
DELIMITERS = "\t,;|"
BOMS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
ALIASES = {"sku": "id", "colour": "color", "category": "product_type", "name": "title", "image": "image_link"}


@dataclass(frozen=True, slots=True)
class FeedRow:
    """One row as it stands in the file. `line` is where it begins; `broken` says why it has no cells."""

    line: int
    raw: tuple[str, ...]
    cells: dict[str, str]
    broken: str = ""


def read_feed(path: Path) -> Iterator[FeedRow]:
    """Rows of a CSV or TSV file in order, blank lines left out. Raises FeedUnreadable when it is no feed at all."""
    csv.field_size_limit(MAX_FIELD_CHARS)
    with open(path, encoding=find_encoding(path), errors="replace", newline="") as file:
        lines = bounded_lines(file)
        header_line = next(lines, "")
        delimiter = max(DELIMITERS, key=header_line.count)
        columns = read_header(header_line, delimiter)
        yield from read_rows(csv.reader(lines, delimiter=delimiter), columns)


def find_encoding(path: Path) -> str:
    """A byte order mark decides; else UTF-8 if all of the file is valid UTF-8; else Windows' western one."""
    with open(path, "rb") as file:
        start = file.read(4)
        for bom, name in BOMS.items():
            if start.startswith(bom):
                return name
        decoder = codecs.getincrementaldecoder("utf-8")()
        file.seek(0)
        try:
            while block := file.read(BLOCK_BYTES):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "cp1252"
    return "utf-8"


def bounded_lines(file) -> Iterator[str]:
    while line := file.readline(MAX_LINE_CHARS):
        if len(line) == MAX_LINE_CHARS and not line.endswith("\n"):
            raise FeedUnreadable(f"A line of this file is longer than {MAX_LINE_CHARS} characters.")
        yield line


def read_header(line: str, delimiter: str) -> list[str]:
    """Column names in Google's spelling: "Image Link", "g:image_link" and "image-link" are all image_link."""
    columns = [column_name(cell) for cell in next(csv.reader([line], delimiter=delimiter), [])]
    if "id" not in columns:
        raise FeedUnreadable
    named = [column for column in columns if column]
    if twice := {column for column in named if named.count(column) > 1}:
        raise FeedUnreadable(f"The header names a column twice: {', '.join(sorted(twice))}.")
    return columns


def column_name(cell: str) -> str:
    name = cell.strip().lower().removeprefix("g:").replace(" ", "_").replace("-", "_")
    return ALIASES.get(name, name)


def read_rows(reader, columns: list[str]) -> Iterator[FeedRow]:
    while True:
        line = reader.line_num + 2  # the header is not the reader's, and the row begins on the next line
        try:
            raw = tuple(next(reader))
        except StopIteration:
            return
        except csv.Error as error:
            yield FeedRow(line, (), {}, broken=f"The row cannot be read: {error}. Is a quote never closed?")
            continue
        if any(cell.strip() for cell in raw):
            yield make_row(line, raw, columns)


def make_row(line: int, raw: tuple[str, ...], columns: list[str]) -> FeedRow:
    if len(raw) < len(columns) or any(raw[len(columns) :]):
        return FeedRow(line, raw, {}, broken=f"The row has {len(raw)} cells, the header has {len(columns)}.")
    cells = {column: cell.strip() for column, cell in zip(columns, raw, strict=False) if column}
    return FeedRow(line, raw, cells)
