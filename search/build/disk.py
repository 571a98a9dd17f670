"""Room for a generation: asked for before the first row is read, and said in words when it ends all the same."""

import errno
import shutil
from pathlib import Path

from search.build.job import Order
from search.build.manifest import files_of
from search.build.snapshot import count_rows
from search.errors import NotEnoughDisk

# Beside the float16 rows, which lie in the snapshot and in the shard: codes, ids, filter columns, a product's card.
BYTES_PER_ROW = 1200
FIRST_BYTES = 2_000_000
MARGIN = 1.1
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
NEARLY_NOTHING = 1_000_000


def check_room(order: Order) -> None:
    """Raises NotEnoughDisk where what is left to write would not fit."""
    needed = int(MARGIN * (count_rows(order.bundle_id) * (2 * 2 * order.dim + BYTES_PER_ROW) + FIRST_BYTES))
    written = sum(path.stat().st_size for path in files_of(order.folder))
    free = shutil.disk_usage(order.folder).free
    if free < needed - written:
        said = f"About {megabytes(needed - written)} are needed in {order.folder.parent}, {megabytes(free)} are free."
        raise NotEnoughDisk(f"{NotEnoughDisk.__doc__} {said}")


def words_for(error: Exception, folder: Path) -> str:
    """faiss and numpy tell of a full disk only as a failed write; the disk itself is asked then."""
    if isinstance(error, OSError) and error.errno in FULL:
        return f"The disk of the index was full: {error.strerror}."
    if isinstance(error, OSError) and error.errno is None and "written" in str(error):  # ndarray.tofile
        return f"The disk of the index was full: {error}."
    if isinstance(error, RuntimeError | OSError) and folder.exists():
        free = shutil.disk_usage(folder).free
        if free < NEARLY_NOTHING:
            return f"The disk of the index was full ({megabytes(free)} free): {error}"
    if isinstance(error, MemoryError):
        return "There was not enough memory."
    return f"{type(error).__name__}: {error}" if not hasattr(error, "detail") else error.detail


def megabytes(count: int) -> str:
    return f"{count / 1e6:,.0f} MB"
