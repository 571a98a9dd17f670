"""Long work in a process of its own: its memory goes back, it yields to searches, and it ends with its worker."""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable

from django.conf import settings

from search.errors import IndexRefused

NICENESS = 10  # on top of the worker's own
LOOK_S = 0.5
STOP_S = 10
PR_SET_PDEATHSIG = 1  # linux/prctl.h


class ChildFailed(IndexRefused):
    """The process that did the work ended early. What it said is in the worker's log."""

    code = "child-failed"


def run_child(*arguments: str, should_stop: Callable[[], bool] = lambda: False) -> None:
    """`manage.py` with these arguments, to its end. Raises ChildFailed; stops it when it should."""
    process = subprocess.Popen(
        [sys.executable, str(settings.BASE_DIR / "manage.py"), *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        env={**os.environ, "OMP_NUM_THREADS": str(settings.SIGHTLINE_BUILD_THREADS)},
        preexec_fn=yield_and_end_with_parent,
    )
    while True:
        try:
            if process.wait(LOOK_S):
                raise ChildFailed(f"manage.py {' '.join(arguments)}: {ChildFailed.__doc__}")
            return
        except subprocess.TimeoutExpired:
            if should_stop():
                stop(process)
                raise ChildFailed("The worker was told to stop; the next one goes on.") from None


def stop(process: subprocess.Popen) -> None:
    process.terminate()
    try:
        process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def yield_and_end_with_parent() -> None:
    """Linux ends the child however the worker ends, kill -9 included; elsewhere it would finish its work."""
    os.nice(NICENESS)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
