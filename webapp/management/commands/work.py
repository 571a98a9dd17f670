"""`manage.py work`: one worker. Takes jobs from the queue until it is told to stop."""

import asyncio
import logging
import os
from contextlib import suppress

import psycopg
from django.core.management.base import BaseCommand
from procrastinate import PsycopgConnector
from procrastinate.connector import BaseConnector
from procrastinate.contrib.django import app
from procrastinate.contrib.django.utils import connector_params
from procrastinate.exceptions import ConnectorException
from procrastinate.signals import on_stop

from catalog import outage

HEARTBEAT_S = 2.0
DEAD_AFTER_S = 10.0  # a worker that was killed is noticed, and its jobs given to others, within this time
LOOK_FOR_DEAD_S = 5.0
LOOK_FOR_JOBS_S = 1.0  # a notification that comes while the worker looks for a job is lost
CONNECTION_S = 10.0  # what no connection is found for in this time has lost the database
LOOK_FOR_DATABASE_S = 1.0
SHUTDOWN_S = 5.0
NICENESS = 5  # shoppers' queries go first
LONG_JOBS = 2  # a merge and an import hold their slots for minutes; by their locks there is one of each at a time
log = logging.getLogger(__name__)


class WorkerConnector(PsycopgConnector):
    """The worker's own pool, but jobs that a task defers are written in the task's transaction.

    On a connection of its own such a job can be taken before the rows are committed that it is about, and finds nothing
    to do.
    """

    def __init__(self, tasks: BaseConnector) -> None:
        super().__init__(kwargs=connector_params(), timeout=CONNECTION_S)
        self.tasks = tasks

    def get_sync_connector(self) -> BaseConnector:
        return self.tasks


class Command(BaseCommand):
    help = "Run a worker: inspects and embeds pictures, keeps the index, purges expired photos."

    def add_arguments(self, parser):
        parser.add_argument("--concurrency", type=int, default=int(os.environ.get("SIGHTLINE_CONCURRENCY", "2")))
        parser.add_argument("--until-empty", action="store_true", help="stop when no job is left")

    def handle(self, *, concurrency: int, until_empty: bool, **options):
        os.nice(NICENESS)
        asyncio.run(work(concurrency, wait=not until_empty))


async def work(concurrency: int, wait: bool) -> None:
    """Until it is told to stop. A worker whose database goes away, or is not there yet, begins anew when it is back."""
    stop = asyncio.Event()
    with on_stop(stop.set):
        while not stop.is_set():
            try:
                await work_once(concurrency, wait, stop)
            except (ConnectorException, psycopg.Error) as error:
                if not wait or not outage.lost(error.__cause__ or error):
                    raise
                log.warning("the worker has lost the database: %s", error)
            if not wait:
                return
            await until_database_answers(stop)


async def until_database_answers(stop: asyncio.Event) -> None:
    """Asked here, since a pool asks less and less often."""
    while not stop.is_set() and not await asyncio.to_thread(outage.answers):
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), LOOK_FOR_DATABASE_S)


async def work_once(concurrency: int, wait: bool, stop: asyncio.Event) -> None:
    """Raises ConnectorException or psycopg.Error; what the worker notices by itself only ends it."""
    with app.replace_connector(WorkerConnector(app.connector)):
        async with app.open_async():
            worker = asyncio.create_task(
                app.run_worker_async(
                    concurrency=concurrency + LONG_JOBS,
                    wait=wait,
                    delete_jobs="successful",
                    update_heartbeat_interval=HEARTBEAT_S,
                    stalled_worker_timeout=DEAD_AFTER_S,
                    shutdown_graceful_timeout=SHUTDOWN_S,
                    fetch_job_polling_interval=LOOK_FOR_JOBS_S,
                    install_signal_handlers=False,
                )
            )
            others = [asyncio.create_task(rescue_jobs()), asyncio.create_task(stop.wait())]
            await asyncio.wait([worker, others[1]], return_when=asyncio.FIRST_COMPLETED)
            for task in (worker, *others):
                task.cancel()
            with suppress(asyncio.CancelledError):
                await worker


async def rescue_jobs() -> None:
    """Put jobs whose worker is gone back into the queue. Steps are idempotent, so a slow worker does no harm."""
    while True:
        try:
            for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=DEAD_AFTER_S):
                await app.job_manager.retry_job(job)
        except ConnectorException as error:
            log.warning("jobs of workers that are gone could not be looked for: %s", error)
        await asyncio.sleep(LOOK_FOR_DEAD_S)
