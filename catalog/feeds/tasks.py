"""What the worker does with feeds. A job that was killed is given to another worker and goes on where it stood."""

import logging

from django.db import DatabaseError, InterfaceError
from procrastinate import JobContext, RetryStrategy
from procrastinate.contrib.django import app

from catalog.feeds import schedule
from catalog.feeds.job import work
from catalog.feeds.models import Import
from catalog.feeds.moves import JOB, end, enqueue
from catalog.priority import Priority

MAX_ATTEMPTS = 12  # a database that restarts costs one
IMPORTS = "catalog.imports"  # one at a time: they share the disk, the memory and the rows
UNFORESEEN = (
    "It failed {attempt} times for a reason that nobody foresaw, and was ended. What was imported until then stays. "
    "Whoever runs this shop finds more in the worker's log under “import {number}”: {error}"
)
log = logging.getLogger(__name__)


@app.task(
    name=JOB,
    pass_context=True,
    priority=Priority.IMPORT,
    lock=IMPORTS,
    retry=RetryStrategy(max_attempts=MAX_ATTEMPTS, linear_wait=3),
)
def run_import(context: JobContext, import_id: int) -> None:
    """What may work later is tried again from where it stood; what fails each time ends the import."""
    attempt = context.job.attempts + 1
    if attempt > MAX_ATTEMPTS:  # no exception ended the attempts before: each took its worker with it
        end(import_id, Import.State.FAILED, "The worker died each time it took this import.")
        return
    try:
        work(import_id, context.should_abort)
    except (DatabaseError, InterfaceError):
        raise
    except Exception as error:
        if attempt < MAX_ATTEMPTS // 2:
            raise
        log.error("import %s failed %s times", import_id, attempt, exc_info=error)
        end(import_id, Import.State.FAILED, UNFORESEEN.format(attempt=attempt, number=import_id, error=repr(error)))
        return
    if context.should_abort():
        enqueue(import_id)  # this worker has to end, another one goes on


@app.periodic(cron="* * * * *")
@app.task(name="catalog.fetch_feeds", queueing_lock="catalog.fetch_feeds", priority=Priority.IMPORT)
def fetch_feeds(timestamp: int | None = None) -> None:
    """Starts scheduled feeds, and gives imports a job that have lost theirs."""
    schedule.requeue_forgotten()
    schedule.fetch_due()


@app.periodic(cron="41 3 * * *")
@app.task(name="catalog.tidy_imports", queueing_lock="catalog.tidy_imports")
def tidy_imports(timestamp: int | None = None) -> None:
    """Deletes files and dry runs of imports that ended long ago."""
    schedule.tidy()
