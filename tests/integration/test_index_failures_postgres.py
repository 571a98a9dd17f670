"""PostgreSQL is really stopped, and really hangs, under a web server that is being searched."""

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import httpx
import psutil
import psycopg
import pytest

from search.respond.answer import AS_LAST_KNOWN
from tests.conftest import picture
from tests.shop import ROOT, free_port
from webapp import embedded

STOPPED_S, HUNG_S = 20, 6
QUIET = ENOUGH = 10  # searches before and after; more than so many meanwhile, however slow the machine is
NOTICED_S = 2.5  # one statement's patience, and half a second
BACK_S = 120.0
PAUSE_S = 0.1


@dataclass
class PrivateShop:
    """A web server with a PostgreSQL of its own, in a folder that PostgreSQL's account can enter."""

    folder: Path
    running: list[subprocess.Popen] = field(default_factory=list)
    url: str = ""
    clicks: int = 0

    @property
    def postgres(self) -> Path:
        return self.folder / "pg"

    @property
    def environment(self) -> dict[str, str]:
        left_out = ("DATABASE_URL", "SIGHTLINE_TEST_DATABASE", "SIGHTLINE_TEST_VAR")
        kept = {name: value for name, value in os.environ.items() if name not in left_out}
        return {**kept, "DJANGO_SETTINGS_MODULE": "webapp.settings.local", "SIGHTLINE_VAR": str(self.folder)}

    def fill(self) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "tests.cold_shop"], cwd=ROOT, env=self.environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr

    def serve(self, **environment: str) -> str:
        """Another web server; its address, once it answers."""
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        process = self.start("serve", "--host", "127.0.0.1", "--port", str(port), **environment)
        deadline = time.monotonic() + 240
        while time.monotonic() < deadline and process.poll() is None:
            try:
                if httpx.get(url + "/healthz", trust_env=False).is_success:
                    return url
            except httpx.HTTPError:
                time.sleep(0.1)
        raise AssertionError("the web server did not start")

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen:
        command = [sys.executable, str(ROOT / "manage.py"), *arguments]
        self.running.append(subprocess.Popen(command, env={**self.environment, **environment}))
        return self.running[-1]

    def stop_postgres(self) -> None:
        embedded._run(self.postgres, "pg_ctl", "-D", str(self.postgres), "-m", "fast", "-w", "stop")

    def start_postgres(self) -> None:
        embedded._start(self.postgres, durable=True)

    def signal_postgres(self, number: signal.Signals) -> None:
        """The postmaster and all of its children: a machine that swaps, a disk that hangs."""
        postmaster = psutil.Process(int((self.postgres / "postmaster.pid").read_text().split()[0]))
        for process in [postmaster, *postmaster.children(recursive=True)]:
            process.send_signal(number)

    def sql(self, statement: str, *values) -> list[tuple]:
        parameters = {"host": str(embedded.socket_folder(self.postgres)), "user": embedded.SUPERUSER}
        with psycopg.connect(**parameters, dbname="sightline", autocommit=True) as connection:
            cursor = connection.execute(statement, values)
            return cursor.fetchall() if cursor.description else []

    def close(self) -> None:
        for process in self.running:
            process.terminate()
        for process in self.running:
            process.wait(120)
        embedded.ensure_running(self.postgres, durable=False)
        embedded.release(self.postgres)


@pytest.fixture(scope="module")
def shop() -> Iterator[PrivateShop]:
    with tempfile.TemporaryDirectory(prefix="sightline-away-") as folder:
        shop = PrivateShop(Path(folder))
        try:
            shop.fill()
            shop.url = shop.serve()
            with Shoppers(shop.url, [row[0] for row in shop.sql("SELECT id FROM catalog_product")]) as shoppers:
                shoppers.ask_more(QUIET)  # the first searches load models
            yield shop
        finally:
            shop.close()


@dataclass(frozen=True)
class Asked:
    at_s: float
    took_s: float
    status: int
    answer: dict


@dataclass
class Shoppers:
    """One asks by picture, one by product, each one search after the other."""

    url: str
    products: list[int]
    asked: list[Asked] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)
    threads: list[threading.Thread] = field(default_factory=list)

    def __enter__(self) -> "Shoppers":
        self.threads = [threading.Thread(target=each) for each in (self.by_picture, self.by_product)]
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_) -> None:
        self.stopping.set()
        for thread in self.threads:
            thread.join()

    def by_picture(self) -> None:
        number = 0
        while not self.stopping.wait(PAUSE_S):
            number = (number + 1) % 12
            files = {"image": ("a.jpg", picture(seed=100 + number), "image/jpeg")}
            self.ask({"data": {"bbox": "0,0,240,200"}, "files": files})

    def by_product(self) -> None:
        number = 0
        while not self.stopping.wait(PAUSE_S):
            number = (number + 1) % len(self.products)
            self.ask({"json": {"product_id": self.products[number]}})

    def ask(self, body: dict) -> None:
        began = time.monotonic()
        response = httpx.post(self.url + "/api/v1/searches", timeout=30, trust_env=False, **body)
        self.asked.append(Asked(began, time.monotonic() - began, response.status_code, response.json()))

    def ask_more(self, number: int) -> None:
        """Wait for so many answers."""
        enough = len(self.asked) + number
        assert wait_for(lambda: len(self.asked) >= enough, BACK_S)

    def between(self, start_s: float, end_s: float) -> list[Asked]:
        return [each for each in self.asked if each.at_s >= start_s and each.at_s + each.took_s <= end_s]


def wait_for(true, timeout_s: float):
    deadline = time.monotonic() + timeout_s
    while not (found := true()) and time.monotonic() < deadline:
        time.sleep(0.1)
    return found


def outage(shop: PrivateShop, begin, end, seconds: float) -> tuple[Shoppers, float, float, float]:
    """Shoppers search before, during and after; returns when it began, was complete and ended."""
    products = [row[0] for row in shop.sql("SELECT id FROM catalog_product ORDER BY id")]
    with Shoppers(shop.url, products) as shoppers:
        shoppers.ask_more(QUIET)
        began_s = time.monotonic()
        begin()
        gone_s = time.monotonic()
        try:
            time.sleep(seconds - 1)
            during_the_outage(shop)
            time.sleep(1)
            assert wait_for(lambda: len(shoppers.between(gone_s + NOTICED_S, time.monotonic())) > ENOUGH, BACK_S)
        finally:
            ended_s = time.monotonic()
            end()
        change_is_seen(shop, products[0])
        shoppers.ask_more(QUIET)
    return shoppers, began_s, gone_s, ended_s


def during_the_outage(shop: PrivateShop) -> None:
    """A photo is sent, tapped and clicked; readiness tells the truth; what needs the database says so at once."""
    with httpx.Client(base_url=shop.url, timeout=10, trust_env=False) as client:
        ready = client.get("/readyz")
        assert ready.status_code == 503 and not ready.json()["database"]["ok"] and ready.json()["generation"]["ok"]
        files = {"image": ("a.jpg", picture(seed=104), "image/jpeg")}
        token = client.post("/api/v1/detections", files=files).raise_for_status().json()["photo"]
        tapped = client.post("/api/v1/searches", json={"photo": token, "bbox": "0,0,240,200"}).raise_for_status().json()
        assert tapped["results"][0]["sku"] == "SKU-4"
        click = {"product_id": tapped["results"][0]["product_id"], "rank": 1}
        client.post(f"/api/v1/searches/{tapped['query_id']}/click", json=click).raise_for_status()
        shop.clicks += 1
        assert b"as we last knew them" in client.get(f"/photo/{token}/?bbox=0,0,240,200").content
        assert client.get("/").status_code == client.get("/metrics").status_code == 200
        began = time.monotonic()
        refused = client.get("/api/v1/products", auth=("admin", "secret"))
        assert refused.status_code == 503 and refused.headers["Retry-After"] and time.monotonic() - began < 1


def change_is_seen(shop: PrivateShop, product_id: int) -> None:
    """A price that changes right after the restart is in the answers soon."""
    ((price,),) = shop.sql(
        "UPDATE catalog_offer SET price = price + 1 WHERE product_id = %s RETURNING price", product_id
    )

    def seen() -> bool:
        asked = {"product_id": product_id + 1, "limit": 50}
        answer = httpx.post(shop.url + "/api/v1/searches", json=asked, timeout=10, trust_env=False).json()
        if answer["degraded"]:
            return False
        return {card["product_id"]: card["price"] for card in answer["results"]}.get(product_id) == str(price)

    assert wait_for(seen, BACK_S)


def check(shop: PrivateShop, shoppers: Shoppers, began_s: float, gone_s: float, ended_s: float) -> None:
    assert {each.status for each in shoppers.asked} == {200}, "a search failed"
    assert all(each.answer["results"] for each in shoppers.asked)
    quiet = shoppers.between(0, began_s)
    away = shoppers.between(gone_s + NOTICED_S, ended_s)
    assert quiet and not any(each.answer["degraded"] for each in quiet)
    assert len(away) > ENOUGH and all(AS_LAST_KNOWN in each.answer["degraded"] for each in away)
    quiet_s, away_s = (median(each.took_s for each in some) for some in (quiet, away))
    slowest_s = max(each.took_s for each in shoppers.asked)
    print(f"{len(away)} searches during the outage, median {away_s * 1000:.0f} ms, before {quiet_s * 1000:.0f} ms,"
          f" slowest {slowest_s:.2f} s")  # fmt: skip
    assert away_s < 2 * quiet_s + 0.05
    assert slowest_s < NOTICED_S + 1 + 5 * quiet_s  # a search that hung would take as long as the outage
    asked = {each.answer["query_id"] for each in shoppers.asked}

    def logged() -> bool:
        return asked <= {str(row[0]) for row in shop.sql("SELECT id FROM search_querylog")}

    assert wait_for(logged, BACK_S), "a search was not logged"
    assert len(asked) == len(shoppers.asked)
    assert shop.sql("SELECT count(*), count(DISTINCT query_id) FROM search_click")[0] == (shop.clicks, shop.clicks)
    assert shop.sql("SELECT count(*) FROM search_queryphoto") == [(shop.clicks,)]
    assert wait_for(lambda: all(path.stat().st_size == 0 for path in (shop.folder / "spool").glob("*.jsonl")), BACK_S)


def test_stopped_for_twenty_seconds(shop):
    check(shop, *outage(shop, shop.stop_postgres, shop.start_postgres, STOPPED_S))


def test_hung_without_closing_a_connection(shop):
    hang, go_on = (lambda: shop.signal_postgres(signal.SIGSTOP)), (lambda: shop.signal_postgres(signal.SIGCONT))
    check(shop, *outage(shop, hang, go_on, HUNG_S))


WORKERS = "SELECT 1 FROM procrastinate_workers WHERE last_heartbeat > now() - interval '5 s'"


def test_workers_and_what_starts_while_it_is_away_work_when_it_is_back(shop):
    """Processes that do not start PostgreSQL themselves, as where it is another machine's."""
    folder = embedded.socket_folder(shop.postgres)
    address = {"DATABASE_URL": f"postgresql://{embedded.SUPERUSER}@/sightline?host={folder}"}
    workers = [shop.start("work", **address)]  # killed at the end: what they are at may take long
    assert wait_for(lambda: shop.sql(WORKERS), BACK_S)
    shop.stop_postgres()
    try:
        workers.append(shop.start("work", **address))
        url = shop.serve(**address)

        def ask() -> httpx.Response:
            asked = {"data": {"bbox": "0,0,240,200"}, "files": {"image": ("a.jpg", picture(seed=104), "image/jpeg")}}
            return httpx.post(url + "/api/v1/searches", timeout=60, trust_env=False, **asked)

        refused = ask()
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "2")
        assert httpx.get(url + "/readyz", timeout=60, trust_env=False).status_code == 503
    finally:
        shop.start_postgres()
    assert wait_for(lambda: (found := ask()).status_code == 200 and not found.json()["degraded"], BACK_S)
    assert ask().json()["results"][0]["sku"] == "SKU-4"
    assert wait_for(lambda: len(shop.sql(WORKERS)) == 2, BACK_S)
    for worker in workers:
        assert worker.poll() is None
        worker.kill()
