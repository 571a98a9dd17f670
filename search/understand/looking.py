"""Local features of what the shopper shows, found in a thread of their own while the picture is encoded.

A search never depends on them: what is late, fails, or finds no free place, is left out.
"""

import logging
import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from time import monotonic

import numpy as np
from django.conf import settings
from PIL import Image
from prometheus_client import Counter

from ml.inspect.local import POINT, QUERY_POINTS, QUERY_SIDE_PX, local_features

MAX_WAITING = 3  # looks begun or queued in this process; the next search goes on without
LOOKS = Counter("sightline_looks", "Looks for the local features of a query, by outcome.", ["outcome"])
NOTHING = np.empty(0, POINT)
log = logging.getLogger(__name__)
_places = threading.BoundedSemaphore(MAX_WAITING)


@dataclass(frozen=True, slots=True)
class Look:
    """Local features that may come. `until`: the moment (monotonic, seconds) after which nobody waits for them."""

    future: Future | None = None
    until: float = 0.0

    def points(self) -> np.ndarray:
        """POINT (n,); n is 0 where nothing was found in time."""
        if self.future is None:
            return NOTHING
        try:
            points = self.future.result(timeout=max(0.0, self.until - monotonic()))
        except TimeoutError:
            self.future.cancel()
            return missed("late")
        except Exception:
            log.exception("a query's local features could not be found")
            return missed("failed")
        LOOKS.labels("found" if len(points) else "none").inc()
        return points


def start_looking(pictures: Sequence[Image.Image]) -> Look:
    """Begins with the first picture, the one that is meant most."""
    if not pictures or settings.SIGHTLINE_LOOK_TIMEOUT_MS <= 0:
        return Look()
    if not _places.acquire(blocking=False):
        missed("busy")
        return Look()
    future = pool().submit(local_features, pictures[0], QUERY_SIDE_PX, QUERY_POINTS)
    future.add_done_callback(lambda _: _places.release())
    return Look(future, monotonic() + settings.SIGHTLINE_LOOK_TIMEOUT_MS / 1000)


def missed(why: str) -> np.ndarray:
    """Counts it. No points."""
    LOOKS.labels(why).inc()
    return NOTHING


@cache
def pool() -> ThreadPoolExecutor:
    """One thread: a look takes a tenth of what the models take."""
    return ThreadPoolExecutor(1, thread_name_prefix="look")
