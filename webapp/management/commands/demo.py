"""`manage.py demo` (what `make demo` runs): the whole of Sightline on this machine, with the demo catalog in it.

Every step looks at what is there already, so a second start takes seconds and a killed one carries on.
"""

import fcntl
import os
import signal
import socket
import time
from contextlib import closing
from pathlib import Path

import httpx
import psutil
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, connection
from tqdm import tqdm

from catalog.ingest.run import import_feed
from catalog.models import Image
from search.build.register import register_bundle
from webapp import demo_accounts
from webapp.children import Child, ChildKeepsDying, catches_interrupts, end_with_parent, stop_all
from webapp.local_machine import lan_address
from webapp.readiness import image_counts
from webapp.start import start_database

POLL_S = 0.5
ANSWER_TIMEOUT_S = 60
WAITING = (Image.Status.PENDING, Image.Status.INSPECTED)


class Command(BaseCommand):
    help = "Run Sightline with the demo catalog: PostgreSQL, a worker and the web server on $PORT (default 8000)."
    requires_system_checks: list[str] = []
    make_pid: int | None = None
    interrupted = False

    def add_arguments(self, parser):
        parser.add_argument("--port", type=int, default=int(os.environ.get("PORT", "8000")))
        parser.add_argument("--feed", type=Path, default=settings.BASE_DIR / "demo" / "feed.csv")

    def handle(self, *, port: int, feed: Path, **options):
        parent = psutil.Process().parent()
        if parent and parent.name() in ("make", "gmake"):
            end_with_parent()
            self.make_pid = parent.pid if catches_interrupts(parent.pid) else None
        with closing(only_one(settings.VAR_DIR / "demo.lock")):
            check_port(port)
            children: list[Child] = []
            try:
                for number in (signal.SIGINT, signal.SIGTERM):  # a background shell job starts with SIGINT ignored
                    signal.signal(number, self.interrupt)
                self.run(port, feed, children)
            except KeyboardInterrupt:
                self.say("Stopping.")
            except ChildKeepsDying as error:
                raise CommandError(str(error)) from error
            finally:
                self.interrupted = True
                for number in (signal.SIGINT, signal.SIGTERM):  # nor may it reach what ends PostgreSQL on the way out
                    signal.signal(number, signal.SIG_IGN)
                stop_all(children)

    def interrupt(self, *_) -> None:
        """Only once: a second Ctrl-C must not leave half of it running."""
        if not self.interrupted:
            self.interrupted = True
            raise KeyboardInterrupt

    def run(self, port: int, feed: Path, children: list[Child]) -> None:
        self.say("Starting PostgreSQL")
        start_database()
        self.say("Bringing its tables up to date")
        call_command("migrate", verbosity=0)
        password = self.make_accounts()
        register_bundle()
        if feed.name and (rooms := feed.parent / "samples.jsonl").exists():
            os.environ.setdefault("SIGHTLINE_SAMPLE_PHOTOS", str(rooms))
        self.say(f"Starting the web server on http://localhost:{port}/")
        children.append(Child("serve", "--port", str(port)))
        self.import_catalog(feed)
        children.append(Child("work"))
        self.watch_index(children)
        self.wait_until_ready(port, children)
        self.say(f"\nSightline is ready:  http://localhost:{port}/")
        if address := lan_address():
            self.say(f"from your phone:     http://{address}:{port}/")
        if password:
            self.say(f"to work in the shop:  http://localhost:{port}/sign-in/")
            self.say(f"                      as {', '.join(demo_accounts.ACCOUNTS)}; password {password}")
        self.say("Ctrl-C ends it.")
        while True:
            time.sleep(POLL_S)
            self.keep_running(children)

    def make_accounts(self) -> str:
        """The password of the accounts to try; empty where there are none."""
        if not settings.SIGHTLINE_DEMO_ACCOUNTS:
            return ""
        password = demo_accounts.password_in(settings.VAR_DIR / "demo_password")
        demo_accounts.make_accounts(password)
        return password

    def import_catalog(self, feed: Path) -> None:
        if not feed.exists():
            self.say(f"There is no {feed}: the catalog stays as it is")
            return
        report = import_feed(feed, settings.VAR_DIR / "import-errors" / f"{feed.stem}.csv")
        counts = report.counts
        self.say(f"Catalog: {report.rows} products, {counts.new} new, {counts.changed} changed, {report.wrong} wrong")

    def watch_index(self, children: list[Child]) -> None:
        """A bar that moves from where the index stands to where every picture is decided."""
        counts = image_counts()
        waiting = sum(counts[status] for status in WAITING)
        if not waiting:
            return
        total = sum(counts.values())
        with tqdm(total=total, initial=total - waiting, desc="Indexing pictures", unit="", mininterval=1) as bar:
            while waiting:
                time.sleep(POLL_S)
                self.keep_running(children)
                try:
                    counts = image_counts()
                except OperationalError:  # PostgreSQL was killed; it is started again
                    connection.close()
                    continue
                waiting = sum(counts[status] for status in WAITING)
                half_done = counts[Image.Status.INSPECTED] // 2
                bar.update(sum(counts.values()) - waiting + half_done - bar.n)

    def keep_running(self, children: list[Child]) -> None:
        """Start again whatever ended, PostgreSQL first; end when make was told to."""
        if self.interrupted:
            raise KeyboardInterrupt  # it came in a finalizer, say, where Python passes over whatever is raised
        if self.make_pid and not catches_interrupts(self.make_pid):
            raise KeyboardInterrupt  # SIGINT went to make alone, which now waits for this process and says nothing
        start_database()
        for child in children:
            child.keep_running()

    def wait_until_ready(self, port: int, children: list[Child]) -> None:
        deadline = time.monotonic() + ANSWER_TIMEOUT_S
        answer = "no answer"
        while time.monotonic() < deadline:
            self.keep_running(children)
            try:
                response = httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=10, trust_env=False)
                if response.status_code == 200:
                    return
                answer = response.text
            except httpx.HTTPError:
                pass
            time.sleep(POLL_S)
        self.stderr.write(f"Not everything is ready after {ANSWER_TIMEOUT_S} s: {answer}")

    def say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()


def only_one(path: Path):
    """A lock that two demos of one checkout cannot both hold; the kernel drops it when its holder dies."""
    path.parent.mkdir(parents=True, exist_ok=True)
    file = open(path, "a")  # noqa: SIM115 - held as long as the demo runs
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        raise CommandError("The demo of this checkout runs already. End it first.") from None
    return file


def check_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("0.0.0.0", port))
        except OSError:
            raise CommandError(f"Port {port} is in use. Choose another one: PORT=8001 make demo") from None
