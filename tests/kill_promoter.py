"""Run by test_promote_killed.py in a process of its own: promotes in forked children, and kills them with signal 9.

    python -m tests.kill_promoter KILLS SEED

Each child switches bundle and generation to and fro as fast as it can, and is killed some switches later, however long
they take. After each kill it prints one line of JSON: the live bundles and the live generations by bundle.
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


def switch_for_ever(switched: int) -> None:
    """In the child: whatever the last one left behind is a state to go on from. A byte goes to `switched` each time."""
    while True:
        live = Bundle.objects.get(state="live")
        promote.rollback(live.pk, "child")
        os.write(switched, b".")
        bundles.rollback("child")
        os.write(switched, b".")
        with transaction.atomic():
            exclusive()
            for row in Bundle.objects.filter(state="retired"):
                wake(row.pk)
        bundles.promote(Bundle.objects.get(state="building").pk, "child")
        os.write(switched, b".")


def start() -> tuple[int, int]:
    """The child, and where it says that it has switched."""
    connection.close()
    said, switched = os.pipe()
    if child := os.fork():
        os.close(switched)
        return child, said
    os.close(said)
    try:
        switch_for_ever(switched)
    except BaseException as error:
        print(type(error).__name__, error, file=sys.stderr)
    os._exit(1)


def main(kills: int, seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(kills):
        child, said = start()
        for _ in range(chance.randrange(12)):
            assert os.read(said, 1), "the child ended by itself"
        time.sleep(chance.uniform(0, 0.05))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(said)
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
