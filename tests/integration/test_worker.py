"""The worker's queue: what a task defers belongs to the task's own transaction."""

import asyncio

import pytest
from asgiref.sync import sync_to_async
from django.db import connection, transaction
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from tests import shop as shops
from webapp.management.commands.work import WorkerConnector

pytestmark = pytest.mark.django_db(transaction=True)
TASK = "catalog.inspect_image"


class Undone(Exception):
    pass


@pytest.fixture(autouse=True)
def empty_queue(transactional_db):
    """Jobs are in no model of ours, so no test's end empties their table."""
    yield
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")


def in_a_task(step) -> None:
    """Run it where a worker runs its tasks: in a thread, beside the loop that holds the worker's own connections."""

    def run():
        try:
            step()
        finally:
            connection.close()

    async def work() -> None:
        async with app.open_async():
            await sync_to_async(run, thread_sensitive=False)()

    with app.replace_connector(WorkerConnector(app.connector)):
        asyncio.run(work())


def test_no_other_worker_sees_a_job_before_the_rows_that_it_is_about():
    seen = []

    def step():
        with transaction.atomic():
            app.configure_task(TASK).defer(image_id=1)
            with shops.server_connection(connection.settings_dict["NAME"]) as other:
                seen.append(other.execute("SELECT count(*) FROM procrastinate_jobs").fetchone()[0])

    in_a_task(step)
    assert seen == [0]
    assert ProcrastinateJob.objects.get().task_name == TASK


def test_what_is_rolled_back_leaves_no_job():
    def step():
        with pytest.raises(Undone), transaction.atomic():
            app.configure_task(TASK).defer(image_id=1)
            app.tasks[TASK].batch_defer({"image_id": 2}, {"image_id": 3})
            raise Undone

    in_a_task(step)
    assert not ProcrastinateJob.objects.exists()
