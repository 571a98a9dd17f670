"""What the worker tidies up."""

from django.core.management import call_command
from procrastinate.contrib.django import app

from access import idempotency


@app.periodic(cron="13 * * * *")
@app.task(name="access.forget_answers", queueing_lock="access.forget_answers")
def forget_answers(timestamp: int | None = None) -> None:
    """Answers that no repetition can ask for any more."""
    while idempotency.purge():
        pass


@app.periodic(cron="41 3 * * *")
@app.task(name="access.forget_sessions", queueing_lock="access.forget_sessions")
def forget_sessions(timestamp: int | None = None) -> None:
    """Sessions that have ended."""
    call_command("clearsessions")
