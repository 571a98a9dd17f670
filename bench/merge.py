"""A million rows in PostgreSQL: a generation is built, what is newer is folded in, and web servers search both.

    python bench/merge.py [--rows 1000000] [--dim 512] [--hot 50000] [--searches 1000]

Rows of pairs (bench/shop/fill.py) are copied into a PostgreSQL of the bench's own, all but the last `--hot` of them;
`manage.py index build` makes the first generation, the rest is copied into the hot tier, `manage.py index merge` folds
it in. Peak memory of both commands is what the kernel says when they end (mapped files that were touched included),
and the largest anonymous part of it that was seen on the way.

Two web servers run from the start, so that pages of mapped files count as shared, as where several serve. Their own
memory (USS) is taken before there is a generation, with the first, and with both, as after every merge: the one
before stays open for a rollback. Between, each answers `--searches` searches, no model in them.
"""

import argparse
import os
import random
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import httpx
import numpy as np
import psutil
from shop.house import House, free_port, house, wait_for

BUNDLE = "bench-1"
FIRST_ROWS = 200  # searched before there is a generation
MERGE_MAX_GB, WEB_MAX_MB = 3.0, 300
SAMPLE_S = 0.2
FOLLOW_S = 120


@dataclass(frozen=True, slots=True)
class Spent:
    """One command: peak_mb as the kernel counts it, anonymous_mb the largest seen."""

    seconds: float
    peak_mb: float
    anonymous_mb: float


@dataclass(frozen=True, slots=True)
class Memory:
    """One process: uss_mb is its own, not shared; anonymous_mb the part that no file backs; rss_mb all."""

    uss_mb: float
    anonymous_mb: float
    rss_mb: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--dim", type=int, default=512)
    parser.add_argument("--hot", type=int, default=50_000)
    parser.add_argument("--searches", type=int, default=1_000)
    parser.add_argument("--keep", action="store_true", help="leave its folder, with the logs")
    arguments = parser.parse_args()
    with house("merge", arguments.keep) as home:
        sys.exit(not Trial(home, arguments).run())


class Trial:
    def __init__(self, home: House, arguments):
        self.home, self.searches = home, arguments.searches
        self.rows, self.dim = arguments.rows, arguments.dim
        self.old = self.rows - arguments.hot
        self.clients: list[httpx.Client] = []
        self.pids: list[int] = []

    def run(self) -> bool:
        from shop.fill import Catalog

        catalog = Catalog(self.rows)
        self.register()
        catalog.fill()
        self.copy(catalog, range(1, FIRST_ROWS + 1), hot=True)
        self.serve()
        before = self.searched("without a generation", FIRST_ROWS)
        self.copy(catalog, range(FIRST_ROWS + 1, self.old + 1), hot=False)
        tell_spent("build", spend(self.home.command(("index", "build", "--promote", "--bundle", BUNDLE))))
        first = self.searched("with one generation", self.old)
        self.copy(catalog, range(self.old + 1, self.rows + 1), hot=True)
        merged = spend(self.home.command(("index", "merge", "--promote", "--bundle", BUNDLE)))
        tell_spent("merge", merged)
        both = self.searched("with the merged one and the one before", self.rows)
        return tell(merged, [one.uss_mb - start.uss_mb for start, one in zip(before, first, strict=True)],
                    [one.uss_mb - start.uss_mb for start, one in zip(before, both, strict=True)])  # fmt: skip

    def register(self) -> None:
        from search.build.register import create_index
        from search.models import Bundle

        create_index(Bundle.objects.create(id=BUNDLE, dim=self.dim, state=Bundle.State.LIVE))

    def copy(self, catalog, some: range, hot: bool) -> None:
        started = time.monotonic()
        catalog.fill_vectors(BUNDLE, self.dim, some=some, hot=hot)
        where = "hot vectors" if hot else "vectors"
        print(f"{len(some):,} {where} copied in {time.monotonic() - started:.0f} s", flush=True)

    def serve(self) -> None:
        bench = str(Path(__file__).parent)
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [bench, os.environ.get("PYTHONPATH")]))
        for port in (free_port(), free_port()):
            command = [sys.executable, "-m", "shop.web", BUNDLE, str(self.dim), str(port)]
            self.pids.append(self.home.start_command(command).pid)
            url = wait_for(f"http://127.0.0.1:{port}")
            self.clients.append(httpx.Client(base_url=url, timeout=60, trust_env=False))

    def searched(self, when: str, rows: int) -> list[Memory]:
        """Memory of each server after it has answered its searches; all of them find what they must."""
        for client in self.clients:
            self.follow(client, rows)
        dice, misses, times = random.Random(rows), 0, []
        for _ in range(self.searches):
            product = dice.randint(1, rows)
            for client in self.clients:
                started = time.monotonic()
                found = ask(client, product)["results"]
                times.append(time.monotonic() - started)
                misses += not found or found[0]["product_id"] != ((product - 1) ^ 1) + 1
        p50, p99 = 1000 * np.percentile(times, [50, 99])
        found = [memory_of(pid) for pid in self.pids]
        for server, memory in enumerate(found, 1):
            print(f"  server {server} {when}: own {memory.uss_mb:.0f} MB (anonymous {memory.anonymous_mb:.0f} MB),"
                  f" resident {memory.rss_mb:.0f} MB")  # fmt: skip
        print(f"  {len(times)} searches: p50 {p50:.1f} ms, p99 {p99:.1f} ms, {misses} without the partner", flush=True)
        return found

    def follow(self, client: httpx.Client, rows: int) -> None:
        """Until the server answers with the live generation, if there is one."""
        from search.models import Generation

        live = Generation.objects.filter(state=Generation.State.LIVE).values_list("pk", flat=True).first()
        started = time.monotonic()
        while ask(client, 1)["generation"] != live:
            if time.monotonic() - started > FOLLOW_S:
                raise SystemExit(f"a server still does not answer with {live} after {FOLLOW_S} s")
            time.sleep(0.2)


def ask(client: httpx.Client, product: int) -> dict:
    answer = client.post("/api/v1/searches", json={"product_id": product, "limit": 10})
    return answer.raise_for_status().json()


def spend(command: list[str]) -> Spent:
    """Runs it to its end. Raises SystemExit with its words where it fails."""
    started, largest = time.monotonic(), 0
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    watched = psutil.Process(process.pid)
    while True:
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            break
        largest = max(largest, anonymous_kb(watched.pid))
        time.sleep(SAMPLE_S)
    if os.waitstatus_to_exitcode(status):
        raise SystemExit(f"{' '.join(command)}:\n{process.stdout.read()}")
    return Spent(time.monotonic() - started, usage.ru_maxrss / 1024, largest / 1024)


def anonymous_kb(pid: int) -> int:
    """0 for a process that has just ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("RssAnon")), 0)


def memory_of(pid: int) -> Memory:
    fields = {}
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]:
        name, value, _ = line.split()
        fields[name] = int(value) / 1024
    return Memory(fields["Private_Clean:"] + fields["Private_Dirty:"], fields["Anonymous:"], fields["Rss:"])


def tell_spent(name: str, spent: Spent) -> None:
    peak = f"peak {spent.peak_mb:.0f} MB, anonymous {spent.anonymous_mb:.0f} MB"
    print(f"{name}: {spent.seconds:.0f} s, {peak}", flush=True)


def tell(merged: Spent, one: list[float], both: list[float]) -> bool:
    good = merged.peak_mb <= MERGE_MAX_GB * 1024
    small = max(one) < WEB_MAX_MB
    print(f"merge within {MERGE_MAX_GB:g} GB: {merged.peak_mb / 1024:.2f} GB, {'met' if good else 'missed'}")
    print(
        f"a web server's own memory grows by less than {WEB_MAX_MB} MB: {max(one):.0f} MB with one generation"
        f" ({'met' if small else 'missed'}), {max(both):.0f} MB with the one before it still open"
    )
    return good and small


if __name__ == "__main__":
    main()
