"""Emptying the outbox. A killed worker may send an event twice, under the same id, and never not at all."""

import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial

from django.db import transaction
from django.utils import timezone

from catalog.webhooks.models import Delivery, Webhook
from catalog.webhooks.send import Outcome, open_client, send

AT_ONCE = 8  # addresses; each gets its events one after the other
TAKEN = 200
BUSY_S = 30.0
WAITS_S = (5, 60, 300, 1800, 7200, 18_000, 36_000, 50_400)  # after the first failure, the second, ...; a day and a half
GIVE_UP_AFTER = timedelta(days=3)  # of nothing but failures
KEPT = timedelta(days=30)
GONE = 410


def deliver_due() -> bool:
    """Send what is due, for half a minute at most. True if there is more."""
    until = time.monotonic() + BUSY_S
    silent: set[int] = set()  # addresses that did not answer: the rest of theirs waits for the next minute
    while waiting := due(silent):
        by_webhook = defaultdict(list)
        for delivery in waiting:
            by_webhook[delivery.webhook_id].append(delivery)
        with ThreadPoolExecutor(AT_ONCE) as threads:
            for outcomes in threads.map(partial(send_in_turn, until=until), by_webhook.values()):
                for delivery, outcome in outcomes:
                    note(delivery, outcome)
                    if outcome.status is None:
                        silent.add(delivery.webhook_id)
        if time.monotonic() > until:
            return True
    return False


def due(silent: set[int]) -> list[Delivery]:
    """The oldest first. Disabled addresses keep theirs until they are enabled again."""
    waiting = Delivery.objects.filter(state=Delivery.State.WAITING, next_at__lte=timezone.now(), webhook__enabled=True)
    return list(waiting.exclude(webhook__in=silent).select_related("webhook").order_by("pk")[:TAKEN])


def send_in_turn(deliveries: list[Delivery], until: float) -> list[tuple[Delivery, Outcome]]:
    """Those of one address, till the time is up: a slow one holds up the others no longer than that.

    One that does not answer is left alone with the rest: each would wait as long.
    """
    outcomes = []
    with open_client() as client:
        for delivery in deliveries:
            outcomes.append((delivery, send(client, delivery)))
            if outcomes[-1][1].status is None or time.monotonic() > until:
                break
    return outcomes


@transaction.atomic
def note(delivery: Delivery, outcome: Outcome) -> None:
    """Write down how an attempt went, and when the next one is."""
    now = timezone.now()
    attempts = delivery.attempts + 1
    values = {"attempts": attempts, "status": outcome.status, "answer": outcome.answer, "took_ms": outcome.took_ms}
    if outcome.ok:
        values |= {"state": Delivery.State.DELIVERED, "ended_at": now}
    elif attempts > len(WAITS_S):
        values |= {"state": Delivery.State.FAILED, "ended_at": now}
    else:
        values["next_at"] = now + timedelta(seconds=WAITS_S[attempts - 1])
    Delivery.objects.filter(pk=delivery.pk).update(**values)
    judge(delivery.webhook_id, outcome, now)


def judge(webhook_id: int, outcome: Outcome, now) -> None:
    """An address that only fails is left alone after some days, and at once where it says that it is gone."""
    webhooks = Webhook.objects.filter(pk=webhook_id)
    if outcome.ok:
        webhooks.exclude(failing_since=None).update(failing_since=None)
        return
    webhooks.filter(failing_since=None).update(failing_since=now)
    if outcome.status == GONE:
        webhooks.update(enabled=False, disabled_why="The address answered 410: it is gone.")
    webhooks.filter(failing_since__lt=now - GIVE_UP_AFTER, enabled=True).update(
        enabled=False, disabled_why=f"Nothing could be delivered for {GIVE_UP_AFTER.days} days."
    )


def forget(limit: int = 5_000) -> int:
    """Delete what is older than a month, the oldest first; at most so many in one statement."""
    old = Delivery.objects.filter(created_at__lt=timezone.now() - KEPT).order_by("created_at").values("pk")[:limit]
    deleted, _ = Delivery.objects.filter(pk__in=old).delete()
    return deleted
