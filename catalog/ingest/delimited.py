"""CSV and TSV: encoding and delimiter are found out, memory stays bounded, broken rows do not take others along."""

import codecs
import csv
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from catalog.errors import FeedUnreadable
from catalog.ingest.rows import MAX_COLUMNS, MAX_FIELD_CHARS

MAX_LINE_CHARS = 4 * 1024 * 1024
ROW_LIKE = 0.75  # of the header's delimiters; a line of a long text has fewer
TOO_LONG = f"A cell of this row is longer than {MAX_FIELD_CHARS} characters."
SHOWN_CHARS = 1000  # of a cell that is too long to be kept
BLOCK_BYTES = 1024 * 1024
DELIMITERS = "\t,;|"
BOMS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
HEADER_WITHIN_LINES = 50  # blank ones, and remarks as in Meta's template, may stand above it
REMARKS = ("# ", '"# ')
SEPARATOR_LINE = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)  # what Excel writes above a header


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a file is written. `first_line`: the number of the line after the header."""

    encoding: str
    delimiter: str
    columns: tuple[str, ...]
    first_line: int


def find_dialect(path: Path) -> Dialect:
    """Raises FeedUnreadable when there is no header, or one that nobody could map."""
    encoding = find_encoding(path)
    with open_text(path, encoding) as file:
        number, line, delimiters = find_header(file)
    cells = max((cells_of(line, delimiter) for delimiter in delimiters), key=len)
    if not any(cell.strip() for cell in cells) or "\x00" in line or isinstance(line, Cut):
        raise FeedUnreadable
    if len(cells) > MAX_COLUMNS:
        raise FeedUnreadable(f"The header of this file has {len(cells)} columns. At most {MAX_COLUMNS} are read.")
    delimiter = next(delimiter for delimiter in delimiters if cells_of(line, delimiter) == cells)
    return Dialect(encoding, delimiter, tuple(cells), number + 1)


def find_header(lines: Iterable[str]) -> tuple[int, str, str]:
    """Its number, the line, and what may part its cells. Raises FeedUnreadable."""
    delimiters = DELIMITERS
    for number, line in enumerate(islice(lines, HEADER_WITHIN_LINES), 1):
        if told := SEPARATOR_LINE.fullmatch(line):
            delimiters = told[1]
        elif line.strip(DELIMITERS + '" \r\n\ufeff') and not line.startswith(REMARKS):
            return number, line, delimiters
    raise FeedUnreadable


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


@contextmanager
def open_text(path: Path, encoding: str) -> Iterator[Iterator[str]]:
    with open(path, encoding=encoding, errors="replace", newline="") as file:
        yield bounded_lines(file)


class Cut(str):
    """The beginning of a line that is too long to be kept."""


def bounded_lines(file) -> Iterator[str]:
    while line := file.readline(MAX_LINE_CHARS):
        if len(line) < MAX_LINE_CHARS or line.endswith("\n"):
            yield line
            continue
        while (rest := file.readline(MAX_LINE_CHARS)) and not rest.endswith("\n"):
            pass
        yield Cut(line[:SHOWN_CHARS])


class Lines:
    """The file's lines, counted. Those of a record that turned out to be several can be taken back."""

    def __init__(self, lines: Iterable[str], next_number: int):
        self.lines, self.next_number = iter(lines), next_number
        self.back: list[str] = []
        self.taken: list[str] = []

    def __iter__(self) -> "Lines":
        return self

    def __next__(self) -> str:
        line = self.back.pop() if self.back else next(self.lines)
        self.next_number += 1
        self.taken.append(line)
        return line

    def keep_first(self) -> str:
        rest = self.taken[1:]
        self.back += reversed(rest)
        self.next_number -= len(rest)
        del self.taken[1:]
        return self.taken[0]


def read_records(path: Path, dialect: Dialect) -> Iterator[tuple[int, tuple[str, ...], str]]:
    """The line a record begins on, its cells, and why it is broken. Blank lines are left out."""
    csv.field_size_limit(MAX_FIELD_CHARS)
    width = len(dialect.columns)
    needed = max(place for place, column in enumerate(dialect.columns, 1) if column.strip())  # delimiters may trail
    with open_text(path, dialect.encoding) as file:
        for _ in range(dialect.first_line - 1):
            next(file, None)
        lines = Lines(file, dialect.first_line)
        reader = csv.reader(lines, delimiter=dialect.delimiter)
        while True:
            lines.taken.clear()
            line = lines.next_number
            try:
                raw, broken = tuple(next(reader)), ""
            except StopIteration:
                return
            except csv.Error as error:
                raw, broken = (), f"The row cannot be read: {error}. Is a quote never closed?"
            if not broken and any(cell.strip() for cell in raw) and (len(raw) < needed or any(raw[width:])):
                broken = f"The row has {len(raw)} cells, the header has {width}."
            swallowed = swallowed_rows(lines.taken, dialect, bool(broken))
            if isinstance(lines.taken[0], Cut):
                raw = as_they_stand(lines.keep_first(), dialect.delimiter)
                broken = f"The line is longer than {MAX_LINE_CHARS} characters."
                reader = csv.reader(lines, delimiter=dialect.delimiter)
            elif not raw and is_long_text(lines.taken, dialect):
                raw, broken = as_they_stand(lines.taken[0], dialect.delimiter), TOO_LONG
                skip_text(lines, dialect)
                reader = csv.reader(lines, delimiter=dialect.delimiter)
            elif (swallowed or broken) and (literal := without_quotes(lines.taken, dialect)):
                lines.keep_first()
                raw, broken = literal, ""
                reader = csv.reader(lines, delimiter=dialect.delimiter)
            elif swallowed:
                raw = as_they_stand(lines.keep_first(), dialect.delimiter)
                broken = "A quote in this row is never closed."
                reader = csv.reader(lines, delimiter=dialect.delimiter)
            elif broken and not raw:
                raw = as_they_stand(lines.taken[0], dialect.delimiter)
            if broken or any(cell.strip() for cell in raw):
                yield line, raw, broken


def without_quotes(taken: list[str], dialect: Dialect) -> tuple[str, ...]:
    """The first line's cells where quotes are only text, as many programs write files with tabs; () elsewhere."""
    cells = tuple(taken[0].rstrip("\r\n").split("\t")) if taken and dialect.delimiter == "\t" else ()
    return cells if len(cells) == len(dialect.columns) else ()


def is_long_text(taken: list[str], dialect: Dialect) -> bool:
    """Whether what is longer than a cell may be is the text of one, and no rows that a quote has swallowed."""
    return sum(map(len, taken)) > MAX_FIELD_CHARS and not any(looks_like_row(line, dialect) for line in taken[1:])


def skip_text(lines: Lines, dialect: Dialect) -> None:
    """To the end of the line that closes a cell, or before one that looks like a row. Keeps none of it."""
    for line in lines:
        closes = line.count('"') % 2
        if not closes and looks_like_row(line, dialect):
            lines.back.append(line)
            lines.next_number -= 1
        if closes or lines.back:
            return
        lines.taken.clear()


def looks_like_row(line: str, dialect: Dialect) -> bool:
    enough = ROW_LIKE * (len(dialect.columns) - 1)
    return line.count(dialect.delimiter) >= enough > 0


def swallowed_rows(taken: list[str], dialect: Dialect, broken: bool) -> bool:
    """Whether a quote that was never closed has made one record of several rows.

    Such a record breaks the rules of quoting, which a cell of several lines does not, and has a wrong number of cells
    or a later line that looks like a row.
    """
    row_like = any(looks_like_row(line, dialect) for line in taken[1:])
    if len(taken) < 2 or len(dialect.columns) < 2 or not (broken or row_like):
        return False
    try:
        return len(list(csv.reader(taken, delimiter=dialect.delimiter, strict=True))) != 1
    except csv.Error:
        return True


def cells_of(line: str, delimiter: str) -> list[str]:
    """One line alone; none of it can be open to the next."""
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return []


def as_they_stand(line: str, delimiter: str) -> tuple[str, ...]:
    return tuple(cell[:SHOWN_CHARS] for cell in line.rstrip("\r\n").split(delimiter))
