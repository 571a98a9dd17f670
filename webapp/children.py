"""Processes that a supervisor starts, restarts and takes with it when it goes, however it goes."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

PR_SET_PDEATHSIG = 1
STOP_TIMEOUT_S = 10
RESTART_LIMIT = 5  # within RESTART_WINDOW_S; a process that cannot live is not started for ever
RESTART_WINDOW_S = 60


class ChildKeepsDying(RuntimeError):
    """A part of Sightline ends again and again. Its last words stand above."""


def end_with_parent() -> None:
    """Linux: SIGTERM when the parent dies, so that a killed supervisor leaves no web server behind."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def catches_interrupts(pid: int) -> bool:
    """Linux: whether a process has a handler for SIGINT. False elsewhere, and for a process that is gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return False
    caught = next((int(line.split()[1], 16) for line in lines if line.startswith("SigCgt:")), 0)
    return bool(caught & 1 << (signal.SIGINT - 1))


class Child:
    """One `manage.py` command that is kept running."""

    def __init__(self, *arguments: str):
        self.arguments = arguments
        self.started: list[float] = []
        self.process = self.start()

    def start(self) -> subprocess.Popen:
        self.started.append(time.monotonic())
        manage = Path(__file__).resolve().parents[1] / "manage.py"
        return subprocess.Popen(
            [sys.executable, str(manage), *self.arguments],
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C reaches the supervisor alone, which ends the others in order
            preexec_fn=end_with_parent,
            env=os.environ,
        )

    def keep_running(self) -> None:
        """Start it again if it ended. Raises ChildKeepsDying."""
        if self.process.poll() is None:
            return
        recent = [start for start in self.started if time.monotonic() - start < RESTART_WINDOW_S]
        if len(recent) >= RESTART_LIMIT:
            raise ChildKeepsDying(f"{ChildKeepsDying.__doc__} (manage.py {' '.join(self.arguments)})")
        self.started = recent
        self.process = self.start()

    def stop(self) -> None:
        self.process.terminate()

    def wait(self) -> None:
        try:
            self.process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def stop_all(children: list[Child]) -> None:
    for child in children:
        child.stop()
    for child in children:
        child.wait()
