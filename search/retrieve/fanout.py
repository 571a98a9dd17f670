"""Asking several shards at once. faiss and numpy let go of the interpreter, so threads are enough."""

import logging
import os
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import cache

from search.retrieve.part import Part

THREADS = max(4, 2 * (os.cpu_count() or 2))
LATE_CALLS = 2  # a shard that still owes this many answers is not asked again: it would hold up the others' threads
log = logging.getLogger(__name__)
_late = threading.Lock()


def ask_all(parts: list[Part], ask: Callable, deadline_s: float | None) -> tuple[list, list[str]]:
    """Answers in the order of `parts`, and notes about those without one: failed, or not done `deadline_s` from now.

    A single shard is asked right here: a thread would cost more than the search of a small one.
    """
    if len(parts) == 1:
        answer, note = ask_one(parts[0], ask)
        return ([], [note]) if note else ([answer], [])
    asked = {part.name: pool().submit(ask_one, part, ask) for part in parts if part.late.calls < LATE_CALLS}
    wait(asked.values(), timeout=deadline_s)
    answers, notes = [], []
    for part in parts:
        future = asked.get(part.name)
        if future is None or not future.done():
            notes.append(f"{part.label} did not answer in time")
            if future is not None:
                count_late(part, future)
            continue
        answer, note = future.result()
        notes += [note] if note else []
        answers += [] if note else [answer]
    return answers, notes


def ask_one(part: Part, ask: Callable) -> tuple[object, str | None]:
    """A shard that fails is one shard less, not an error of the whole search."""
    try:
        return ask(part), None
    except Exception:
        log.exception("%s failed", part.name)
        return None, f"{part.label} failed"


def count_late(part: Part, future: Future) -> None:
    def add(number: int) -> None:
        with _late:
            part.late.calls += number

    if not future.cancel():  # it runs already, and will end some time
        add(1)
        future.add_done_callback(lambda _: add(-1))


@cache
def pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(THREADS, thread_name_prefix="shard")
