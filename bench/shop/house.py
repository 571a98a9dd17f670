"""The parts of a running Sightline, each a process of its own, with everything they keep in one folder."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parents[2]
START_S = 120
NO_LIMIT = "1000000/min"


def settle_in(name: str) -> Path:
    """Call it before anything of Django is imported: this process and its children use the folder from now on."""
    home = Path(os.environ.get("SIGHTLINE_BENCH_DATA") or Path(tempfile.gettempdir()) / "sightline-bench") / name
    os.environ |= {
        "SIGHTLINE_VAR": str(home),
        "DJANGO_SETTINGS_MODULE": "webapp.settings.local",
        "SIGHTLINE_SEARCHES_RATE": NO_LIMIT,
        "SIGHTLINE_DETECTIONS_RATE": NO_LIMIT,
        "OMP_WAIT_POLICY": "passive",
    }
    os.environ.pop("DATABASE_URL", None)
    sys.path.insert(0, str(ROOT))
    return home


class House:
    """`manage` runs a command to its end; `start` leaves one running until the house is closed."""

    def __init__(self, home: Path):
        self.home = home
        self.running: list[subprocess.Popen] = []

    def found(self) -> None:
        """PostgreSQL with empty tables."""
        self.home.mkdir(parents=True, exist_ok=True)
        import django

        django.setup()
        from webapp.start import start_database

        start_database()
        self.manage("migrate", "--verbosity=0")

    def manage(self, *arguments: str) -> str:
        done = subprocess.run(self.command(arguments), capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"manage.py {' '.join(arguments)}:\n{done.stdout}\n{done.stderr}")
        return done.stdout

    def start(self, *arguments: str) -> subprocess.Popen:
        return self.start_command(self.command(arguments))

    def start_command(self, command: list[str]) -> subprocess.Popen:
        with (self.home / "processes.log").open("a") as log:
            self.running.append(subprocess.Popen(command, stdout=log, stderr=log, cwd=ROOT))
        return self.running[-1]

    def command(self, arguments: tuple[str, ...]) -> list[str]:
        return [sys.executable, str(ROOT / "manage.py"), *arguments]

    def serve(self, servers: int) -> list[str]:
        """That many web processes; their addresses, once they answer."""
        ports = [free_port() for _ in range(servers)]
        for port in ports:
            self.start("serve", "--host", "127.0.0.1", "--port", str(port))
        return [wait_for(f"http://127.0.0.1:{port}") for port in ports]

    def close(self) -> None:
        for process in self.running:
            process.terminate()
        for process in self.running:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        from django.conf import settings
        from django.db import connections

        from webapp import embedded

        connections.close_all()
        for connection in connections.all():
            connection.close_pool()
        embedded.release(settings.EMBEDDED_POSTGRES)


@contextmanager
def house(name: str, keep: bool = False):
    """A fresh one, gone at the end unless it is kept."""
    home = settle_in(name)
    shutil.rmtree(home, ignore_errors=True)
    opened = House(home)
    opened.found()
    try:
        yield opened
    finally:
        opened.close()
        if not keep:
            shutil.rmtree(home, ignore_errors=True)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(url: str) -> str:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        try:
            httpx.get(f"{url}/healthz", trust_env=False, timeout=5).raise_for_status()
            return url
        except httpx.HTTPError:
            time.sleep(0.2)
    raise SystemExit(f"{url} did not answer within {START_S} s")
