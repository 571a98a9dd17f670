"""What the worker sends and forgets."""

from procrastinate.contrib.django import app

from catalog.webhooks import deliver
from catalog.webhooks.outbox import TASK, wake


@app.periodic(cron="* * * * *")
@app.task(name=TASK, queueing_lock=TASK, lock=TASK)
def deliver_webhooks(timestamp: int | None = None) -> None:
    """One at a time. Woken by every event; the clock brings what is to be tried again."""
    if deliver.deliver_due():
        wake()


@app.periodic(cron="23 4 * * *")
@app.task(name="catalog.forget_deliveries", queueing_lock="catalog.forget_deliveries")
def forget_deliveries(timestamp: int | None = None) -> None:
    while deliver.forget():
        pass
