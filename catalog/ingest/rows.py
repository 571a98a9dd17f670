"""One row of a feed, whatever the file's format."""

import re
from dataclasses import dataclass

MAX_FIELD_CHARS = 1024 * 1024
MAX_COLUMNS = 900  # a form of Django holds 1,000 fields
LIST_SEPARATOR = "\n"  # between the values of a field that a row holds several times


SAID_AGAIN = re.compile(r'The id "(?P<id>.*)" stands on line \d+ again\.', re.DOTALL)


def said_again(sku: str, line: int) -> str:
    """What an error file says of a row whose id a later row has, too; by SAID_AGAIN it is known when it comes back."""
    return f'The id "{sku}" stands on line {line} again. That row, the later one, counts.'


@dataclass(frozen=True, slots=True)
class FeedRow:
    """`cells` holds text by field (catalog/ingest/columns.py). `line` is where the row begins in the file.

    `raw` is the row as it stands there, in the order of its columns; `broken` says why it cannot be used. `beside` are
    the rows (line, raw) that it is understood with, itself among them. `replaced`: why a later row counts instead.
    """

    line: int
    raw: tuple[str, ...]
    cells: dict[str, str]
    broken: str = ""
    beside: tuple[tuple[int, tuple[str, ...]], ...] = ()
    replaced: str = ""


class RowRefused(ValueError):
    """A row that cannot be stored; the message is the reason for the error file."""


def limited(name: str, text: str, longest: int) -> str:
    if len(text) > longest:
        raise RowRefused(f"The {name} is longer than {longest} characters.")
    return text
