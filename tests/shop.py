"""A whole shop in processes of its own, as `make demo` runs it: database, worker, web server. Nothing is faked."""

import csv
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil
import psycopg
from django.db import connections

ROOT = Path(__file__).resolve().parents[1]
DEMO = Path(os.environ.get("SIGHTLINE_DEMO", ROOT / "demo"))  # another folder of the same form will do
START_TIMEOUT_S, END_TIMEOUT_S = 240, 120
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@dataclass
class Shop:
    """`manage("work")` runs a command in it; `start("work")` leaves one running; `sql` asks its database."""

    name: str
    folder: Path
    url: str = ""
    running: list[subprocess.Popen] = field(default_factory=list)
    connection: psycopg.Connection | None = None  # of `sql`: whoever waits for something asks often

    @property
    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "webapp.settings.test",
            "SIGHTLINE_TEST_DATABASE": self.name,
            "SIGHTLINE_TEST_VAR": str(self.folder),
            "SIGHTLINE_CONCURRENCY": "2",
            "SIGHTLINE_SAMPLE_PHOTOS": str(DEMO / "samples.jsonl"),  # as `make demo` has it
        }

    def create(self) -> None:
        with server_connection() as connection:
            connection.execute(f'CREATE DATABASE "{self.name}"')
        self.manage("migrate", "--verbosity=0")
        self.manage("register_bundle")

    def copy(self, label: str, folder: Path) -> "Shop":
        """Another shop with all that this one has; nothing may run in this one meanwhile."""
        self.disconnect()
        copy = Shop(database_name(label), folder)
        with server_connection() as connection:
            connection.execute(f'CREATE DATABASE "{copy.name}" TEMPLATE "{self.name}"')
        shutil.copytree(self.folder, folder, dirs_exist_ok=True)
        return copy

    def manage(self, *arguments: str, timeout_s: float = 300) -> str:
        """Run a command to its end; a failing one fails the test with what it printed."""
        done = subprocess.run(
            self.command(arguments), env=self.environment, capture_output=True, text=True, timeout=timeout_s
        )
        if done.returncode:
            raise AssertionError(f"manage.py {' '.join(arguments)}:\n{done.stdout}\n{done.stderr}")
        return done.stdout

    def start(self, *arguments: str) -> subprocess.Popen:
        process = subprocess.Popen(self.command(arguments), env=self.environment)
        self.running.append(process)
        return process

    def command(self, arguments: tuple[str, ...]) -> list[str]:
        return [sys.executable, str(ROOT / "manage.py"), *arguments]

    def serve(self) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        process = self.start("serve", "--host", "127.0.0.1", "--port", str(port))
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline:
            try:
                httpx.get(self.url + "/healthz", trust_env=False).raise_for_status()
                return
            except httpx.HTTPError:
                assert process.poll() is None, "the web server ended while it started"
                time.sleep(0.1)
        raise AssertionError("the web server did not start")

    def sql(self, query: str) -> list[tuple]:
        if self.connection is None:
            self.connection = server_connection(self.name)
        return self.connection.execute(query).fetchall()

    def disconnect(self) -> None:
        if self.connection is not None:
            self.connection.close()
            self.connection = None

    def close(self) -> None:
        for process in self.running:
            process.send_signal(signal.SIGTERM)
        for process in self.running:
            process.wait(END_TIMEOUT_S)
        self.disconnect()
        with server_connection() as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{self.name}" WITH (FORCE)')
        shutil.rmtree(self.folder, ignore_errors=True)


def server_connection(database: str = "postgres") -> psycopg.Connection:
    parameters = connections["default"].get_connection_params()
    kept = {name: parameters[name] for name in ("host", "port", "user", "password") if parameters.get(name)}
    return psycopg.connect(**kept, dbname=database, autocommit=True)


def database_name(label: str) -> str:
    return f"test_sightline_{os.getpid()}_{label}"


def new_shop(label: str, folder: Path) -> Shop:
    shop = Shop(database_name(label), folder)
    shop.create()
    return shop


def drop_databases_of_dead_runs() -> None:
    """A test run that was killed leaves its databases behind; their names hold its process id."""
    with server_connection() as connection:
        rows = connection.execute("SELECT datname FROM pg_database WHERE datname LIKE 'test\\_sightline\\_%'")
        for (name,) in rows.fetchall():
            pid = name.split("_")[2]
            if pid.isdigit() and not psutil.pid_exists(int(pid)):
                connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def part_of_demo(path: Path, products: int) -> Path:
    """A feed of some of the demo catalog, evenly from all of it, that points at the demo's own pictures."""
    with open(DEMO / "feed.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    step = max(1, len(rows) // products)
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows[::step][:products])
    return path


def find_chromium() -> str | None:
    """$CHROMIUM, a system browser, or the one that playwright installed; None where there is none."""
    if chosen := os.environ.get("CHROMIUM"):
        return chosen
    if found := next(filter(None, map(shutil.which, CHROMIUMS)), None):
        return found
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    return own if Path(own).exists() else None


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
