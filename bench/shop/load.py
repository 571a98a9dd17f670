"""Searches at a steady rate, whatever the answers take: a slow server meets a queue, as it would in a shop."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import httpx
import numpy as np


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer: `sent_s` on the monotonic clock; status 0 where none came."""

    sent_s: float
    ms: float
    status: int
    body: dict = field(repr=False)
    asked: dict = field(repr=False)

    @property
    def failed(self) -> bool:
        return self.status != 200


class Load:
    """`make` gives the body of the nth search. Servers are asked in turns."""

    def __init__(self, urls: list[str], per_s: float, make: Callable[[int], dict], threads: int = 16):
        self.clients = [httpx.Client(base_url=url, timeout=30, trust_env=False) for url in urls]
        self.per_s, self.make = per_s, make
        self.pool = ThreadPoolExecutor(threads)
        self.replies: list[Reply] = []
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)

    def __enter__(self) -> "Load":
        self.thread.start()
        return self

    def __exit__(self, *error) -> None:
        self.stopping.set()
        self.thread.join()
        self.pool.shutdown()
        for client in self.clients:
            client.close()

    def run(self) -> None:
        began, number = time.monotonic(), 0
        while not self.stopping.is_set():
            due = began + number / self.per_s
            if self.stopping.wait(max(0.0, due - time.monotonic())):
                return
            self.pool.submit(self.ask, number, due)
            number += 1

    def ask(self, number: int, due: float) -> None:
        """Timed from the moment at which it was due."""
        asked = self.make(number)
        try:
            answer = self.clients[number % len(self.clients)].post("/api/v1/searches", json=asked)
            status, body = answer.status_code, answer.json()
        except (httpx.HTTPError, ValueError) as error:
            status, body = 0, {"error": repr(error)}
        self.replies.append(Reply(due, (time.monotonic() - due) * 1000, status, body, asked))

    def between(self, start_s: float, end_s: float) -> list[Reply]:
        return [reply for reply in self.replies if start_s <= reply.sent_s < end_s]


def percentiles_ms(replies: list[Reply]) -> tuple[float, float]:
    p50, p99 = np.percentile([reply.ms for reply in replies], [50, 99])
    return float(p50), float(p99)
