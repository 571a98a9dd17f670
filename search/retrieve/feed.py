"""What the database says of the index: which products changed since the last look, and which generations serve."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from search.models import Bundle, Generation

HOT_ROWS_MAX = 4001  # more than the hot tier compares exactly: nobody needs to know how many more

NOW = "SELECT pg_current_snapshot()::text"
# The index on xid finds where to start; in-progress transactions of the last look lie behind its xmin as well.
CHANGES = """SELECT pg_current_snapshot()::text, array(SELECT DISTINCT c.product_id FROM search_change c
    WHERE c.xid >= pg_snapshot_xmin(%s::pg_snapshot) AND NOT pg_visible_in_snapshot(c.xid, %s::pg_snapshot))"""
STATE = """SELECT b.id, b.dim, b.state, b.share, b.retired_at, g.id, g.state, g.watermark, g.retired_at
    FROM search_bundle b LEFT JOIN search_generation g ON g.bundle_id = b.id AND g.state IN ('live', 'retired')
    ORDER BY b.registered_at, b.id, g.retired_at DESC NULLS FIRST"""
HOT = """SELECT asked.id, (SELECT count(*) FROM (SELECT FROM search_imagevector v
    WHERE v.bundle_id = asked.id AND v.hot LIMIT %s) AS counted) FROM unnest(%s::text[]) AS asked (id)"""
CLUSTER = "SELECT system_identifier::text FROM pg_control_system()"


@dataclass(frozen=True, slots=True)
class GenerationRow:
    id: str
    bundle_id: str
    dim: int
    watermark: str
    live: bool


@dataclass(frozen=True, slots=True)
class BundleRow:
    """generations: the live one and the one before it, in this order, where there are any."""

    id: str
    state: str
    share: float
    generations: tuple[GenerationRow, ...]


@dataclass(frozen=True, slots=True)
class State:
    """The bundles that serve, may serve next, or served last; not those that are long gone."""

    live: str | None
    bundles: tuple[BundleRow, ...]

    @property
    def shadows(self) -> tuple[tuple[str, float], ...]:
        return tuple((row.id, row.share) for row in self.bundles if row.state == Bundle.State.SHADOW and row.share > 0)


def read_snapshot(cursor) -> str:
    cursor.execute(NOW)
    return cursor.fetchone()[0]


def read_changes(cursor, since: str) -> tuple[str, list[int]]:
    """Ids of the products whose changes became visible after the snapshot `since`, and the snapshot to go on from.

    A transaction that began before the last look and committed after it is found, whatever its number.
    """
    cursor.execute(CHANGES, [since, since])
    return cursor.fetchone()


def read_hot_rows(cursor, bundle_ids: Iterable[str]) -> dict[str, int]:
    """By bundle, how many rows are hot; HOT_ROWS_MAX stands for more than that."""
    cursor.execute(HOT, [HOT_ROWS_MAX, list(bundle_ids)])
    return dict(cursor.fetchall())


def read_cluster(cursor) -> str:
    cursor.execute(CLUSTER)
    return cursor.fetchone()[0]


def read_state(cursor) -> State:
    cursor.execute(STATE)
    rows = cursor.fetchall()
    last_retired = max((row[4] for row in rows if row[2] == Bundle.State.RETIRED and row[4]), default=None)
    by_bundle: dict[str, list[tuple[Any, ...]]] = {}
    for row in rows:
        if row[2] in (Bundle.State.LIVE, Bundle.State.SHADOW, Bundle.State.BUILDING) or (
            row[2] == Bundle.State.RETIRED and row[4] == last_retired and last_retired
        ):
            by_bundle.setdefault(row[0], []).append(row)
    bundles = tuple(bundle_row(rows) for rows in by_bundle.values())
    return State(next((row.id for row in bundles if row.state == Bundle.State.LIVE), None), bundles)


def bundle_row(rows: list[tuple[Any, ...]]) -> BundleRow:
    """`rows` of one bundle: its live generation first, then the retired ones, the latest first."""
    bundle_id, dim, state, share = rows[0][:4]
    made = [GenerationRow(row[5], bundle_id, dim, row[7], row[6] == Generation.State.LIVE) for row in rows if row[5]]
    live = [row for row in made if row.live]
    previous = [row for row in made if not row.live]
    return BundleRow(bundle_id, state, share, tuple(live + previous[:1]) if live else ())
