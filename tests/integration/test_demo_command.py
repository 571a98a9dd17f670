"""`make demo` from outside: it answers, ends whole, repeats no work, and carries on after a kill."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx
import psutil
import pytest

from tests import shop as shops
from webapp.management.commands.demo import Command

TIMEOUT_S = 240
PICTURES = 12


class Demo:
    """Demos of one folder, started and ended like a person would."""

    def __init__(self, var: Path, feed: Path):
        self.var, self.feed, self.port = var, feed, shops.free_port()
        self.process = None

    def start(self) -> None:
        environment = {**os.environ, "SIGHTLINE_VAR": str(self.var), "DJANGO_SETTINGS_MODULE": "webapp.settings.local"}
        environment.pop("DATABASE_URL", None)
        command = [sys.executable, str(shops.ROOT / "manage.py"), "demo", "--port", str(self.port), "--feed", self.feed]
        with open(self.var / "output", "w") as output:
            self.process = subprocess.Popen(command, env=environment, stdout=output, stderr=output)

    def processes(self) -> list[psutil.Process]:
        """Everything that works in this folder, the server of PostgreSQL too."""
        found = []
        for process in psutil.process_iter(["cmdline", "name"]):
            line = " ".join(process.info["cmdline"] or [])
            if str(self.var) in line or (f"--port {self.port}" in line and "manage.py" in line):
                found.append(process)
        return found

    def output(self) -> str:
        return (self.var / "output").read_text()

    def readiness(self) -> dict:
        try:
            return httpx.get(f"http://127.0.0.1:{self.port}/readyz", timeout=10, trust_env=False).json()
        except (httpx.HTTPError, json.JSONDecodeError):
            return {"ready": False}

    def wait(self, condition) -> None:
        deadline = time.monotonic() + TIMEOUT_S
        while not condition():
            assert time.monotonic() < deadline, self.output()
            time.sleep(0.1)

    def wait_until_ready(self, indexed: int = 0) -> dict:
        """What readiness said when it was: the next time there may be no answer."""
        said = {}

        def ready() -> bool:
            said.update(self.readiness())
            return said["ready"] and said["catalog"]["indexed"] >= indexed

        self.wait(lambda: "Starting the web server" in self.output())  # or it is another one that answers
        self.wait(ready)
        return said

    def end(self, number: int) -> int:
        self.process.send_signal(number)
        return self.process.wait(120)


@pytest.fixture
def demo(feed):
    rows = [{"id": f"P-{n}", "title": f"Product {n}", "image_link": f"p-{n}.jpg"} for n in range(PICTURES)]
    with tempfile.TemporaryDirectory(prefix="sightline-demo-") as var:
        demo = Demo(Path(var), feed(rows))
        yield demo
        if demo.process.poll() is None:
            demo.end(signal.SIGTERM)


def test_a_demo_from_the_first_start_to_the_last(demo):
    demo.start()
    demo.wait(lambda: "Indexing pictures" in demo.output())
    assert demo.end(signal.SIGKILL) == -signal.SIGKILL  # in the middle of the import
    demo.wait(lambda: not any("python" in process.info["name"] for process in demo.processes()))

    demo.start()
    demo.wait_until_ready(indexed=PICTURES)
    assert demo.end(signal.SIGINT) == 0
    assert demo.processes() == []

    demo.start()
    said = demo.wait_until_ready()
    assert f"{PICTURES} products, 0 new, 0 changed" in demo.output()
    assert said["queue"]["jobs"] < PICTURES, "pictures were inspected again"
    assert demo.end(signal.SIGTERM) == 0
    assert demo.processes() == []


def test_an_interrupt_that_was_passed_over_is_heeded_at_the_next_look():
    """Whatever is raised in a finalizer goes no further."""
    demo = Command()
    with pytest.raises(KeyboardInterrupt):
        demo.interrupt()
    demo.interrupt()  # a second one disturbs nothing
    with pytest.raises(KeyboardInterrupt):
        demo.keep_running([])
