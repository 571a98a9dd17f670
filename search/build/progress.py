"""How far a build has come, for whoever watches; and that its builder is alive, for whoever may take it over."""

import os
import threading
from contextlib import contextmanager
from time import monotonic

import psutil
from django.db import DatabaseError, connection
from django.utils import timezone

from search.models import Generation

EVERY_S = 0.4
HEARTBEAT_S = 5.0


class Progress:
    """Writes {stage, done, total} into the generation's row, a few times a second at most. A trigger tells watchers."""

    def __init__(self, generation_id: str, also=None) -> None:
        self.generation_id, self.also = generation_id, also
        self.stage, self.written_s = "", 0.0
        self.process = psutil.Process(os.getpid())
        self.peak_bytes = 0

    def __call__(self, stage: str, done: int = 0, total: int = 0) -> None:
        self.peak_bytes = max(self.peak_bytes, self.process.memory_info().rss)
        new_stage = stage != self.stage
        if not new_stage and done < total and monotonic() - self.written_s < EVERY_S:
            return
        self.stage, self.written_s = stage, monotonic()
        self.write({"stage": stage, "done": int(done), "total": int(total)})
        if self.also:
            self.also(stage, done, total)

    def write(self, progress: dict) -> None:
        Generation.objects.filter(pk=self.generation_id).update(progress=progress, heartbeat_at=timezone.now())

    def within(self, stage: str):
        """The same for a callee that only counts: (done, total)."""
        return lambda done=0, total=0: self(stage, done, total)


@contextmanager
def heartbeat(generation_id: str, progress: Progress):
    """Beats from a thread, as training centroids may take minutes without a word. Ends with the block."""
    ended = threading.Event()

    def beat() -> None:
        try:
            while not ended.wait(HEARTBEAT_S):
                progress.peak_bytes = max(progress.peak_bytes, progress.process.memory_info().rss)
                try:
                    Generation.objects.filter(pk=generation_id).update(heartbeat_at=timezone.now())
                except DatabaseError:
                    connection.close()  # the database is away: the build itself will say so
        finally:
            connection.close()

    thread = threading.Thread(target=beat, name="build-heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
