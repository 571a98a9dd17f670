"""Long work in a child process: it fails aloud, stops when it should, and does not outlive its worker."""

import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from search.build.child import ChildFailed, run_child
from tests.shop import ROOT

SLEEP = "import os, time; open(os.environ['PID_FILE'], 'w').write(str(os.getpid())); time.sleep(600)"
WORKER = f"""
import django
django.setup()
from search.build.child import run_child
run_child("shell", "-c", {SLEEP!r})
"""


def test_a_command_that_fails_is_an_error():
    with pytest.raises(ChildFailed, match="ended early"):
        run_child("index", "no-such-verb")


def test_it_is_stopped_when_its_worker_should_stop(monkeypatch, tmp_path):
    monkeypatch.setenv("PID_FILE", str(tmp_path / "pid"))
    begun = time.monotonic()
    with pytest.raises(ChildFailed, match="told to stop"):
        run_child("shell", "-c", SLEEP, should_stop=lambda: (tmp_path / "pid").exists())
    assert time.monotonic() - begun < 300


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent")
def test_it_dies_with_a_worker_that_is_killed(tmp_path):
    environment = {**os.environ, "PID_FILE": str(tmp_path / "pid"), "DJANGO_SETTINGS_MODULE": "webapp.settings.test"}
    worker = subprocess.Popen([sys.executable, "-c", WORKER], cwd=ROOT, env=environment)
    deadline = time.monotonic() + 120
    while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():
        assert time.monotonic() < deadline and worker.poll() is None
        time.sleep(0.1)
    child = psutil.Process(int((tmp_path / "pid").read_text()))
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    child.wait(120)
