"""Run by test_promote_killed.py in a process of its own: promotes in forked children, and kills them with signal 9.

    python -m tests.kill_promoter KILLS SEED

Each child switches bundle and generation to and fro as fast as it can. After each kill it prints one line of JSON: the
live bundles and the live generations by bundle.
"""

import json
import os
import random
import signal
import sys
import time

import django

django.setup()

from django.db import connection, transaction  # noqa: E402

from search.build import bundles, promote  # noqa: E402
from search.build.lock import exclusive  # noqa: E402
from search.build.register import wake  # noqa: E402
from search.models import Bundle, Generation  # noqa: E402


def switch_for_ever() -> None:
    """In the child: whatever the last one left behind is a state to go on from."""
    while True:
        live = Bundle.objects.get(state="live")
        promote.rollback(live.pk, "child")
        bundles.rollback("child")
        with transaction.atomic():
            exclusive()
            for row in Bundle.objects.filter(state="retired"):
                wake(row.pk)
        bundles.promote(Bundle.objects.get(state="building").pk, "child")


def start() -> int:
    connection.close()
    if child := os.fork():
        return child
    try:
        switch_for_ever()
    except BaseException as error:
        print(type(error).__name__, error, file=sys.stderr)
    os._exit(1)


def main(kills: int, seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(kills):
        child = start()
        time.sleep(chance.uniform(0.05, 0.4))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        rest()
        print(json.dumps(seen()), flush=True)


def rest() -> None:
    """The server notices a moment later that the child is gone, and ends its transaction then."""
    with transaction.atomic():
        exclusive()
        for row in Bundle.objects.filter(state="building"):  # killed between waking and promoting
            Bundle.objects.filter(pk=row.pk).update(state="retired")


def seen() -> dict:
    return {
        "bundles": list(Bundle.objects.filter(state="live").values_list("pk", flat=True)),
        "generations": dict(Generation.objects.filter(state="live").values_list("bundle_id", "pk")),
        "states": sorted(Generation.objects.values_list("state", flat=True)),
    }


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
