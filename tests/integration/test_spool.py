"""What waits while the database is away is written when it is back: all of it, once."""

import json
import os
import resource
import shutil
import subprocess
import sys
import uuid
from pathlib import Path

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from catalog.models import Product
from search.errors import Unavailable, UnknownProduct
from search.models import Click, QueryLog
from search.respond import record, spool
from search.types import Hit, Query
from tests.outages import database  # noqa: F401 - a fixture

pytestmark = pytest.mark.django_db
HOLD = """
import fcntl, sys
file = open(sys.argv[1])
fcntl.flock(file, fcntl.LOCK_EX)
print("held", flush=True)
sys.stdin.read()
"""


REFUSE = """CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'not now' USING ERRCODE = '{state}'; END $$;
    CREATE TRIGGER refuse BEFORE INSERT ON search_querylog EXECUTE FUNCTION refuse()"""


@pytest.fixture
def product() -> Product:
    return Product.objects.create(sku="A", title="A")


@pytest.fixture
def waiting(settings, tmp_path, product, database) -> spool.Spool:  # noqa: F811
    """A spool of its own, with the database away."""
    settings.SIGHTLINE_SPOOL_DIR = tmp_path / "spool"
    database.away()
    return spool.spool()


def search(*product_ids: int) -> QueryLog:
    hits = [Hit(product_id, 0.5, {"image": 0.5}) for product_id in product_ids]
    return record.record(Query(text="x"), {"kind": "text"}, hits, "bundle", True, {"total": 1.0}, "generation")


def lines(waiting: spool.Spool) -> list[bytes]:
    return waiting.path.read_bytes().splitlines(keepends=True)


def test_searches_and_clicks_wait_and_are_written_once(waiting, database, product):  # noqa: F811
    log = search(product.pk, 77)
    record.record_click(str(log.pk), product.pk, 1)
    with pytest.raises(UnknownProduct):
        record.record_click(str(log.pk), 999, 1)
    assert waiting.waiting == 2
    database.back()
    copy = waiting.path.with_name("1-copy.jsonl")  # as if its process had died between writing and forgetting
    shutil.copy(waiting.path, copy)
    assert waiting.flush() == 4
    kept = QueryLog.objects.get()
    assert (kept.pk, kept.partial, kept.generation) == (log.pk, True, "generation")
    assert kept.ranking == [[product_id, 0.5, {"image": 0.5}, []] for product_id in (product.pk, 77)]
    assert (timezone.now() - kept.created_at).total_seconds() < 60
    assert (kept.clicks.get().product_id, kept.clicks.get().rank) == (product.pk, 1)
    assert not copy.exists() and lines(waiting) == [] and waiting.waiting == 0
    assert waiting.flush() == 0


def test_the_next_page_of_a_search_of_this_process_needs_no_database(waiting, product):
    log = search(product.pk)
    kept, place = record.read_cursor(record.make_cursor(log.pk, 1))
    assert (kept.ranking, kept.asked, place) == (log.ranking, log.asked, 1)
    with pytest.raises(Unavailable):
        record.read_cursor(record.make_cursor(uuid.uuid4(), 1))


def test_a_click_on_what_another_process_logged_is_judged_on_the_return(waiting, database, product):  # noqa: F811
    elsewhere = uuid.uuid4()
    record.record_click(str(elsewhere), product.pk, 1)
    record.record_click(str(elsewhere), product.pk + 1, 2)
    database.back()
    waiting.flush()
    assert waiting.waiting == 2  # the other process has not written its search yet
    QueryLog.objects.create(id=elsewhere, asked={}, ranking=[[product.pk, 0.5, {}, []]])
    waiting.flush()
    assert [click.rank for click in Click.objects.all()] == [1]


def test_a_click_that_nothing_explains_is_given_up(waiting, database, product):  # noqa: F811
    record.record_click(str(uuid.uuid4()), product.pk, 1)
    database.back()
    for _ in range(40):
        waiting.flush()
    assert waiting.waiting == 0 and not Click.objects.exists()


def test_files_of_the_dead_are_taken_over_and_those_of_the_living_left(waiting, database):  # noqa: F811
    log = search()
    dead, alive = waiting.path.with_name("1-dead.jsonl"), waiting.path.with_name("2-alive.jsonl")
    (whole,) = lines(waiting)
    other = whole.replace(str(log.pk).encode(), str(uuid.uuid4()).encode())
    dead.write_bytes(other + whole[:50])  # killed while it wrote its second line
    alive.write_bytes(other.replace(b"bundle", b"biddle"))
    database.back()
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(alive)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as owner:
        assert owner.stdout.readline() == "held\n"
        waiting.flush()
        assert QueryLog.objects.count() == 2 and alive.exists() and not dead.exists()
        owner.stdin.close()
    waiting.flush()
    assert not alive.exists()


def test_a_full_disk_loses_nothing(waiting, database):  # noqa: F811
    first = search()
    size = len(lines(waiting)[0])
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + size // 2, hard))  # the next line fits only half
    try:
        in_memory = [search(), search()]
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    after = search()
    assert len(lines(waiting)) == 2 and len(waiting.memory) == 2 and waiting.waiting == 4
    assert [json.loads(line)[1]["id"] for line in lines(waiting)] == [str(first.pk), str(after.pk)]
    database.back()
    waiting.flush()
    assert set(QueryLog.objects.values_list("pk", flat=True)) == {log.pk for log in (first, *in_memory, after)}
    assert waiting.waiting == 0 and not waiting.memory


@pytest.mark.parametrize("state", ["53100", "25006"])
def test_a_database_that_is_full_or_read_only_holds_up_no_search(waiting, database, state):  # noqa: F811
    database.back()
    with connection.cursor() as cursor:
        cursor.execute(REFUSE.format(state=state))
    log = search()
    with pytest.raises(DatabaseError), transaction.atomic():
        waiting.flush()
    assert waiting.waiting == len(lines(waiting)) == 1
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER refuse ON search_querylog")
    waiting.flush()
    assert QueryLog.objects.get().pk == log.pk


def test_memory_is_bounded(tmp_path):
    small = spool.Spool(tmp_path / "file" / "no folder", max_in_memory=3)
    (tmp_path / "file").write_text("")
    before = spool.DROPPED._value.get()
    for number in range(5):
        small.put("search_querylog", {"id": number})
    assert len(small.memory) == 3 and spool.DROPPED._value.get() == before + 2


def test_a_row_that_can_never_be_written_holds_up_no_other(waiting, database):  # noqa: F811
    log = search()
    waiting.put("search_querylog", {"id": "no uuid", "asked": {}})
    waiting.put("no_such_table; DROP TABLE catalog_product", {"id": 1})
    database.back()
    waiting.flush()
    assert QueryLog.objects.get().pk == log.pk and lines(waiting) == []


def test_more_than_one_batch(waiting, database):  # noqa: F811
    for _ in range(spool.BATCH + 50):
        search(*range(20))
    database.back()
    assert waiting.flush() == QueryLog.objects.count() == spool.BATCH + 50


def test_a_line_waits_for_the_disk_in_the_background(waiting, monkeypatch):
    synced = []
    monkeypatch.setattr(os, "fdatasync", synced.append)
    search()
    assert synced == []
    waiting.sync()
    assert synced == [waiting.file] and Path(waiting.path).stat().st_mode & 0o777 == 0o600
