"""Writing down what others will be told, in the transaction that makes it true: nothing is lost or invented."""

import uuid
from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from catalog.webhooks.models import Delivery, Event, Webhook

TASK = "catalog.deliver_webhooks"


def announce(event: Event, *data: dict) -> None:
    """One event for each of `data`, to every address that wants them. Costs one question where nobody does."""
    write(wanting(event), event.value, data)


def wanting(event: Event) -> list[Webhook]:
    return list(Webhook.objects.filter(enabled=True, events__contains=[event.value]))


def write(webhooks: list[Webhook], type: str, data: Iterable[dict]) -> None:
    if not webhooks:
        return
    now = timezone.now()
    events = [(uuid.uuid4(), one) for one in data]
    Delivery.objects.bulk_create(
        Delivery(webhook=webhook, event_id=event_id, type=type, data=one, next_at=now, created_at=now)
        for event_id, one in events
        for webhook in webhooks
    )
    transaction.on_commit(wake)


def wake() -> None:
    """Have them sent at once. Whoever is killed before this leaves it to the next minute."""
    try:
        with transaction.atomic():
            app.configure_task(TASK, queueing_lock=TASK).defer()
    except AlreadyEnqueued:
        pass
