"""Every vector of one bundle out of Postgres into files, in the order of image ids.

The watermark is taken before the first row is read, so a row is in these files, or newer than the watermark, or both.
Rows are read in chunks, each in a transaction of its own; a killed snapshot goes on after its last whole chunk. All
rows are taken, blocked ones too: what may be shown is decided by columns that follow the catalog, so that unblocking
a product needs no rebuild.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from django.db import connection

from search.build.base import BaseRows
from search.build.binary import copy_rows, record
from search.build.manifest import read_json, write_json
from search.build.rowfile import FileRows
from search.retrieve.manifest import cluster_id

CHUNK_ROWS = 20_000
STATE = "snapshot-state.json"
NUMBERS = ("image", "product", "category")
FROM = "FROM search_imagevector v JOIN catalog_product p ON p.id = v.product_id WHERE v.bundle_id = {bundle}"
COLUMNS = "v.image_id, v.product_id, coalesce(p.category_id, 0)"
VECTORS_AFTER = f"""SELECT {COLUMNS}, v.vector::halfvec {FROM} AND v.image_id > {{last}}
    ORDER BY v.image_id LIMIT {{limit}}"""
VECTORS_OF = f"SELECT {COLUMNS}, v.vector::halfvec {FROM} AND v.image_id = ANY({{images}}) ORDER BY v.image_id"
NUMBERS_AFTER = f"""SELECT {COLUMNS}, (NOT pg_visible_in_snapshot(v.written, {{watermark}}::pg_snapshot))::int::bigint
    {FROM} AND v.image_id > {{last}} ORDER BY v.image_id LIMIT {{limit}}"""

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Chunk:
    """Rows by ascending image id: ids int64 (n,), vectors float16 (n, dim), fresh bool (n,).

    `last`: the last image looked at, which may have been deleted meanwhile; None when there was none.
    """

    image_ids: np.ndarray
    product_ids: np.ndarray
    category_ids: np.ndarray  # 0 for a product without a category
    vectors: np.ndarray
    fresh: np.ndarray  # read from Postgres, not taken over from the base
    last: int | None

    def __len__(self) -> int:
        return len(self.image_ids)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The files, opened when they are asked for. Shapes and types as in Chunk."""

    folder: Path
    rows: int
    dim: int
    watermark: str
    cluster: str

    @property
    def vectors(self) -> FileRows:
        return FileRows(self.folder / "vectors", self.rows, self.dim)

    def column(self, name: str) -> np.ndarray:
        """One of the other columns of Chunk."""
        return np.memmap(self.folder / name, dtype=layout(self.dim)[name][0], mode="r", shape=(self.rows,))


def layout(dim: int) -> dict[str, tuple[np.dtype, tuple[int, ...]]]:
    """Type and row shape of each file."""
    number = (np.dtype(np.int64), ())
    return {
        "image_ids": number,
        "product_ids": number,
        "category_ids": number,
        "vectors": (np.dtype(np.float16), (dim,)),
        "fresh": (np.dtype(np.bool_), ()),
    }


def take_snapshot(
    folder: Path,
    bundle_id: str,
    dim: int,
    base: BaseRows | None = None,
    progress: Progress = lambda done, total: None,
    on_watermark: Callable[[str], object] = lambda watermark: None,
) -> Snapshot:
    """All rows of a bundle. May be called again until it returns. Raises WrongDimension, OSError for a full disk.

    `on_watermark` hears of it before the first row is read.
    """
    folder.mkdir(parents=True, exist_ok=True)
    state = begin(folder)
    on_watermark(state["watermark"])
    total = count_rows(bundle_id)
    cut_back(folder, state["rows"], dim)
    while not state["done"]:
        chunk = read_chunk(bundle_id, dim, state["last"], base)
        append(folder, chunk, dim)
        state["rows"] += len(chunk)
        state |= {"last": chunk.last, "done": chunk.last is None}
        write_json(folder / STATE, state)
        progress(state["rows"], max(total, state["rows"]))
    return Snapshot(folder, state["rows"], dim, state["watermark"], state["cluster"])


def begin(folder: Path) -> dict:
    """How far it has come. The watermark is on the disk before a row is read, and is never taken twice."""
    state = read_json(folder / STATE)
    if state is None:
        state = {"watermark": watermark(), "cluster": cluster_id(), "rows": 0, "last": -1, "done": False}
        write_json(folder / STATE, state)
    return state


def watermark() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_snapshot()::text")
        return cursor.fetchone()[0]


def count_rows(bundle_id: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM search_imagevector WHERE bundle_id = %s", [bundle_id])
        return cursor.fetchone()[0]


def cut_back(folder: Path, rows: int, dim: int) -> None:
    """A chunk that a kill left half-written is cut off; it is read again."""
    for name, (dtype, shape) in layout(dim).items():
        with (folder / name).open("ab") as file:
            file.truncate(rows * dtype.itemsize * int(np.prod(shape, dtype=np.int64)))


def append(folder: Path, chunk: Chunk, dim: int) -> None:
    """On the disk when it returns, so that the state may count it."""
    for name, (dtype, _) in layout(dim).items():
        with (folder / name).open("ab") as file:
            file.write(np.ascontiguousarray(getattr(chunk, name), dtype=dtype).data)
            file.flush()
            os.fsync(file.fileno())


def read_chunk(bundle_id: str, dim: int, last: int, base: BaseRows | None) -> Chunk:
    """The next rows after image `last`; vectors that the base holds unchanged are taken from its files."""
    if base is not None:
        return merged_chunk(bundle_id, dim, last, base)
    values = {"bundle": bundle_id, "last": last, "limit": CHUNK_ROWS}
    rows = copy_rows(VECTORS_AFTER, values, record(NUMBERS, dim))
    fresh = np.ones(len(rows), bool)
    return Chunk(rows["image"], rows["product"], rows["category"], rows["vector"], fresh, last_image(rows))


def merged_chunk(bundle_id: str, dim: int, last: int, base: BaseRows) -> Chunk:
    values = {"bundle": bundle_id, "last": last, "limit": CHUNK_ROWS, "watermark": base.watermark}
    rows = copy_rows(NUMBERS_AFTER, values, record((*NUMBERS, "newer")))
    places = np.where(rows["newer"] == 1, -1, base.find(rows["image"]))
    wanted = rows["image"][places < 0].tolist()
    fresh = read_vectors(bundle_id, dim, wanted)
    kept = rows[places >= 0]
    # A row deleted between the two reads is in neither part.
    images = np.concatenate([kept["image"], fresh["image"]]).astype(np.int64)
    order = np.argsort(images, kind="stable")
    vectors = np.concatenate([base.take(places[places >= 0], dim), fresh["vector"].astype(np.float16)])
    is_fresh = np.arange(len(images)) >= len(kept)
    numbers = [np.concatenate([kept[name], fresh[name]])[order] for name in ("product", "category")]
    return Chunk(images[order], *numbers, vectors[order], is_fresh[order], last_image(rows))


def last_image(rows: np.ndarray) -> int | None:
    return int(rows["image"][-1]) if len(rows) else None


def read_vectors(bundle_id: str, dim: int, image_ids: list[int]) -> np.ndarray:
    """Records of these images by ascending id; those that are gone are left out."""
    values = {"bundle": bundle_id, "images": image_ids}
    return copy_rows(VECTORS_OF, values, record(NUMBERS, dim)) if image_ids else np.empty(0, record(NUMBERS, dim))
