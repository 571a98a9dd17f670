"""What an admin does with webhooks."""

from django.db import transaction
from django.utils import timezone

from catalog.errors import UnknownDelivery, UnknownWebhook
from catalog.fetch import parse, public_address
from catalog.webhooks import outbox
from catalog.webhooks.models import Delivery, Webhook
from catalog.webhooks.sign import new_salt

TEST = "webhook.test"


def add_webhook(url: str, events: list[str], actor: str) -> Webhook:
    """Raises FetchRefused for an address that will never do."""
    parsed = parse(url)
    public_address(parsed.host, parsed.port or (443 if parsed.scheme == "https" else 80))
    return Webhook.objects.create(url=url, events=sorted(events), salt=new_salt(), created_by=actor)


def new_secret(webhook_id: int) -> Webhook:
    """From now on everything is signed with it; the old one is worth nothing."""
    return changed(webhook_id, salt=new_salt())


def enable(webhook_id: int) -> Webhook:
    """With what has been waiting for it."""
    webhook = changed(webhook_id, enabled=True, disabled_why="", failing_since=None)
    transaction.on_commit(outbox.wake)
    return webhook


def disable(webhook_id: int, actor: str) -> Webhook:
    return changed(webhook_id, enabled=False, disabled_why=f"{actor} switched it off.")


def delete_webhook(webhook_id: int) -> None:
    """With its log, and with what waits."""
    if not Webhook.objects.filter(pk=webhook_id).delete()[0]:
        raise UnknownWebhook


@transaction.atomic
def send_test(webhook_id: int) -> None:
    outbox.write([one(webhook_id)], TEST, [{"said": "Hello from Sightline."}])


@transaction.atomic
def redeliver(delivery_id: int) -> Delivery:
    """Send an event once more, under the id it had."""
    delivery = Delivery.objects.select_for_update().filter(pk=delivery_id).first()
    if delivery is None:
        raise UnknownDelivery
    delivery.state, delivery.attempts, delivery.next_at = Delivery.State.WAITING, 0, timezone.now()
    delivery.ended_at = None
    delivery.save(update_fields=["state", "attempts", "next_at", "ended_at"])
    transaction.on_commit(outbox.wake)
    return delivery


def one(webhook_id: int) -> Webhook:
    webhook = Webhook.objects.filter(pk=webhook_id).first()
    if webhook is None:
        raise UnknownWebhook
    return webhook


def changed(webhook_id: int, **values) -> Webhook:
    webhook = one(webhook_id)
    Webhook.objects.filter(pk=webhook_id).update(**values)
    webhook.refresh_from_db()
    return webhook
