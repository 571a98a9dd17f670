"""Clocks, recall and memory: the same for every engine."""

import time
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np

WARM_UP = 20
AT_LEAST = 40
SUSTAINED_S = 0.5


def recall_at(found: list[np.ndarray], truth: np.ndarray, k: int) -> float:
    """Mean share of the exact best k that were found; where fewer than k exist (-1 in truth), of those."""
    shares = []
    for ids, best in zip(found, truth, strict=False):
        best = best[:k][best[:k] >= 0]
        shares.append(len(np.intersect1d(ids[:k], best)) / len(best) if len(best) else 1.0)
    return float(np.mean(shares))


def one_by_one(search: Callable[[np.ndarray], np.ndarray], queries: np.ndarray, budget_s: float) -> tuple[list, dict]:
    """Each query alone, one after the other, until the budget is spent. (ids found, milliseconds)."""
    for query in queries[:WARM_UP]:
        search(query)
    found, seconds = [], []
    cpu, ends = time.process_time(), time.perf_counter() + budget_s
    for query in queries:
        started = time.perf_counter()
        found.append(search(query))
        seconds.append(time.perf_counter() - started)
        if len(seconds) >= AT_LEAST and time.perf_counter() > ends:
            break
    cpu = time.process_time() - cpu
    return found, milliseconds(seconds) | {"cpu_per_wall": round(cpu / sum(seconds), 2)}


def milliseconds(seconds: list[float]) -> dict:
    p50, p90, p99 = 1000 * np.percentile(seconds, [50, 90, 99])
    return {"queries": len(seconds), "p50_ms": float(p50), "p90_ms": float(p90), "p99_ms": float(p99)}


def sustained_per_s(batch: Callable[[np.ndarray], object], queries: np.ndarray) -> float:
    """Queries a second: the batch again and again for SUSTAINED_S, the median of its repeats."""
    seconds: list[float] = []
    while sum(seconds) < SUSTAINED_S and len(seconds) < 20:
        started = time.perf_counter()
        batch(queries)
        seconds.append(time.perf_counter() - started)
    return len(queries) / float(np.median(seconds))


@cache
def probe_work() -> tuple[np.ndarray, np.ndarray]:
    dice = np.random.default_rng(0)
    return dice.standard_normal((20_000, 512), dtype=np.float32), dice.standard_normal(512, dtype=np.float32)


def probe_ms() -> float:
    """A fixed work on one thread (40 MB are read): where it takes longer, the machine was busy with something else."""
    rows, query = probe_work()
    seconds = []
    for _ in range(7):
        started = time.perf_counter()
        np.einsum("nd,d->n", rows, query)
        seconds.append(time.perf_counter() - started)
    return 1000 * float(np.median(seconds))


def anonymous_bytes() -> int:
    """Memory of this process that no file backs."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("RssAnon"):
            return int(line.split()[1]) * 1024
    return 0


def mapped_bytes(folder: Path) -> dict[str, int]:
    """Bytes in memory of the files under a folder that this process has mapped, by file."""
    sizes: dict[str, int] = {}
    path = ""
    for line in Path("/proc/self/smaps").read_text().splitlines():
        head, _, rest = line.partition(" ")
        if not head.endswith(":"):
            path = rest.split(maxsplit=4)[4] if len(rest.split(maxsplit=4)) == 5 else ""
        elif head == "Rss:" and path.startswith(str(folder)):
            name = str(Path(path).relative_to(folder))
            sizes[name] = sizes.get(name, 0) + int(rest.split()[0]) * 1024
    return sizes


def disk_bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
