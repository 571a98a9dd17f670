"""Webhooks: an event is written with what causes it, arrives signed, again until it is taken, and once it is given up
can be sent again."""

import base64
import hashlib
import hmac
import json
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from catalog.models import Image, Product
from catalog.services import mark_rejected
from catalog.webhooks import deliver, services
from catalog.webhooks.models import Delivery, Event, Webhook
from catalog.webhooks.outbox import TASK, announce
from catalog.webhooks.sign import secret_of
from tests.people import person

pytestmark = pytest.mark.django_db
PAGE = "/manage/webhooks/"


class Receiver:
    """Another program: `status` is what it answers, `got` what it was sent."""

    def __init__(self):
        self.status, self.got, outer = 200, [], self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.got.append((dict(self.headers.items()), body))
                self.send_response(outer.status)
                self.send_header("Location", "/elsewhere")
                self.end_headers()
                self.wfile.write(b"understood")

            def log_message(self, *arguments):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://localhost:{self.server.server_port}/hook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def receiver(settings):
    settings.SIGHTLINE_FETCH_ALLOW = ["localhost"]
    receiver = Receiver()
    yield receiver
    receiver.server.shutdown()
    receiver.server.server_close()


@pytest.fixture
def webhook(receiver) -> Webhook:
    return services.add_webhook(receiver.url, [event.value for event in Event], "ada")


@pytest.fixture
def image() -> Image:
    product = Product.objects.create(sku="S-1", title="Lund sofa")
    return Image.objects.create(product=product, source="a.jpg")


def later(**time) -> None:
    Delivery.objects.update(next_at=timezone.now() - timedelta(**time))


def test_a_rejected_picture_is_told_signed(webhook, receiver, image):
    assert mark_rejected(image.pk, "This is no picture.")
    assert not mark_rejected(image.pk, "again")  # nothing happened, so nothing is told
    assert deliver.deliver_due() is False
    (headers, body), *more = receiver.got
    said = json.loads(body)
    assert said["type"] == "image.rejected" and more == []
    assert said["data"] == {
        "image_id": image.pk, "sku": "S-1", "status": "rejected", "reason": "This is no picture."
    }  # fmt: skip
    content = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    key = base64.b64decode(secret_of(webhook).removeprefix("whsec_"))
    signature = base64.b64encode(hmac.digest(key, content, hashlib.sha256)).decode()
    assert headers["webhook-signature"] == f"v1,{signature}"
    row = Delivery.objects.get()
    assert (row.state, row.status, row.answer, row.attempts) == ("delivered", 200, "understood", 1)


@pytest.mark.django_db(transaction=True)
def test_an_event_lives_and_dies_with_its_transaction(webhook):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        announce(Event.IMAGE_REJECTED, {"image_id": 1})
        raise ZeroDivisionError
    assert not Delivery.objects.exists()
    for _ in range(2):
        with transaction.atomic():
            announce(Event.IMAGE_REJECTED, {"image_id": 1}, {"image_id": 2})
    assert Delivery.objects.count() == 4 and ProcrastinateJob.objects.filter(task_name=TASK).count() == 1


def test_only_what_was_asked_for_is_told(webhook):
    Webhook.objects.update(events=["import.finished"])
    announce(Event.IMAGE_REJECTED, {"image_id": 1})
    services.disable(webhook.pk, "ada")
    announce(Event.IMPORT_FINISHED, {"import_id": 1})
    assert not Delivery.objects.exists()


def test_what_is_refused_is_tried_again_under_the_same_id_and_given_up_at_last(webhook, receiver):
    receiver.status = 500
    announce(Event.IMAGE_REJECTED, {"image_id": 1})
    waits = []
    for _ in range(len(deliver.WAITS_S) + 1):
        deliver.deliver_due()
        deliver.deliver_due()  # not due yet
        waits.append((Delivery.objects.get().next_at - timezone.now()).total_seconds())
        later(seconds=1)
    assert [round(wait, -1) for wait in waits[1:-1]] == list(deliver.WAITS_S[1:])
    assert Delivery.objects.get().state == "failed" and len(receiver.got) == len(deliver.WAITS_S) + 1
    assert len({headers["webhook-id"] for headers, _ in receiver.got}) == 1

    receiver.status = 204
    services.redeliver(Delivery.objects.get().pk)
    deliver.deliver_due()
    assert Delivery.objects.get().state == "delivered" and Webhook.objects.get().failing_since is None


def test_a_redirect_is_not_followed(webhook, receiver):
    receiver.status = 307
    announce(Event.IMAGE_REJECTED, {"image_id": 1})
    deliver.deliver_due()
    assert len(receiver.got) == 1 and Delivery.objects.get().state == "waiting"


def test_an_address_that_leads_inside_is_refused_when_added_and_when_sent_to(webhook, receiver, settings):
    settings.SIGHTLINE_FETCH_ALLOW = []
    announce(Event.IMAGE_REJECTED, {"image_id": 1})
    deliver.deliver_due()
    assert receiver.got == [] and "private network" in Delivery.objects.get().answer
    client_page = person("catalog-admin")
    assert client_page.has_perm("catalog.manage_catalog")
    for url in (receiver.url, "http://169.254.169.254/", "ftp://shop.example/", "https://user:pw@shop.example/"):
        with pytest.raises(Exception, match="address"):
            services.add_webhook(url, ["import.finished"], "ada")
    assert Webhook.objects.count() == 1


def test_one_that_does_not_answer_holds_nobody_up(webhook, receiver, settings):
    dead = Webhook.objects.create(url="http://localhost:1/", events=["import.finished"], salt="x", created_by="ada")
    announce(Event.IMPORT_FINISHED, *({"import_id": n} for n in range(3)))
    assert deliver.deliver_due() is False
    assert [json.loads(body)["data"]["import_id"] for _, body in receiver.got] == [0, 1, 2]
    tried = Delivery.objects.filter(webhook=dead).order_by("pk").values_list("attempts", flat=True)
    assert list(tried) == [1, 0, 0]


def test_one_that_only_fails_is_switched_off_and_on_again(webhook, receiver):
    receiver.status = 500
    announce(Event.IMAGE_REJECTED, {"image_id": 1})
    deliver.deliver_due()
    assert Webhook.objects.get().failing_since and Webhook.objects.get().enabled
    Webhook.objects.update(failing_since=timezone.now() - timedelta(days=4))
    later(seconds=1)
    deliver.deliver_due()
    assert Webhook.objects.get().disabled_why == "Nothing could be delivered for 3 days."
    receiver.status = 200
    later(seconds=1)
    deliver.deliver_due()
    assert Delivery.objects.get().state == "waiting"  # it waits until somebody looks after it
    services.enable(webhook.pk)
    deliver.deliver_due()
    assert Delivery.objects.get().state == "delivered"


def test_one_that_is_gone_is_switched_off_at_once(webhook, receiver):
    receiver.status = 410
    announce(Event.IMAGE_REJECTED, {"image_id": 1})
    deliver.deliver_due()
    assert not Webhook.objects.get().enabled


def test_old_deliveries_are_forgotten(webhook):
    announce(Event.IMAGE_REJECTED, {"image_id": 1}, {"image_id": 2})
    old = Delivery.objects.order_by("pk").first()
    Delivery.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=31))
    assert (deliver.forget(), Delivery.objects.count()) == (1, 1)


@pytest.fixture
def admin(client):
    client.force_login(person("catalog-admin"))
    return client


def test_the_page_shows_a_secret_once(admin, receiver):
    page = admin.post(PAGE, {"url": receiver.url, "events": ["import.finished"]})
    secret = secret_of(Webhook.objects.get())
    assert secret in page.content.decode() and secret not in admin.get(PAGE).content.decode()
    new = admin.post(f"{PAGE}{Webhook.objects.get().pk}/secret/").content.decode()
    assert secret not in new and secret_of(Webhook.objects.get()) in new


def test_the_page_refuses_what_cannot_be(admin, settings):
    for data in ({"url": "http://127.0.0.1/", "events": ["import.finished"]}, {"url": "https://a.example"}, {}):
        page = admin.post(PAGE, data)
        assert page.status_code == 422 and 'role="alert"' in page.content.decode()
    assert not Webhook.objects.exists()


def test_the_log_shows_what_was_sent_page_by_page(admin, webhook, receiver, django_assert_max_num_queries):
    announce(Event.IMAGE_REJECTED, *({"image_id": n} for n in range(60)))
    Delivery.objects.update(state="delivered")
    path = f"{PAGE}{webhook.pk}/"
    with django_assert_max_num_queries(8):
        page = admin.get(path)
    assert page.content.decode().count("Send again") == 50
    assert admin.get(f"{path}?before={page.context['page'].before}").content.decode().count("Send again") == 10
    assert admin.get(f"{path}?before=x").status_code == 200
    again = admin.post(f"{PAGE}deliveries/{Delivery.objects.first().pk}/again/", follow=True).content.decode()
    assert "under the same id" in again and "waiting" in again
    assert "Deleted" in admin.post(f"{path}delete/", follow=True).content.decode()
    for gone in (f"{path}test/", f"{path}secret/", f"{PAGE}deliveries/1/again/"):
        assert "There is no such" in admin.post(gone, follow=True).content.decode()
    assert admin.get(path).url == PAGE


def test_a_slow_one_holds_the_others_up_no_longer_than_there_is_time(webhook, receiver, monkeypatch):
    monkeypatch.setattr(deliver, "BUSY_S", 0)
    announce(Event.IMPORT_FINISHED, *({"import_id": n} for n in range(3)))
    assert deliver.deliver_due() is True
    assert len(receiver.got) == 1
