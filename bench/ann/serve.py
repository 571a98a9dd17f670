"""One engine in a process of its own. Reads orders as lines of JSON, answers each with one line.

{"do": "build"}  {"do": "open"}  {"do": "measure", "setting": {...}, "k": 10, "batch": true, "budget_s": 4}
{"do": "filtered", "setting": {...}, "relation": "against", "share": 0.01, "budget_s": 2}  {"do": "quit"}
"""

import json
import os
import sys
import time
import traceback

import numpy as np

from ann import measure
from ann.data import Data, data_folder
from ann.filters import Case, case
from ann.peers import load

USES = 4  # of each filter, before its searches are timed
SLOW_MS = 30  # above it a batch is 100 queries


def serve(name: str, rows: int) -> None:
    out = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what the engines print must not mix with the answers
    worker = Worker(name, Data.open(rows))
    for line in sys.stdin:
        order = json.loads(line)
        verb = order.pop("do")
        if verb == "quit":
            break
        try:
            answer = getattr(worker, verb)(**order)
        except Exception as error:
            traceback.print_exc()
            answer = {"error": f"{type(error).__name__}: {error}"[:300]}
        out.write(json.dumps(answer) + "\n")
    worker.peer.close()
    out.flush()
    os._exit(0)  # some engines hang in their threads at the end


class Worker:
    def __init__(self, name: str, data: Data):
        self.data = data
        self.folder = data_folder() / "work" / f"{name}-{data.rows}"
        self.folder.mkdir(parents=True, exist_ok=True)
        self.peer = load(name)(data, self.folder)

    def describe(self) -> dict:
        peer = self.peer
        return {"settings": peer.settings, "filter_settings": peer.filter_settings, "note": peer.note}

    def build(self) -> dict:
        started = time.perf_counter()
        about = self.peer.build()
        return {"build_s": time.perf_counter() - started, "about": about, "disk": measure.disk_bytes(self.folder)}

    def open(self) -> dict:
        before, started = measure.anonymous_bytes(), time.perf_counter()
        self.peer.open()
        opened_s = time.perf_counter() - started
        for query in self.data.queries[:100]:
            self.peer.search(query, 10, self.peer.settings[-1])
        grown = measure.anonymous_bytes() - before
        mapped = measure.mapped_bytes(self.folder)
        return {"open_s": opened_s, "anonymous": grown, "mapped": mapped, "memory": self.peer.memory()}

    def measure(self, setting: dict, k: int, budget_s: float, batch: bool = False, queries: int | None = None) -> dict:
        asked = self.data.queries[:queries]
        before = measure.probe_ms()
        found, times = measure.one_by_one(lambda query: self.peer.search(query, k, setting), asked, budget_s)
        answer = times | {"setting": setting, "k": k, "recall": measure.recall_at(found, self.data.truth, k)}
        if batch:
            few = asked[:100] if times["p50_ms"] > SLOW_MS else asked
            answer["per_s"] = measure.sustained_per_s(lambda part: self.peer.batch(part, k, setting), few)
        return answer | {"probe_ms": [round(before, 2), round(measure.probe_ms(), 2)]}

    def filtered(self, setting: dict, relation: str, share: float, budget_s: float, k: int = 10) -> dict:
        """First-time filters, then every query under a filter that was used before: USES times, and settled since."""
        found_case = case(self.data, relation, share)
        first_ms = self.first_times(found_case, setting, k)
        for number, narrow in enumerate(found_case.filters):
            for query in self.data.queries[found_case.group == number][:USES]:
                self.peer.narrowed(query, k, setting, narrow)
        self.peer.settle()
        numbers = iter(list(range(measure.WARM_UP)) + list(range(len(self.data.queries))))

        def search(query: np.ndarray) -> np.ndarray:
            return self.peer.narrowed(query, k, setting, found_case.filters[found_case.group[next(numbers)]])

        found, times = measure.one_by_one(search, self.data.queries, budget_s)
        there = (found_case.truth[: len(found), :k] >= 0).sum(1)
        full = [len(ids[ids >= 0]) >= expected for ids, expected in zip(found, there, strict=True)]
        return times | {
            "setting": setting, "relation": relation, "share": share, "passing": found_case.passing,
            "near": found_case.near, "recall": measure.recall_at(found, found_case.truth, k),
            "full_pages": float(np.mean(full)), "first_p50_ms": float(np.median(first_ms)),
            "first_max_ms": float(np.max(first_ms)), "explain": self.explained(found_case, setting, k),
        }  # fmt: skip

    def first_times(self, found_case: Case, setting: dict, k: int) -> list[float]:
        """Milliseconds of the first query under each filter."""
        times = []
        for number in range(max(len(found_case.filters), 5)):
            filter_number = number % len(found_case.filters)
            self.peer.forget_filters()
            query = self.data.queries[np.flatnonzero(found_case.group == filter_number)[0]]
            started = time.perf_counter()
            self.peer.narrowed(query, k, setting, found_case.filters[filter_number])
            times.append(1000 * (time.perf_counter() - started))
        return times

    def explained(self, found_case: Case, setting: dict, k: int) -> dict | None:
        explain = getattr(self.peer, "explain", None)
        return explain(self.data.queries[0], k, setting, found_case.filters[found_case.group[0]]) if explain else None
