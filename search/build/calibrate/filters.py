"""What filters cost: the bytes of their columns, and how much longer a search takes."""

import threading
from pathlib import Path

import numpy as np

from search.build.calibrate.index import MAX_GROWTH, USUAL_RECALL, Built, growth, search_times_ms
from search.build.columns import ColumnArrays, write_columns_from
from search.capacity.constants import Constant
from search.retrieve.columns.masks import Mask, Verdicts

FILTERED = 0.1
ATTRIBUTES = 24
VALUES = 50


def measure_filters(small: Built, large: Built) -> dict[str, Constant]:
    before_us, now_us = (filtered_us(built) for built in (small, large))
    rows = (small.shard.rows, large.shard.rows)
    how = f"{FILTERED:.0%} of {rows[1]:,} rows match, by a filter that was asked before; p50 at recall {USUAL_RECALL}"
    grown = f"from {rows[0]:,} to {rows[1]:,} rows, between 0 and {MAX_GROWTH}"
    held = f"{ATTRIBUTES} attributes of {VALUES} values"
    return {
        "filtered_us": Constant(now_us, "us", "measured", how),
        "filtered_growth": Constant(growth(before_us, now_us, rows), "exponent", "measured", grown),
        "column_bytes_per_row": Constant(column_bytes(large.folder, rows[1]), "bytes", "measured", held),
    }


def filtered_us(built: Built) -> float:
    rows = np.random.default_rng(4).random(built.shard.rows) < FILTERED
    mask = Mask(Verdicts(rows, threading.RLock()), int(rows.sum()))
    return 1000 * float(np.median(search_times_ms(built, USUAL_RECALL, mask)))


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
