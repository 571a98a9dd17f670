"""Run by test_build_killed.py in a process of its own: builds in forked children, and kills them with signal 9.

    python -m tests.kill_builder build|incremental KILLS SEED

Forked, because importing Django and FAISS eleven times would take longer than all the builds. Prints one line of JSON.
"""

import json
import os
import random
import signal
import sys
import time
from contextlib import nullcontext

import django

django.setup()

from search.build import shard, snapshot  # noqa: E402
from search.build.build import build  # noqa: E402
from search.errors import AlreadyBuilding  # noqa: E402
from tests.vector_catalog import DIM  # noqa: E402

BUNDLE = "made-1.0"
LONGEST_S = 240


def build_here(mode: str) -> None:
    """In the child. The database may need a moment to notice that the one before is gone."""
    snapshot.CHUNK_ROWS = 200
    shard.EXACT_BELOW = 0
    shard.all_cores = nullcontext  # so small, two threads only wait for each other
    deadline = time.monotonic() + LONGEST_S
    while True:
        try:
            build(BUNDLE, mode=mode, shards=None if mode == "incremental" else 2)
            return
        except AlreadyBuilding:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def start(mode: str) -> int:
    if child := os.fork():
        return child
    try:
        build_here(mode)
        os._exit(0)
    except BaseException as error:
        print(type(error).__name__, error, file=sys.stderr)
        os._exit(1)


def main(mode: str, kills: int, seed: int) -> None:
    begun, chance = time.monotonic(), random.Random(seed)
    whole_s, landed, tried = 1.0, 0, 0
    while landed < kills and time.monotonic() - begun < LONGEST_S:
        child, started = start(mode), time.monotonic()
        time.sleep(chance.uniform(0.02, whole_s))
        tried += 1
        done, status = os.waitpid(child, os.WNOHANG)
        if done:  # it was faster than the kill
            assert status == 0, "a build failed"
            whole_s = max(0.1, 0.8 * whole_s)
            continue
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        landed += os.WIFSIGNALED(status)
        whole_s = max(whole_s, time.monotonic() - started)
    _, status = os.waitpid(start(mode), 0)
    print(json.dumps({"kills": landed, "tried": tried, "status": status, "seconds": time.monotonic() - begun}))


if __name__ == "__main__":
    assert DIM
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
