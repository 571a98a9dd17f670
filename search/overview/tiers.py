"""Where the rows of the live bundle lie, and what that costs."""

from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import connection

from search.build.register import index_name
from search.capacity.prices import Prices, read_prices
from search.overview.generations import GenerationLine

GIB = 2**30
COUNTS = "SELECT bundle_id, count(*), count(*) FILTER (WHERE hot) FROM search_imagevector GROUP BY bundle_id"
SIZES = "SELECT coalesce(pg_relation_size(to_regclass(%s)), 0), pg_table_size('search_imagevector')"


@dataclass(frozen=True, slots=True)
class Vectors:
    """How many vectors of a bundle there are, and how many of them are in the hot tier."""

    all: int = 0
    hot: int = 0


@dataclass(frozen=True, slots=True)
class TierLine:
    """`bytes_ram` is what has to lie in memory to answer in time."""

    name: str
    what: str
    rows: int
    bytes_ram: int
    bytes_disk: int

    def yearly(self, prices: Prices) -> float:
        return prices.yearly(ram_gib=self.bytes_ram / GIB, ssd_gib=self.bytes_disk / GIB)


def prices() -> Prices:
    """The assumed ones, or your own. Raises BadPrices."""
    file = settings.SIGHTLINE_PRICE_FILE
    return read_prices(Path(file)) if file else Prices()


def vectors_by_bundle() -> dict[str, Vectors]:
    with connection.cursor() as cursor:
        cursor.execute(COUNTS)
        return {bundle_id: Vectors(number, hot) for bundle_id, number, hot in cursor.fetchall()}


def tiers(bundle_id: str, vectors: dict[str, Vectors], lines: tuple[GenerationLine, ...]) -> tuple[TierLine, ...]:
    """The hot tier, the live generation, the one kept for rolling back, and the truth that all of them are made of."""
    with connection.cursor() as cursor:
        cursor.execute(SIZES, [index_name(bundle_id)])
        index_bytes, table_bytes = cursor.fetchone()
    row_bytes = table_bytes / max(1, sum(count.all for count in vectors.values()))
    own = vectors.get(bundle_id, Vectors())
    cold = [line for line in lines if line.bundle_id == bundle_id and (line.state == "live" or line.warm)]
    return (
        TierLine("Hot", "HNSW in PostgreSQL", own.hot, index_bytes, index_bytes + round(own.hot * row_bytes)),
        *(cold_line(line) for line in sorted(cold, key=lambda line: line.warm)),
        TierLine("Kept", "all others, in PostgreSQL to rebuild from", own.all - own.hot, 0,
                 round((own.all - own.hot) * row_bytes)),
    )  # fmt: skip


def cold_line(line: GenerationLine) -> TierLine:
    name, what = ("Cold, previous", "warm for rolling back") if line.warm else ("Cold", "FAISS in files")
    return TierLine(name, what, line.rows, line.bytes_ram, line.bytes_disk)
