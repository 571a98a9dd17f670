"""What an admin sees of webhooks."""

from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from catalog.webhooks.models import Delivery, Webhook

PAGE = 50


@dataclass(frozen=True, slots=True)
class Page:
    """`before`: where the next page begins; empty on the last."""

    rows: tuple[Delivery, ...]
    before: str


def webhooks() -> QuerySet[Webhook]:
    """Each with `waiting` and `failed`, how many of its events do so or have."""
    waiting = Count("deliveries", filter=Q(deliveries__state=Delivery.State.WAITING))
    failed = Count("deliveries", filter=Q(deliveries__state=Delivery.State.FAILED))
    return Webhook.objects.annotate(waiting=waiting, failed=failed)


def deliveries(webhook_id: int, before: str) -> Page:
    """The newest first, from below the id `before`."""
    rows = Delivery.objects.filter(webhook=webhook_id)
    if before.isascii() and before.isdigit() and len(before) < 19:
        rows = rows.filter(pk__lt=int(before))
    found = tuple(rows[: PAGE + 1])
    return Page(found[:PAGE], str(found[PAGE - 1].pk) if len(found) > PAGE else "")
