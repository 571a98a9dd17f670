"""Some hundred rows of a feed at once: which are right, and what became of the others."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from django.db import DataError, IntegrityError

from catalog.ingest.ids import LastRows
from catalog.ingest.rows import FeedRow, said_again
from catalog.ingest.upsert import NEEDS_TITLE, Counts, upsert
from catalog.ingest.validate import DEFAULT_CURRENCY, Listing, RowRefused, validate
from catalog.models import Product

CHUNK_ROWS = 400
NOT_THERE = "There is no product with this id, and of this feed only stock and price count."
WRONG, REPEATED, BESIDE = "wrong", "repeated", "beside"


@dataclass(frozen=True, slots=True)
class How:
    """How rows are taken. `folder`: where paths of pictures start; `source_id`: the FeedSource they belong to."""

    folder: str = ""
    currency: str = DEFAULT_CURRENCY
    offers_only: bool = False
    source_id: int | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """A row for the error file."""

    kind: str
    line: int
    sku: str
    reason: str
    raw: tuple[str, ...]


@dataclass(slots=True)
class Chunk:
    """`right` rows have distinct ids. `refused` and `repeated` come with the reason."""

    rows: int = 0
    right: list[tuple[FeedRow, Listing]] = field(default_factory=list)
    refused: list[tuple[FeedRow, str]] = field(default_factory=list)
    repeated: list[tuple[FeedRow, str]] = field(default_factory=list)

    def problems(self) -> list[Problem]:
        """In the file's order; a wrong row of a group brings all of the group along, or it could not be mended."""
        found = [(WRONG, *pair) for pair in self.refused] + [(REPEATED, *pair) for pair in self.repeated]
        listed = {row.line: Problem(kind, row.line, sku_of(row), why[:500], row.raw) for kind, row, why in found}
        for _, row, _ in found:
            for line, raw in row.beside:
                listed.setdefault(line, Problem(BESIDE, line, "", "", raw))
        alike = [  # in a file of one long line, all rows stand on it
            Problem(kind, row.line, sku_of(row), why[:500], row.raw)
            for kind, row, why in found
            if listed[row.line].raw is not row.raw
        ]
        return sorted([*listed.values(), *alike], key=lambda problem: problem.line)


def sku_of(row: FeedRow) -> str:
    return row.cells.get("id", "")[:100].replace("\x00", "")


def chunks(rows: Iterable[FeedRow], start: int = 0, size: int = CHUNK_ROWS) -> Iterator[tuple[int, list[FeedRow]]]:
    """From row `start` on: the number of a chunk's first row, and its rows. Rows that belong together stay so."""
    chunk: list[FeedRow] = []
    for number, row in enumerate(rows):
        if number < start:
            continue
        if len(chunk) >= size and not (row.beside and row.beside is chunk[-1].beside):
            yield number - len(chunk), chunk
            chunk = []
        chunk.append(row)
    if chunk:
        yield number - len(chunk) + 1, chunk


def sort_out(rows: list[FeedRow], start: int, last: LastRows, how: How) -> Chunk:
    """Without the database, but for what needs a product that is there."""
    chunk = Chunk(rows=len(rows))
    for number, row in enumerate(rows, start):
        try:
            listing = validate(row, how.currency)
        except RowRefused as refusal:
            chunk.refused.append((row, str(refusal)))
            continue
        if row.replaced:
            chunk.repeated.append((row, row.replaced))
        elif (later := last.later(listing.sku, number)) is not None:
            chunk.repeated.append((row, said_again(listing.sku, later)))
        else:
            chunk.right.append((row, offer_alone(listing) if how.offers_only else listing))
    refuse_unknown(chunk, NOT_THERE if how.offers_only else NEEDS_TITLE)
    return chunk


def offer_alone(listing: Listing) -> Listing:
    return replace(listing, product={}, attributes={}, category=None, first_image=None, more_images=None, hidden=None)


def refuse_unknown(chunk: Chunk, reason: str) -> None:
    """Rows that could only change a product, and there is none."""
    skus = [listing.sku for _, listing in chunk.right if "title" not in listing.product]
    if not skus:
        return
    unknown = set(skus) - set(Product.objects.filter(sku__in=skus).values_list("sku", flat=True))
    chunk.refused += [(row, reason) for row, listing in chunk.right if listing.sku in unknown]
    chunk.right = [pair for pair in chunk.right if pair[1].sku not in unknown]


def store(chunk: Chunk, how: How) -> Counts:
    """What the database refuses all the same is moved to `refused`."""
    counts, refused = store_pairs(chunk.right, how)
    chunk.refused += refused
    return counts


def store_pairs(pairs: list[tuple[FeedRow, Listing]], how: How) -> tuple[Counts, list[tuple[FeedRow, str]]]:
    """If the database refuses a chunk, halve it until the row that it refuses stands alone."""
    if not pairs:
        return Counts(), []
    try:
        return upsert([listing for _, listing in pairs], how.folder, how.source_id), []
    except (RowRefused, DataError, IntegrityError) as refusal:
        if len(pairs) == 1:
            return Counts(), [(pairs[0][0], str(refusal).split("\n")[0])]
    middle = len(pairs) // 2
    first, first_refused = store_pairs(pairs[:middle], how)
    second, second_refused = store_pairs(pairs[middle:], how)
    return first + second, first_refused + second_refused
