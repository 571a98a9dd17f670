"""What commands of the operator print: aligned lines for people, JSON for programs, a bar for what takes long."""

import getpass
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from django.core.management.base import CommandError
from django.db.utils import InterfaceError, OperationalError, ProgrammingError
from psycopg.errors import UndefinedColumn, UndefinedTable
from tqdm import tqdm

from search.errors import SearchError


def actor() -> str:
    """Who is at the keyboard, for the history."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # an account without a name
        return "command line"


@contextmanager
def refusals() -> Iterator[None]:
    """One line and exit code 1 instead of a traceback."""
    try:
        yield
    except SearchError as error:
        raise CommandError(error.detail) from error
    except (OperationalError, InterfaceError) as error:
        raise CommandError(f"The database does not answer: {str(error).splitlines()[0]}") from error
    except ProgrammingError as error:
        if not isinstance(error.__cause__, UndefinedTable | UndefinedColumn):
            raise
        raise CommandError("The tables are not up to date. Run manage.py migrate.") from error


def table(headers: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Columns as wide as their widest cell; numbers to the right."""
    cells = [[cell(value) for value in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(headers, *cells, strict=True)]
    right = [bool(rows) and all(is_number(row[place]) for row in rows) for place in range(len(headers))]
    lines = [headers, *cells]
    return "\n".join(
        "  ".join(
            text.rjust(width) if to_right else text.ljust(width)
            for text, width, to_right in zip(line, widths, right, strict=True)
        ).rstrip()
        for line in lines
    )


def is_number(value: object) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))


def cell(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int) else str(value)


def fields(pairs: dict[str, object]) -> str:
    """One line each, values aligned."""
    width = max(map(len, pairs))
    return "\n".join(f"{name.ljust(width)}  {cell(value)}" for name, value in pairs.items())


def as_json(value: object) -> str:
    return json.dumps(value, indent=2, default=str)


class Bar:
    """Shows (stage, done, total) on a terminal; each stage has a line of its own. Nothing where nobody looks."""

    def __init__(self, stream, quiet: bool) -> None:
        self.stream, self.quiet = stream, quiet
        self.stage, self.line = "", None

    def __call__(self, stage: str, done: int, total: int) -> None:
        if self.quiet:
            return
        if self.line is None or stage != self.stage:
            self.close()
            self.stage, self.line = stage, tqdm(desc=stage, unit="", file=self.stream, mininterval=0.5)
        self.line.total = total or None
        self.line.update(max(0, done - self.line.n))

    def close(self) -> None:
        if self.line is not None:
            self.line.close()


def megabytes(count: int) -> str:
    return f"{count / 1e6:,.1f} MB"
