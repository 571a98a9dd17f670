"""A feed of 100,000 rows from the upload to the catalog: what is lost, how fast it is, what it holds in memory.

    python bench/import_feed.py [--rows 100000] [--pictures 0] [--chaos] [--keep]

A shop of its own: PostgreSQL, one worker, one web process, a catalog admin who uses the pages by HTTP. The feed of
bench/make_feed.py (5% of its rows wrong in ten ways) is uploaded in pieces, checked, and imported; then the error file
is fetched, each of its rows is mended, and it is uploaded as it is. The run fails unless every right row is in the
catalog, every wrong one and no other in the error file, and the mended file imports without a wrong row.

--chaos: in the middle of the import the worker is ended by kill -9 and another one started, then PostgreSQL is stopped
as by a power cut and started again. --pictures N: the first N rows name pictures, in a ZIP; the worker then also
inspects and embeds, which takes its time from the import. At the end these are waited for, `manage.py index
differences` must find none, and find and name one that is planted: a vector taken out behind everybody's back.
"""

import argparse
import csv
import io
import json
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil
from make_feed import make
from shop.house import House, house

USER, PASSWORD = "bench", "only-for-the-bench"
WEB_MB, WORKER_MB = 800, 1024
SAMPLE_S, LOOK_S, GIVE_UP_S = 0.2, 0.5, 3600
STAFF = f"from django.contrib.auth import get_user_model as m; m().objects.create_superuser('{USER}', '', '{PASSWORD}')"


@dataclass
class Memory:
    """Peaks of resident memory in MB, of processes with their children."""

    watched: dict[str, psutil.Process] = field(default_factory=dict)
    peaks: dict[str, float] = field(default_factory=dict)
    ended: threading.Event = field(default_factory=threading.Event)

    def watch(self) -> None:
        while not self.ended.wait(SAMPLE_S):
            for name, process in list(self.watched.items()):
                try:
                    parts = [process, *process.children(recursive=True)]
                    held = sum(part.memory_info().rss for part in parts if "postgres" not in part.name()) / 1024**2
                except psutil.Error:
                    continue
                self.peaks[name] = max(self.peaks.get(name, 0), held)


class Admin:
    """A catalog admin with a browser."""

    def __init__(self, url: str):
        self.client = httpx.Client(base_url=url, trust_env=False, timeout=120, follow_redirects=True)
        self.client.get("/sign-in/")
        answer = self.client.post("/sign-in/", data={"username": USER, "password": PASSWORD, **self.token()})
        answer.raise_for_status()
        self.client.get("/manage/feeds/").raise_for_status()

    def token(self) -> dict[str, str]:
        return {"csrfmiddlewaretoken": self.client.cookies["csrftoken"]}

    def upload(self, name: str, content: bytes) -> int:
        """In pieces, as the page's script does; the import's id."""
        fields = {"name": name, "size": str(len(content)), "part": "all", **self.token()}
        begun = self.client.post("/manage/feeds/upload/", data=fields).raise_for_status().json()
        offset, headers = 0, {"X-CSRFToken": self.client.cookies["csrftoken"]}
        while offset < len(content):
            piece = content[offset : offset + begun["piece_bytes"]]
            answer = self.client.post(f"{begun['piece']}?offset={offset}", content=piece, headers=headers)
            offset = answer.raise_for_status().json()["bytes"]
        return int(begun["page"].strip("/").split("/")[-1])

    def run(self, import_id: int) -> None:
        data = {"missing": "keep", **self.token()}
        self.client.post(f"/manage/feeds/{import_id}/run/", data=data).raise_for_status()

    def look(self, import_id: int) -> None:
        """Every list on the import's page, and a page of each further on."""
        for shown in ("new", "changed", "unchanged", "wrong", "missing"):
            self.client.get(f"/manage/feeds/{import_id}/?show={shown}").raise_for_status()
            self.client.get(f"/manage/feeds/{import_id}/?show={shown}&after=40000").raise_for_status()

    def errors(self, import_id: int) -> list[list[str]]:
        text = self.client.get(f"/manage/feeds/{import_id}/errors.csv").raise_for_status().text
        return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))


class Bench:
    def __init__(self, home: House, chaos: bool):
        self.home, self.chaos, self.memory = home, chaos, Memory()
        home.manage("shell", "-c", STAFF)
        home.manage("register_bundle")
        (url,) = home.serve(1)
        self.memory.watched["web"] = psutil.Process(home.running[-1].pid)
        self.start_worker()
        threading.Thread(target=self.memory.watch, daemon=True).start()
        self.admin = Admin(url)

    def start_worker(self) -> None:
        self.worker = self.home.start("work")
        self.memory.watched["worker"] = psutil.Process(self.worker.pid)

    def bring(self, name: str, content: bytes, chaos: bool = False):
        """Upload, check, run. The import's row at the end, and seconds of each."""
        began = time.monotonic()
        import_id = self.admin.upload(name, content)
        uploaded = time.monotonic()
        self.wait(import_id, "checked")
        checked = time.monotonic()
        self.admin.look(import_id)
        running = time.monotonic()
        self.admin.run(import_id)
        if chaos:
            self.wait_for_rows(import_id, 0.3)
            self.kill_worker()
            self.wait_for_rows(import_id, 0.6)
            self.restart_postgres()
        row = self.wait(import_id, "finished")
        seconds = {"upload": uploaded - began, "check": checked - uploaded, "run": time.monotonic() - running}
        return row, seconds

    def kill_worker(self) -> None:
        self.worker.send_signal(signal.SIGKILL)
        self.worker.wait()
        print("  kill -9 of the worker; another one starts")
        self.start_worker()

    def restart_postgres(self) -> None:
        from django.conf import settings

        from webapp import embedded
        from webapp.start import start_database

        stop = ("pg_ctl", "-D", str(settings.EMBEDDED_POSTGRES), "-m", "immediate", "-w", "stop")
        embedded._run(settings.EMBEDDED_POSTGRES, *stop)
        time.sleep(2)
        start_database()
        print("  PostgreSQL was stopped (immediate) and started again")

    def wait(self, import_id: int, state: str):
        deadline = time.monotonic() + GIVE_UP_S
        while (row := self.row(import_id)) is None or row.state != state:
            if row and row.state in ("failed", "cancelled"):
                raise SystemExit(f"import {import_id} {row.state}: {row.reason}")
            if time.monotonic() > deadline:
                raise SystemExit(f"import {import_id} is still {row and row.state}")
            time.sleep(LOOK_S)
        return row

    def wait_for_rows(self, import_id: int, share: float) -> None:
        while (row := self.row(import_id)) is None or row.counts.get("rows", 0) < share * row.rows_total:
            time.sleep(LOOK_S)

    def wait_for_pictures(self) -> None:
        from catalog.models import Image

        moving = Image.objects.filter(status__in=(Image.Status.PENDING, Image.Status.INSPECTED))
        while moving.exists():
            time.sleep(LOOK_S)

    def differences(self) -> dict:
        """What `index differences` says; it ends with 1 where it finds any."""
        command = self.home.command(("index", "differences", "--json"))
        done = subprocess.run(command, capture_output=True, text=True)
        return json.loads(done.stdout)

    def row(self, import_id: int):
        """None while the database is away."""
        from django.db import DatabaseError, InterfaceError, connection

        from catalog.feeds.models import Import

        try:
            return Import.objects.get(pk=import_id)
        except (DatabaseError, InterfaceError):
            connection.close()
            return None


def mended(errors: list[list[str]], right: dict[int, list[str]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(errors[0])
    for row in errors[1:]:
        writer.writerow([*row[:3], *right[int(row[0])]])
    return out.getvalue().encode()


def check(name: str, good: bool, wrong: list[str]) -> None:
    print(f"  {'ok ' if good else 'BAD'} {name}")
    if not good:
        wrong.append(name)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--pictures", type=int, default=0)
    parser.add_argument("--chaos", action="store_true")
    parser.add_argument("--keep", action="store_true", help="leave its folder, with the logs")
    arguments = parser.parse_args()
    with house("import-feed", arguments.keep) as home:
        folder = home.home / "made"
        counts = make(folder, arguments.rows, 0.05, arguments.pictures, seed=1)
        facts = [json.loads(text) for text in (folder / "wrong.jsonl").read_text().splitlines()]
        print(f"{arguments.rows:,} rows, {sum(counts.values()):,} wrong in {len(counts)} ways")
        bench = Bench(home, arguments.chaos)
        found = measure(bench, folder, arguments, facts)
        bench.memory.ended.set()
    sys.exit(bool(found))


def measure(bench: Bench, folder: Path, arguments, facts: list[dict]) -> list[str]:
    from catalog.models import Product

    wrong: list[str] = []
    file = folder / ("feed.zip" if arguments.pictures else "feed.csv")
    row, seconds = bench.bring(file.name, file.read_bytes(), arguments.chaos)
    tell("feed", row, seconds)
    errors = bench.admin.errors(row.pk)
    right = arguments.rows - len(facts)
    check(f"{right:,} right rows are in the catalog", Product.objects.count() == right == row.counts["new"], wrong)
    skus = set(Product.objects.filter(sku__in=[fact["id"] for fact in facts]).values_list("sku", flat=True))
    check("no wrong row is", not skus, wrong)
    listed, known = [int(cells[0]) for cells in errors[1:]], [fact["line"] for fact in facts]
    check(f"{len(known):,} wrong rows and no other are in the error file", listed == known, wrong)
    check("the dry run said so", (row.found["new"], row.found["wrong"]) == (right, len(facts)), wrong)
    again, seconds = bench.bring("mended.csv", mended(errors, {fact["line"]: fact["right"] for fact in facts}))
    tell("mended file", again, seconds)
    check("the mended file has no wrong row", (again.counts["wrong"], again.counts["repeated"]) == (0, 0), wrong)
    check(f"{arguments.rows:,} products now", Product.objects.count() == arguments.rows, wrong)
    if arguments.pictures:
        bench.wait_for_pictures()
    if not arguments.chaos:
        same, seconds = bench.bring(file.name, file.read_bytes())
        tell("feed again", same, seconds)
        check("nothing changes the second time", (same.counts["new"], same.counts["changed"]) == (0, 0), wrong)
    if arguments.pictures:
        compare(bench, wrong)
    for name, limit in (("web", WEB_MB), ("worker", WORKER_MB)):
        check(f"{name}: {bench.memory.peaks[name]:.0f} MB at most, of {limit}", bench.memory.peaks[name] < limit, wrong)
    return wrong


def compare(bench: Bench, wrong: list[str]) -> None:
    from catalog.models import Image
    from search.models import ImageVector

    bench.wait_for_pictures()
    found = bench.differences()
    print(f"  {found['searchable']:,} of {found['pictures']:,} pictures are searchable: {found['states']}")
    check("0 differences between the catalog and the index", found["ok"], wrong)
    image = Image.objects.filter(status=Image.Status.INDEXED).order_by("?").first()
    ImageVector.objects.filter(image=image).delete()
    named = [(each["kind"], each["image_id"]) for each in bench.differences()["differences"]]
    check("a planted one is found and named", named == [("missing", image.pk)], wrong)


def tell(name: str, row, seconds: dict[str, float]) -> None:
    rate = row.counts["rows"] / seconds["run"]
    parts = ", ".join(f"{part} {spent:.1f} s" for part, spent in seconds.items())
    print(f"{name}: {row.counts['rows']:,} rows: {parts}; {rate:,.0f} rows a second\n  {row.counts}")


if __name__ == "__main__":
    main()
