"""Feeds that come by themselves, from a real server on the loopback address."""

import os
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.utils import timezone

from catalog.feeds import job, schedule
from catalog.feeds.models import FeedSource, Import
from catalog.models import Offer, Product
from catalog.webhooks.models import Webhook
from tests.people import person

pytestmark = pytest.mark.django_db(transaction=True)
FEED = b"id,title,price\nA,Sofa,5 EUR\n"


class Server(BaseHTTPRequestHandler):
    """One feed with an ETag; `status` and `body` are the test's to set."""

    status, body, asked = 200, FEED, []

    def do_GET(self):
        etag = f'"{hash(Server.body)}"'
        Server.asked.append(self.headers.get("If-None-Match"))
        same = self.headers.get("If-None-Match") == etag
        self.send_response(304 if same else Server.status)
        self.send_header("ETag", etag)
        self.send_header("Content-Length", "0" if same else str(len(Server.body)))
        self.end_headers()
        self.wfile.write(b"" if same else Server.body)

    def log_message(self, *_):
        pass


@pytest.fixture
def source(settings):
    settings.SIGHTLINE_FETCH_ALLOW = ["127.0.0.1"]
    Server.status, Server.body, Server.asked = 200, FEED, []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    location = f"http://127.0.0.1:{server.server_port}/feed.csv"
    yield FeedSource.objects.create(
        name="Main", kind="url", location=location, every_minutes=30, next_at=timezone.now()
    )
    server.shutdown()
    server.server_close()


def tick(source: FeedSource) -> None:
    """The next time has come, and the worker does what is due."""
    FeedSource.objects.filter(pk=source.pk).update(next_at=timezone.now() - timedelta(seconds=1))
    schedule.fetch_due()
    for pk in Import.objects.filter(ended_at=None).values_list("pk", flat=True):
        job.work(pk)
    source.refresh_from_db()


def test_a_feed_is_fetched_in_time_and_only_when_it_changed(source):
    tick(source)
    assert Product.objects.get().source == source
    assert (source.failures, source.next_at > timezone.now()) == (0, True)
    tick(source)
    assert Server.asked[1] is not None
    assert Import.objects.count() == 1  # the second brought nothing new
    Server.body = FEED.replace(b"5 EUR", b"6 EUR")
    tick(source)
    assert (Import.objects.count(), Offer.objects.get().price) == (2, 6)


def test_failures_are_shown_and_it_goes_on_trying(source):
    Server.status = 500
    tick(source)
    tick(source)
    assert (source.failures, "500" in source.last_error) == (2, True)
    Server.status = 200
    tick(source)
    assert (source.failures, source.last_error, Product.objects.count()) == (0, "", 1)


def test_a_file_that_is_no_feed_any_more_is_asked_for_again(source):
    tick(source)
    Server.body = b"<html>Down for maintenance</html>"
    tick(source)
    assert (source.failures, "web page" in source.last_error) == (1, True)
    Server.body = FEED
    tick(source)
    assert source.failures == 0


def test_private_addresses_are_refused(source, settings):
    settings.SIGHTLINE_FETCH_ALLOW = []
    tick(source)
    assert (source.failures, Server.asked) == (1, [])


def test_a_busy_source_is_not_started_twice(source):
    schedule.fetch_due()
    FeedSource.objects.update(next_at=timezone.now() - timedelta(seconds=1))
    assert schedule.fetch_due() == 0
    assert Import.objects.count() == 1


def test_old_files_go_and_those_that_pictures_come_from_stay(settings, tmp_path):
    settings.SIGHTLINE_FEEDS_DIR = tmp_path
    long_ago = timezone.now() - timedelta(days=30)
    kept, gone = (Import.objects.create(name=name, state="finished", ended_at=long_ago) for name in "ab")
    for found in (kept, gone):
        os.makedirs(tmp_path / str(found.pk) / "pictures")
        os.utime(tmp_path / str(found.pk), (long_ago.timestamp(), long_ago.timestamp()))
    Product.objects.create(sku="A", title="a").images.create(
        source="a.jpg", folder=str(tmp_path / str(kept.pk) / "pictures")
    )
    schedule.tidy()
    assert [path.name for path in tmp_path.iterdir()] == [str(kept.pk)]


def test_files_of_an_upload_that_is_being_written_stay(settings, tmp_path):
    settings.SIGHTLINE_FEEDS_DIR = tmp_path
    (tmp_path / "999").mkdir()  # its row is not committed yet
    schedule.tidy()
    assert (tmp_path / "999").is_dir()


def test_pictures_are_found_in_their_folder_behind_a_link_too(settings, tmp_path):
    (tmp_path / "disk").mkdir()
    (tmp_path / "feeds").symlink_to(tmp_path / "disk")
    settings.SIGHTLINE_FEEDS_DIR = tmp_path / "feeds"
    folder = tmp_path / "feeds" / "1"
    folder.mkdir()
    os.utime(folder, (0, 0))
    Product.objects.create(sku="A", title="a").images.create(source="a.jpg", folder=f"{folder}/pictures")
    schedule.tidy()
    assert folder.is_dir()


NO_ID = b"number,title,price\nA,Sofa,5 EUR\n"


def test_one_that_waits_for_a_yes_ends_like_every_other_when_the_feed_has_changed(source):
    hook = Webhook.objects.create(url="https://a.example/", events=["import.finished"], salt="s", created_by="ada")
    waiting = Import.objects.create(source=source, name="a", state="checked", run_when_checked=True)
    tick(source)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.superseded_by.state) == ("superseded", "finished")
    assert hook.deliveries.order_by("pk").first().data["import_id"] == waiting.pk


def test_columns_that_nobody_knows_hold_up_no_schedule(source, client):
    Server.body = NO_ID
    tick(source)
    first = Import.objects.get()
    tick(source)  # the same file: it need not be looked at twice
    assert (Import.objects.get(), source.last_error) == (first, first.reason)
    Server.status = 500
    tick(source)
    Server.status, Server.body = 200, NO_ID + b"B,Lamp,6 EUR\n"
    tick(source)
    first.refresh_from_db()
    second = first.superseded_by
    assert (first.state, second.state, second.reason) == ("superseded", "uploaded", source.last_error)
    client.force_login(person("catalog-admin"))
    assert "It waits for you" in client.get("/manage/feeds/").content.decode()
    assert "fetched again at" in client.get(f"/manage/feeds/{second.pk}/").content.decode()
    mapped = client.post(f"/manage/feeds/{first.pk}/columns/", {"field-0": "id", "field-1": "title"})
    assert mapped.url == f"/manage/feeds/{second.pk}/"  # whoever sat at the older one has not worked for nothing
    job.work(second.pk)
    assert sorted(Product.objects.values_list("sku", flat=True)) == ["A", "B"]


def test_a_feed_that_is_again_as_it_was_leaves_nothing_to_say(source):
    tick(source)
    Server.body = NO_ID
    tick(source)
    assert source.last_error
    Server.body = FEED
    tick(source)
    assert source.last_error == ""
    assert list(Import.objects.values_list("state", flat=True)) == ["superseded", "finished"]


def test_a_source_that_breaks_holds_up_no_other(source, monkeypatch):
    broken = FeedSource.objects.create(name="Broken", kind="folder", location="x", every_minutes=5)
    FeedSource.objects.filter(pk=broken.pk).update(next_at=timezone.now() - timedelta(hours=1))
    start = schedule.fetch_now

    def fetch_now(one, **how):
        if one.pk == broken.pk:
            raise PermissionError("x")
        return start(one, **how)

    monkeypatch.setattr(schedule, "fetch_now", fetch_now)
    assert schedule.fetch_due() == 1
    broken.refresh_from_db()
    assert (broken.failures, broken.last_error) == (1, "PermissionError: x")
