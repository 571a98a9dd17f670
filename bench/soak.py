"""A thousand mixed requests to a running server, some at once, and the web process's memory before and after.

python bench/soak.py http://localhost:8000 PID [-n 1000]
"""

import argparse
import collections
import random
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from time import perf_counter

import httpx
import numpy as np
import psutil
from bad_inputs import bad_requests
from query import ROOT, photos

LIMIT_MB = 800
AT_ONCE = 4
TEXTS = ("green velvet armchair", "oak table", "red lamp", "rug", "walnut", "brass floor lamp", "blue cushion")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    parser.add_argument("pid", type=int, help="process id of the web server")
    parser.add_argument("-n", type=int, default=1000)
    parser.add_argument("--photos", type=Path, default=ROOT / "demo" / "photos")
    arguments = parser.parse_args()
    files, server = photos(arguments.photos, 40), psutil.Process(arguments.pid)
    before, peak = rss_mb(server), 0.0
    statuses: collections.Counter[int] = collections.Counter()
    waits: list[float] = []
    with (
        httpx.Client(base_url=arguments.url, timeout=60, trust_env=False) as client,
        ThreadPoolExecutor(AT_ONCE) as pool,
    ):
        tasks = ((client, files, random.Random(number)) for number in range(arguments.n))
        while batch := list(islice(tasks, 50)):
            for status, seconds in pool.map(one_request, batch):
                statuses[status] += 1
                waits.append(seconds)
            peak = max(peak, rss_mb(server))
    after = rss_mb(server)
    print(f"statuses {dict(sorted(statuses.items()))}")
    p50, p99 = np.percentile(waits, [50, 99]) * 1000
    print(f"wait p50 {p50:.0f} ms, p99 {p99:.0f} ms, {AT_ONCE} at once")
    print(f"RSS before {before:.0f} MB, after {after:.0f} MB, peak {peak:.0f} MB (limit {LIMIT_MB})")
    sys.exit(peak >= LIMIT_MB or any(status >= 500 for status in statuses))


def rss_mb(process: psutil.Process) -> float:
    return process.memory_info().rss / 1024 / 1024


def one_request(task: tuple[httpx.Client, list[bytes], random.Random]) -> tuple[int, float]:
    """Upload and tap, text, a page, or something bad; status of its last request and seconds of all."""
    client, files, dice = task
    started = perf_counter()
    kind = dice.random()
    if kind < 0.5:
        answer = upload_and_tap(client, dice.choice(files), dice)
    elif kind < 0.7:
        answer = client.get("/api/v1/searches", params={"q": dice.choice(TEXTS)})
    elif kind < 0.85:
        answer = client.get(dice.choice(("/", "/search/?q=lamp", "/healthz", "/metrics")))
    else:
        (method, path, how), *_ = bad_requests(dice.randrange(10**6), 1)
        try:
            answer = client.request(method, path, **how)
        except (httpx.InvalidURL, httpx.LocalProtocolError, ValueError, TypeError):
            return 400, perf_counter() - started
    return answer.status_code, perf_counter() - started


def upload_and_tap(client: httpx.Client, data: bytes, dice: random.Random) -> httpx.Response:
    found = client.post("/api/v1/detections", files={"image": ("photo.jpg", data, "image/jpeg")})
    if found.status_code != 200:
        return found
    body = found.json()
    bbox = dice.choice(body["objects"])["bbox"]
    return client.post("/api/v1/searches", json={"photo": body["photo"], "bbox": bbox})


if __name__ == "__main__":
    main()
