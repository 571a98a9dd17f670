"""What filters cost: the bytes of their columns, and how much longer a search takes."""

import threading
from pathlib import Path

import numpy as np

from search.build.calibrate.index import USUAL_RECALL, Built, search_times_ms
from search.build.columns import ColumnArrays, write_columns_from
from search.capacity.constants import Constant
from search.retrieve.columns.masks import Mask, Verdicts

FILTERED = 0.1
ATTRIBUTES = 24
VALUES = 50


def measure_filters(built: Built) -> dict[str, Constant]:
    how = f"{FILTERED:.0%} of {built.shard.rows:,} rows match a filter that was asked before; beyond one without"
    held = f"{ATTRIBUTES} attributes of {VALUES} values"
    return {
        "filter_extra_us": Constant(filter_extra_us(built), "us", "measured", how),
        "column_bytes_per_row": Constant(column_bytes(built.folder, built.shard.rows), "bytes", "measured", held),
    }


def filter_extra_us(built: Built) -> float:
    """By how much the median search is longer under a filter."""
    rows = np.random.default_rng(4).random(built.shard.rows) < FILTERED
    mask = Mask(Verdicts(rows, threading.RLock()), int(rows.sum()))
    plain_ms, filtered_ms = (np.median(search_times_ms(built, USUAL_RECALL, some)) for some in (None, mask))
    return max(0.0, 1000 * float(filtered_ms - plain_ms))


def column_bytes(folder: Path, rows: int) -> float:
    """Bytes of filter columns a row, with as many attributes as there may be."""
    random = np.random.default_rng(5)
    some = random.integers(0, 50, rows).astype(np.int32)
    values = [str(number) for number in range(50)]
    arrays = ColumnArrays(
        category=random.integers(1, 2000, rows),
        price=random.random(rows).astype(np.float32),
        in_stock=np.ones(rows, bool),
        seller=some.astype(np.int64),
        attributes={f"attribute {number}": (some, values) for number in range(ATTRIBUTES)},
    )
    write_columns_from(folder / "columns", np.arange(rows), arrays)
    return sum(path.stat().st_size for path in (folder / "columns").iterdir()) / rows
