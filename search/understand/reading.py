"""The words in what the shopper shows, read in a thread of its own while the picture is encoded and searched for.

A search never depends on it: what is late, fails, or finds no free reader, is left out.
"""

import logging
import threading
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from hashlib import blake2b
from time import monotonic

from django.conf import settings
from PIL import Image
from prometheus_client import Counter

from ml.inspect.text import reader
from ml.inspect.words import Word, weighed

MAX_WAITING = 2  # readings begun or queued in this process; the next search goes on without
SMALL_SHARE = 0.25  # of the photo
KEPT = 256  # pictures whose words are remembered: a second search with other filters reads nothing anew
READINGS = Counter("sightline_readings", "Readings of the words in a query, by outcome.", ["outcome"])
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Reading:
    """Words that may come. `until`: the moment (monotonic, seconds) after which nobody waits for them."""

    future: Future | None = None
    until: float = 0.0

    def words(self) -> tuple[Word, ...]:
        """Largest first; none where none were read in time."""
        if self.future is None:
            return ()
        try:
            words = self.future.result(timeout=max(0.0, self.until - monotonic()))
        except TimeoutError:
            self.future.cancel()
            return outcome("late")
        except Exception:
            log.exception("the words in a query could not be read")
            return outcome("failed")
        outcome("read" if words else "none")
        return words


@dataclass(slots=True)
class Memory:
    """Words by the digest of the picture that they were read in; those unused longest go first."""

    words: OrderedDict[bytes, tuple[Word, ...]] = field(default_factory=OrderedDict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self, key: bytes) -> tuple[Word, ...] | None:
        with self.lock:
            if key in self.words:
                self.words.move_to_end(key)
            return self.words.get(key)

    def put(self, key: bytes, words: tuple[Word, ...]) -> None:
        with self.lock:
            self.words[key] = words
            while len(self.words) > KEPT:
                self.words.popitem(last=False)


_memory = Memory()
_places = threading.BoundedSemaphore(MAX_WAITING)


def start_reading(pictures: Sequence[Image.Image]) -> Reading:
    """Begins to read one of the views of what is meant; they hold much the same words."""
    if not pictures or settings.SIGHTLINE_READ_TIMEOUT_MS <= 0:
        return Reading()
    if not _places.acquire(blocking=False):
        outcome("busy")
        return Reading()
    future = pool().submit(read, most_legible(pictures))
    future.add_done_callback(lambda _: _places.release())
    return Reading(future, monotonic() + settings.SIGHTLINE_READ_TIMEOUT_MS / 1000)


def most_legible(pictures: Sequence[Image.Image]) -> Image.Image:
    """The last one, which is the whole photo where the shopper drew no box: the detector's box may cut a word off. But
    the first where the object is so small in the photo that its words would be lost."""
    first, last = pictures[0], pictures[-1]
    return first if first.width * first.height < SMALL_SHARE * last.width * last.height else last


def read(picture: Image.Image) -> tuple[Word, ...]:
    key = blake2b(picture.tobytes(), digest_size=16, key=repr(picture.size).encode()).digest()
    words = _memory.get(key)
    if words is None:
        words = weighed(reader(settings.SIGHTLINE_MODEL_THREADS).read(picture))
        _memory.put(key, words)
    return words


def outcome(name: str) -> tuple[Word, ...]:
    """Counts it. No words."""
    READINGS.labels(name).inc()
    return ()


@cache
def pool() -> ThreadPoolExecutor:
    """One thread: two readings at once would take the cores from the searches that wait for neither."""
    return ThreadPoolExecutor(1, thread_name_prefix="reader")
