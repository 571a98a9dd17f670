"""What tests share: a real PostgreSQL, a small catalog with real pictures, and marks by folder."""

import csv
import io
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from PIL import Image, ImageDraw
from xdist.scheduler import LoadScopeScheduling

from search import remembered, serving
from tests import shop as shops
from tests.emptied import empty, flushes_by_deleting
from webapp import embedded

MARK_BY_FOLDER = {"integration": "postgres", "acceptance": "browser"}
# What takes long, or mostly waits, comes first where several workers share a run, and folders from the back: a worker
# that is left alone at the end has only short ones to do.
LONGEST = ("acceptance", "test_index_failures_postgres", "test_build_killed", "test_demo_command", "test_ingest_killed")

VECTOR_INDEXES = """
    SELECT each.relname FROM pg_index
    JOIN pg_class each ON each.oid = indexrelid JOIN pg_am kind ON kind.oid = each.relam
    WHERE indrelid = 'search_imagevector'::regclass AND kind.amname = 'hnsw'
"""

if os.environ.pop("PYTHONDONTWRITEBYTECODE", None):  # or each of the hundred processes that tests start compiles it all
    os.environ.setdefault("PYTHONPYCACHEPREFIX", str(settings.VAR_DIR / "pycache"))


def pytest_collection_modifyitems(config, items):
    for item in items:
        folder = Path(item.path).relative_to(Path(__file__).parent).parts[0]
        if mark := MARK_BY_FOLDER.get(folder):
            item.add_marker(mark)
    if hasattr(config, "workerinput"):
        place = {item.path: -number for number, item in enumerate(items)}
        items.sort(key=lambda item: (*map(scope_of(item.nodeid).endswith, LONGEST), -place[item.path]), reverse=True)


def scope_of(nodeid: str) -> str:
    """What one worker runs whole, so that nothing which its tests share is made twice: a file, or all browser tests."""
    path = nodeid.split("::")[0].removesuffix(".py")
    return "acceptance" if "/acceptance/" in path else path


class ByScope(LoadScopeScheduling):
    def _split_scope(self, nodeid: str) -> str:
        return scope_of(nodeid)


def pytest_xdist_make_scheduler(config, log):
    return ByScope(config, log)


def pytest_sessionfinish(session):
    if not hasattr(session.config, "workerinput"):
        shutil.rmtree(settings.TEST_VAR, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_server():
    """The test server runs; nothing of it is durable."""
    if settings.EMBEDDED_POSTGRES:
        embedded.ensure_running(settings.EMBEDDED_POSTGRES, durable=False)
    shops.drop_databases_of_dead_runs()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(postgres_server):
    """pytest-django calls this before it makes the test database."""


@pytest.fixture(scope="session", autouse=True)
def quick_flush():
    with flushes_by_deleting():
        yield


@pytest.fixture(scope="module", autouse=True)
def no_files_of_others():
    """A file of tests begins with empty folders, whichever ran before it: a rollback leaves what was stored."""
    shutil.rmtree(settings.TEST_VAR, ignore_errors=True)


@pytest.fixture(autouse=True)
def nothing_left_behind(request, django_db_blocker):
    """Jobs and vector indexes that a test commits: no model of Django's stands for them, so its flush leaves them."""
    yield
    mark = request.node.get_closest_marker("django_db")
    if mark and mark.kwargs.get("transaction"):
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '30s'")
            empty("procrastinate_periodic_defers", "procrastinate_events", "procrastinate_jobs")
            cursor.execute(VECTOR_INDEXES)
            for (name,) in cursor.fetchall():
                cursor.execute(f'DROP INDEX IF EXISTS "{name}"')
            cursor.execute("RESET lock_timeout")


@pytest.fixture(autouse=True)
def empty_cache():
    cache.clear()
    remembered.forget()
    serving.forget()


def picture(seed: int = 0, size: tuple[int, int] = (240, 200), format: str = "JPEG", **save) -> bytes:
    """An encoded picture of some shapes on white; another seed gives another picture."""
    random = np.random.default_rng(seed)
    image = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(image)
    for _ in range(6):
        x, y = random.integers(0, size[0] - 60), random.integers(0, size[1] - 60)
        colour = tuple(int(value) for value in random.integers(0, 230, 3))
        draw.rectangle((x, y, x + random.integers(20, 60), y + random.integers(20, 60)), fill=colour)
    file = io.BytesIO()
    image.save(file, format, **save)
    return file.getvalue()


@pytest.fixture
def feed(tmp_path):
    """Writes a feed of dicts, and pictures for the paths it names, into one folder; returns the feed's path."""

    def write(rows: list[dict], name: str = "feed.csv") -> Path:
        path = tmp_path / name
        columns = list(dict.fromkeys(column for row in rows for column in row))
        with open(path, "w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, columns)
            writer.writeheader()
            writer.writerows(rows)
        for row in rows:
            for source in f"{row.get('image_link', '')},{row.get('additional_image_link', '')}".split(","):
                if source and "//" not in source and not (tmp_path / source).exists():
                    (tmp_path / source).write_bytes(picture(seed=sum(source.encode())))
        return path

    return write


@pytest.fixture(scope="session")
def stocked_shop(postgres_server, tmp_path_factory):
    """A shop with part of the demo catalog, in which nothing runs: others are copies of it."""
    shop = shops.new_shop("stocked", tmp_path_factory.mktemp("stocked"))
    try:
        feed = shops.part_of_demo(tmp_path_factory.mktemp("feed") / "feed.csv", products=60)
        shop.manage("import_feed", str(feed), "--images", str(shops.DEMO))
        shop.manage("work", "--until-empty")
        yield shop
    finally:
        shop.close()


@pytest.fixture(scope="session")
def shop(stocked_shop, tmp_path_factory):
    """A running shop: `shop.url` answers. One for all browser tests."""
    shop = stocked_shop.copy("shop", tmp_path_factory.mktemp("shop"))
    try:
        shop.serve()
        yield shop
    finally:
        shop.close()


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """A Chromium to run. Without one browser tests are skipped, unless SIGHTLINE_REQUIRE_BROWSER=1."""
    path = shops.find_chromium()
    if path is None and os.environ.get("SIGHTLINE_REQUIRE_BROWSER") == "1":
        pytest.fail("SIGHTLINE_REQUIRE_BROWSER is set and no Chromium was found")
    return path or pytest.skip("no Chromium was found")
