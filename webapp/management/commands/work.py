"""`manage.py work`: one worker. Takes jobs from the queue until it is told to stop."""

import asyncio
import os

from django.core.management.base import BaseCommand
from procrastinate import PsycopgConnector
from procrastinate.connector import BaseConnector
from procrastinate.contrib.django import app
from procrastinate.contrib.django.utils import connector_params

HEARTBEAT_S = 2.0
DEAD_AFTER_S = 10.0  # a worker that was killed is noticed, and its jobs given to others, within this time
LOOK_FOR_DEAD_S = 5.0
LOOK_FOR_JOBS_S = 1.0  # a notification that comes while the worker looks for a job is lost
SHUTDOWN_S = 5.0
NICENESS = 5  # shoppers' queries go first
LONG_JOBS = 1  # a merge holds its slot for minutes; by its lock there is one of them at a time


class WorkerConnector(PsycopgConnector):
    """The worker's own pool, but jobs that a task defers are written in the task's transaction.

    On a connection of its own such a job can be taken before the rows are committed that it is about, and finds nothing
    to do.
    """

    def __init__(self, tasks: BaseConnector) -> None:
        super().__init__(kwargs=connector_params())
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
        with app.replace_connector(WorkerConnector(app.connector)):
            asyncio.run(work(concurrency, wait=not until_empty))


async def work(concurrency: int, wait: bool) -> None:
    async with app.open_async():
        rescuer = asyncio.create_task(rescue_jobs())
        try:
            await app.run_worker_async(
                concurrency=concurrency + LONG_JOBS,
                wait=wait,
                delete_jobs="successful",
                update_heartbeat_interval=HEARTBEAT_S,
                stalled_worker_timeout=DEAD_AFTER_S,
                shutdown_graceful_timeout=SHUTDOWN_S,
                fetch_job_polling_interval=LOOK_FOR_JOBS_S,
            )
        finally:
            rescuer.cancel()


async def rescue_jobs() -> None:
    """Put jobs whose worker is gone back into the queue. Steps are idempotent, so a slow worker does no harm."""
    while True:
        for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=DEAD_AFTER_S):
            await app.job_manager.retry_job(job)
        await asyncio.sleep(LOOK_FOR_DEAD_S)
