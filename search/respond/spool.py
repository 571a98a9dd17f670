"""Rows that could not be written while the catalog's database was away. Nothing is lost, nothing is written twice.

Every process appends to a file of its own, which it holds locked as long as it lives; the files of dead ones are taken
over by whoever flushes next. What a full disk refuses waits in memory. Once the database is back all of it is written
(search/respond/spooled.py).
"""

import fcntl
import json
import logging
import os
import secrets
import threading
import zlib
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from itertools import islice
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from prometheus_client import Counter, Gauge

from catalog import outage
from search.respond.spooled import write_lines

TEND_EVERY_S, TEND_SELDOM_S = 1.0, 60.0
BATCH = 200
PIECE_BYTES = 4 * 1024**2
MAX_FILE_BYTES = 1024**3  # about 100,000 searches
MAX_IN_MEMORY = 10_000
DROPPED = Counter("sightline_spool_dropped", "Rows lost because neither the disk nor the memory had room for them.")
WAITING = Gauge("sightline_spool_waiting", "Rows of this process that wait for the database to come back.")
log = logging.getLogger(__name__)


class Spool:
    """`put` is called by requests, `flush` by one thread at a time."""

    def __init__(self, folder: Path, max_in_memory: int = MAX_IN_MEMORY) -> None:
        self.folder = folder
        self.path = folder / f"{os.getpid()}-{secrets.token_hex(4)}.jsonl"
        self.file: int | None = None
        self.memory: deque[bytes] = deque(maxlen=max_in_memory)
        self.lock, self.flushing = threading.Lock(), threading.Lock()
        self.waiting = 0
        self.timer: threading.Timer | None = None
        self.wait_s = TEND_EVERY_S

    def put(self, table: str, row: dict) -> None:
        """Keep one row. Does not wait for the disk: it is synced within TEND_EVERY_S."""
        self.keep(
            json.dumps([table, row, 0], ensure_ascii=False, separators=(",", ":"), default=as_text).encode() + b"\n"
        )
        self.tend_later()

    def keep(self, line: bytes) -> None:
        with self.lock:
            try:
                self.append(line)
            except OSError as error:
                if not self.memory:
                    log.warning("the spool is kept in memory: %s", error)
                DROPPED.inc(len(self.memory) == self.memory.maxlen)
                self.memory.append(zlib.compress(line, 1))
            self.count(self.waiting + 1)

    def append(self, line: bytes) -> None:
        """Call with the lock held. Raises OSError when not all of it could be written; then none of it is."""
        if self.file is None:
            self.folder.mkdir(parents=True, exist_ok=True)
            self.file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            fcntl.flock(self.file, fcntl.LOCK_EX)
        size = os.fstat(self.file).st_size
        written = 0
        try:
            if size + len(line) <= MAX_FILE_BYTES:
                written = os.write(self.file, line)
        finally:
            if written < len(line):
                os.ftruncate(self.file, size)
        if written < len(line):
            raise OSError("no room for another line")

    def flush(self) -> int:
        """Write all that waits, here and in the files of dead processes. Returns how many lines it got rid of.

        Raises OperationalError or InterfaceError when the database goes away again; then the rest goes on waiting.
        """
        with self.flushing:
            later: list[bytes] = []
            done = 0
            for path in sorted(self.folder.glob("*.jsonl")) if self.folder.exists() else ():
                if path != self.path:
                    done += adopt(path, later)
            done += self.flush_memory(later) + self.flush_own(later)
            for line in later:
                self.keep(line)
            return done - len(later)

    def flush_own(self, later: list[bytes]) -> int:
        done = read_to = 0
        while self.file is not None:
            with self.lock:
                size = os.fstat(self.file).st_size
                if read_to == size:  # nothing was added meanwhile
                    os.ftruncate(self.file, 0)
                    self.count(len(self.memory))
                    break
            done += write_file(self.file, read_to, size, later)
            read_to = size
        return done

    def flush_memory(self, later: list[bytes]) -> int:
        with self.lock:
            kept = list(self.memory)
        for start in range(0, len(kept), BATCH):
            later += write_lines([zlib.decompress(line) for line in kept[start : start + BATCH]])
        with self.lock:
            for line in kept:
                if self.memory and self.memory[0] is line:  # else it was dropped to make room
                    self.memory.popleft()
            self.count(self.waiting - len(kept))
        return len(kept)

    def count(self, waiting: int) -> None:
        self.waiting = waiting
        WAITING.set(waiting)

    def sync(self) -> None:
        if self.file is not None:
            with suppress(OSError):
                os.fdatasync(self.file)

    def tend_later(self) -> None:
        """Have it synced, and flushed as soon as the database is back."""
        if not getattr(settings, "SIGHTLINE_SPOOL_TENDED", True):
            return
        with self.lock:
            if self.timer is None and self.waiting:
                self.timer = threading.Timer(self.wait_s, self.tend)
                self.timer.daemon = True
                self.timer.start()

    def tend(self) -> None:
        try:
            self.sync()
            if not outage.is_away():
                with outage.patience(None):
                    self.flush()
            self.wait_s = TEND_EVERY_S
        except (DatabaseError, InterfaceError, OSError) as error:  # it is there, and full or read-only
            self.wait_s = min(self.wait_s * 2, TEND_SELDOM_S)
            log.warning("what waits for the database could not be written yet: %s", error)
        finally:
            connection.close()
            with self.lock:
                self.timer = None
            self.tend_later()


def as_text(value) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"{type(value).__name__} cannot be kept in the spool")


def write_file(file: int, start: int, end: int, later: list[bytes]) -> int:
    """Write the lines between two places of a file; `later` gets what must wait. Returns how many there were."""
    done = 0
    lines = lines_in(file, start, end)
    while batch := list(islice(lines, BATCH)):
        later += write_lines(batch)
        done += len(batch)
    return done


def lines_in(file: int, start: int, end: int) -> Iterator[bytes]:
    rest = b""
    while start < end and (piece := os.pread(file, min(PIECE_BYTES, end - start), start)):
        start += len(piece)
        *whole, rest = (rest + piece).split(b"\n")
        yield from whole
    if rest:  # torn: its process was killed
        yield rest


def adopt(path: Path, later: list[bytes]) -> int:
    """Write and delete the file of a process that is gone. 0 while its owner lives."""
    with locked(path) as file:
        if file is None:
            return 0
        done = write_file(file, 0, os.fstat(file).st_size, later)
        path.unlink(missing_ok=True)
        return done


@contextmanager
def locked(path: Path) -> Iterator[int | None]:
    """The open file, locked; None when another process holds it or has just deleted it."""
    try:
        file = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        yield None
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield file if os.fstat(file).st_nlink else None
    except BlockingIOError:
        yield None
    finally:
        os.close(file)


_spools: dict[Path, Spool] = {}
_making = threading.Lock()


def spool() -> Spool:
    """This process's own."""
    folder = Path(settings.SIGHTLINE_SPOOL_DIR)
    with _making:
        if folder not in _spools:
            _spools[folder] = Spool(folder)
        return _spools[folder]
