"""One shard of a generation: its rows, its index, its ids and filter columns, its checksums. Each step once."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from search.build.cells import Cells, choose_cells
from search.build.columns import frequent_names, write_columns
from search.build.job import Order
from search.build.manifest import checksums, once, sync_files
from search.build.progress import Progress
from search.build.rowfile import FileRows
from search.build.sample import sample_queries
from search.build.shard import build_shard
from search.build.snapshot import Snapshot
from search.build.split import Split
from search.retrieve.part import COLUMNS, IMAGE_IDS, PRODUCT_IDS, Part

TUNING_QUERIES = 500
COPY_ROWS = 20_000
ORDER_FILE = "order.i64"


@dataclass(frozen=True, slots=True)
class ShardRows:
    """Which rows of the snapshot a shard holds: int64 (n,) ascending, n >= 0; `work` is for its stages' files."""

    name: str
    folder: Path
    work: Path
    rows: np.ndarray
    snapshot: Snapshot

    @property
    def all_rows(self) -> bool:
        return len(self.rows) == self.snapshot.rows


def build_part(
    order: Order,
    number: int,
    rows: np.ndarray,
    split: Split,
    snapshot: Snapshot,
    earlier: Part | None,
    progress: Progress,
) -> dict:
    """The shard's entry of the manifest, all its files on the disk. A shard without rows has no files.

    earlier: the same shard of the generation that is merged into, which need not be open.
    """
    name = f"shard-{number:04}"
    if not len(rows):
        return {"name": name, "rows": 0}
    shard = ShardRows(name, order.folder / name, order.work / name, rows, snapshot)
    shard.work.mkdir(parents=True, exist_ok=True)

    def index() -> dict:
        cells = choose_cells(rows, snapshot.column("fresh"), snapshot.vectors, earlier)
        entry = make_index(order, shard, cells, progress)
        sync_files(shard.folder)
        return entry

    entry = once(shard.work / "index.json", index)
    once(shard.work / "columns.json", lambda: make_columns(shard, progress))
    progress(f"{name}: checksums")
    files = once(shard.work / "files.json", lambda: checksums(shard.folder))
    remove_files(shard.work / "rows.f16")
    return {"name": name, "routing": split.routing(number), **entry, "files": files}


def make_index(order: Order, shard: ShardRows, cells: Cells, progress: Progress) -> dict:
    """Index, rows and ids in the shard's own order of rows."""
    shutil.rmtree(shard.folder, ignore_errors=True)
    vectors = own_rows(shard)
    queries = sample_queries(order.bundle_id, vectors, TUNING_QUERIES).vectors
    entry, position = build_shard(
        shard.folder,
        vectors,
        centroids=cells.centroids,
        queries=queries,
        progress=lambda stage, done, total: progress(f"{shard.name}: {stage}", done, total),
    )
    for column, file in (("image_ids", IMAGE_IDS), ("product_ids", PRODUCT_IDS)):
        shard.snapshot.column(column)[shard.rows][position].astype(np.int64).tofile(shard.folder / file)
    return entry | cells.facts(entry)


def own_rows(shard: ShardRows) -> FileRows:
    """The snapshot's own file where the shard holds all of it, else a copy of its rows."""
    vectors = shard.snapshot.vectors
    if shard.all_rows:
        return vectors
    path = shard.work / "rows.f16"
    with path.open("wb") as file:
        for start in range(0, len(shard.rows), COPY_ROWS):
            file.write(vectors[shard.rows[start : start + COPY_ROWS]].data)
    return FileRows(path, len(shard.rows), shard.snapshot.dim)


def make_columns(shard: ShardRows, progress: Progress) -> bool:
    progress(f"{shard.name}: filter columns")
    shutil.rmtree(shard.folder / COLUMNS, ignore_errors=True)
    ids = (np.fromfile(shard.folder / file, dtype=np.int64) for file in (IMAGE_IDS, PRODUCT_IDS))
    write_columns(shard.folder / COLUMNS, *ids, frequent_names(shard.snapshot.column("product_ids")))
    sync_files(shard.folder / COLUMNS)
    return True


def remove_files(*paths: Path) -> None:
    for path in paths:
        path.unlink(missing_ok=True)
