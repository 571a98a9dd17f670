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
    assert (source.failures, "no items" in source.last_error) == (1, True)
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
    Product.objects.create(sku="A", title="a").images.create(
        source="a.jpg", folder=str(tmp_path / str(kept.pk) / "pictures")
    )
    schedule.tidy()
    assert [path.name for path in tmp_path.iterdir()] == [str(kept.pk)]
