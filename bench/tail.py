"""What fan-out does to the slow end: one query asks all shards, and is as slow as the slowest of them.

    python bench/tail.py                          service times measured now, on this machine
    python bench/tail.py --samples times.json     milliseconds of single shard searches, as a list or one a line
    python bench/tail.py --utilisation 0.5 --deadline-ms 20 --json tail.json

After Dean & Barroso, "The Tail at Scale", CACM 2013. Queries arrive at random (Poisson); each replica serves first come
first served on `--cores` cores; a query goes to the replica with fewer open requests. A slow replica takes ten times as
long at everything; a dead one never answers, and nobody has noticed. Whoever is not answered after the timeout asks
another replica. Hedging asks a second replica after the p95 that a healthy shard needs; nothing is cancelled. With a
deadline the answer is what has arrived by then.

Shards share nothing but the moments at which queries arrive, and every timer starts at an arrival. So the event loop
goes through time once and handles all shards of an event in one numpy call: exact, and about a hundred times faster
than one process a request would be. Left out: the network, work shared between shards of one machine, slow spells
that come and go, and routers that know only their own requests.
"""

import argparse
import json
import os
import platform
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from math import inf, isfinite
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # threads that spin while they wait would count as work
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the servers start

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
FAN_OUTS = (4, 16, 64, 256)
WARM_UP_SHARE = 0.05
REMEMBERED = 64  # open requests a router counts for each replica; more than that is a queue that never ends
ARRIVE, HEDGE, RETRY = 0, 1, 2
SAMPLE_ROWS = 50_000


@dataclass(frozen=True, slots=True)
class Setup:
    """One cluster and one policy. Times in ms; inf switches hedging, deadline or retry off."""

    shards: int
    replicas: int = 2
    cores: int = 4
    utilisation: float = 0.35
    slow: int = 0
    slow_factor: float = 10.0
    dead: int = 0
    hedge_ms: float = inf
    deadline_ms: float = inf
    timeout_ms: float = 100.0
    queries: int = 8_000
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """waits_ms float (queries,); missing int (queries,) shards that came too late; shard_waits_ms (queries, shards)."""

    waits_ms: np.ndarray
    missing: np.ndarray
    shard_waits_ms: np.ndarray
    hedges: int
    retries: int

    def row(self) -> dict[str, float]:
        """What the table shows. Of a missing shard's rows none is found; a hash spreads the right ones evenly."""
        queries, shards = self.shard_waits_ms.shape
        p50, p99, p999 = np.percentile(self.waits_ms, [50, 99, 99.9])
        return {
            "p50_ms": float(p50),
            "p99_ms": float(p99),
            "p999_ms": float(p999),
            "partial": float((self.missing > 0).mean()),
            "recall_lost": float(self.missing.mean() / shards),
            "extra_load": (self.hedges + self.retries) / (queries * shards),
        }


class Cluster:
    """Replicas' queues. Every method takes all its shards at once, in the order of time."""

    def __init__(self, setup: Setup, samples_ms: np.ndarray, random: np.random.Generator):
        shape = (setup.shards, setup.replicas)
        self.setup, self.samples_ms, self.random = setup, samples_ms, random
        self.free_ms = np.zeros((*shape, setup.cores))
        self.open_until_ms = np.zeros((*shape, REMEMBERED))
        self.written = np.zeros(shape, dtype=np.int64)
        self.factor = np.ones(setup.shards * setup.replicas)
        self.factor[slow_or_dead(setup.slow, shape)] = setup.slow_factor
        self.factor = self.factor.reshape(shape)
        self.dead = np.zeros(setup.shards * setup.replicas, dtype=bool)
        self.dead[slow_or_dead(setup.dead, shape)] = True
        self.dead = self.dead.reshape(shape)

    def send(self, now_ms: float, shards: np.ndarray, but: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Queue one request a shard; when each is answered (ms, inf: never), and by which replica.

        shards int (m,); `but` int (m,): replicas that were asked already.
        """
        at = np.arange(len(shards))
        load = (self.open_until_ms[shards] > now_ms).sum(axis=2).astype(float)
        load += self.random.random(load.shape) * 0.5  # among equals, any
        if but is not None:
            load[at, but] = inf
        replicas = load.argmin(axis=1)
        cores = self.free_ms[shards, replicas].argmin(axis=1)
        starts = np.maximum(now_ms, self.free_ms[shards, replicas, cores])
        ends = starts + self.random.choice(self.samples_ms, len(shards)) * self.factor[shards, replicas]
        self.free_ms[shards, replicas, cores] = ends
        dead = self.dead[shards, replicas]
        slots = self.written[shards, replicas] % REMEMBERED
        self.open_until_ms[shards, replicas, slots] = np.where(dead, now_ms + self.setup.timeout_ms, ends)
        self.written[shards, replicas] += 1
        return np.where(dead, inf, ends), replicas


def slow_or_dead(count: int, shape: tuple[int, int]) -> np.ndarray:
    """`count` replicas, evenly spread, of different shards as long as these last; flat indices."""
    return np.arange(count) * (shape[0] * shape[1]) // max(count, 1)


def events(arrivals_ms: np.ndarray, setup: Setup) -> Iterator[tuple[float, int, int]]:
    """(ms, kind, query) in the order of time. Nothing is sent once the answer has left."""
    kinds, times = [np.full(len(arrivals_ms), ARRIVE)], [arrivals_ms]
    for kind, after_ms in ((HEDGE, setup.hedge_ms), (RETRY, setup.timeout_ms)):
        if after_ms < setup.deadline_ms and setup.replicas > 1:
            kinds.append(np.full(len(arrivals_ms), kind))
            times.append(arrivals_ms + after_ms)
    queries = np.tile(np.arange(len(arrivals_ms)), len(kinds))
    kind, time = np.concatenate(kinds), np.concatenate(times)
    order = np.argsort(time, kind="stable")
    return zip(time[order].tolist(), kind[order].tolist(), queries[order].tolist(), strict=True)


def simulate(setup: Setup, samples_ms: np.ndarray) -> Outcome:
    """Run one setup. samples_ms float (n,): times of single shard searches without queueing.

    Raises ValueError where a dead replica is its shard's only one: nothing would ever be answered.
    """
    if setup.dead and setup.replicas < 2 and not isfinite(setup.deadline_ms):
        raise ValueError("A shard whose only replica is dead never answers: give a deadline or more replicas.")
    random = np.random.default_rng(setup.seed)
    rate_per_ms = setup.utilisation * setup.replicas * setup.cores / samples_ms.mean()
    arrivals = np.cumsum(random.exponential(1 / rate_per_ms, setup.queries))
    cluster, everyone = Cluster(setup, samples_ms, random), np.arange(setup.shards)
    answered = np.empty((setup.queries, setup.shards))
    asked = np.empty((setup.queries, setup.shards), dtype=np.int64)
    sent = [0, 0, 0]
    for now, kind, query in events(arrivals, setup):
        if kind == ARRIVE:
            answered[query], asked[query] = cluster.send(now, everyone)
        elif len(late := np.flatnonzero(answered[query] > now)):
            ends, _ = cluster.send(now, late, but=asked[query, late])
            answered[query, late] = np.minimum(answered[query, late], ends)
            sent[kind] += len(late)
    waits = (answered - arrivals[:, None])[int(setup.queries * WARM_UP_SHARE) :]
    slowest, missing = waits.max(axis=1), (waits > setup.deadline_ms).sum(axis=1)
    return Outcome(np.minimum(slowest, setup.deadline_ms), missing, waits, sent[HEDGE], sent[RETRY])


def policies(setup: Setup, hedge_ms: float, deadline_ms: float) -> dict[str, Setup]:
    return {
        "wait for all": setup,
        "deadline": replace(setup, deadline_ms=deadline_ms),
        "hedge": replace(setup, hedge_ms=hedge_ms),
        "hedge, deadline": replace(setup, hedge_ms=hedge_ms, deadline_ms=deadline_ms),
    }


def table(base: Setup, samples_ms: np.ndarray, slow_share: float, deadline_ms: float) -> Iterator[dict]:
    """One row for each fan-out, state of the replicas and policy."""
    for shards in FAN_OUTS:
        healthy = replace(base, shards=shards)
        waits = simulate(replace(healthy, queries=base.queries // 4), samples_ms).shard_waits_ms
        hedge_ms = float(np.percentile(waits, 95))
        slow = max(1, round(slow_share * shards * base.replicas))
        states = {
            "healthy": healthy,
            f"{slow} slow": replace(healthy, slow=slow),
            "1 dead": replace(healthy, dead=1),
        }
        for state, setup in states.items():
            for policy, run in policies(setup, hedge_ms, deadline_ms).items():
                row = {"shards": shards, "replicas": state, "policy": policy, "hedge_ms": hedge_ms}
                yield row | simulate(run, samples_ms).row()


def markdown(rows: Iterator[dict]) -> Iterator[str]:
    yield "| shards | replicas | policy | p50 ms | p99 ms | p99.9 ms | partial answers | recall lost | extra requests |"
    yield "|--:|---|---|--:|--:|--:|--:|--:|--:|"
    for row in rows:
        waits = " | ".join(f"{row[name]:.2f}" for name in ("p50_ms", "p99_ms", "p999_ms"))
        shares = " | ".join(f"{100 * row[name]:.2f} %" for name in ("partial", "recall_lost", "extra_load"))
        yield f"| {row['shards']} | {row['replicas']} | {row['policy']} | {waits} | {shares} |"


def read_samples(path: Path) -> np.ndarray:
    text = path.read_text()
    samples = np.array(json.loads(text) if text.lstrip().startswith("[") else text.split(), dtype=float)
    if not len(samples) or not (samples > 0).all():
        sys.exit(f"{path}: no times, or times that are not above zero.")
    return samples


def measure_samples(rows: int, dim: int) -> np.ndarray:
    """Single searches of one shard of the default kind; core ms each, so that other work here does not count."""
    sys.path.insert(0, str(ROOT))
    from search.build.calibrate.index import shard_search_times_ms

    with tempfile.TemporaryDirectory() as folder:
        return shard_search_times_ms(rows, dim, Path(folder))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=Path, help="times of single shard searches in ms, instead of measuring them")
    parser.add_argument("--rows", type=int, default=SAMPLE_ROWS, help="rows of the shard that is measured")
    parser.add_argument("--dim", type=int, default=512, help="numbers in a vector of that shard")
    parser.add_argument("--replicas", type=int, default=2)
    parser.add_argument("--cores", type=int, default=4, help="searches at a time in one replica")
    parser.add_argument("--utilisation", type=float, default=0.35, help="share of the time that cores are busy")
    parser.add_argument("--slow-share", type=float, default=0.01, help="share of slow replicas; at least one is slow")
    parser.add_argument("--deadline-ms", type=float, help="default: twenty times the mean service time")
    parser.add_argument("--timeout-ms", type=float, help="default: a hundred times the mean service time")
    parser.add_argument("--queries", type=int, default=8_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path, help="write the rows there, too")
    asked = parser.parse_args()
    samples = read_samples(asked.samples) if asked.samples else measure_samples(asked.rows, asked.dim)
    mean, deadline_ms = samples.mean(), asked.deadline_ms or 20 * samples.mean()
    base = Setup(
        shards=FAN_OUTS[0],
        replicas=asked.replicas,
        cores=asked.cores,
        utilisation=asked.utilisation,
        timeout_ms=asked.timeout_ms or 100 * mean,
        queries=asked.queries,
        seed=asked.seed,
    )
    source = (
        str(asked.samples) if asked.samples else f"shard of {asked.rows:,} x {asked.dim}, measured on {platform.node()}"
    )
    p50, p99 = np.percentile(samples, [50, 99])
    print(f"Service time: {source}; {len(samples)} searches, p50 {p50:.2f}, p99 {p99:.2f}, mean {mean:.2f} ms.")
    print(f"{base.replicas} replicas, {base.cores} cores each, {base.utilisation:.0%} busy.")
    print(f"Deadline {deadline_ms:.1f} ms, timeout {base.timeout_ms:.1f} ms.")
    print(f"{base.queries} queries a row, seed {base.seed}.\n")
    rows = []
    for line in markdown(keep(table(base, samples, asked.slow_share, deadline_ms), rows)):
        print(line, flush=True)
    if asked.json:
        head = {"samples_ms": {"from": source, "p50": p50, "p99": p99, "mean": mean}, "deadline_ms": deadline_ms}
        setup = {name: value for name, value in asdict(base).items() if value != inf and name != "shards"}
        asked.json.write_text(json.dumps(head | {"setup": setup, "rows": rows}, indent=2) + os.linesep)


def keep(rows: Iterator[dict], kept: list[dict]) -> Iterator[dict]:
    for row in rows:
        kept.append(row)
        yield row


if __name__ == "__main__":
    main()
