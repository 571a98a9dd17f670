"""Which job a worker takes next, as PostgreSQL says: nobody waits behind the pictures of an import."""

import pytest
from django.db import connection
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from catalog import services
from catalog.ingest.inspect import inspect_pending
from catalog.ingest.upload import add_upload
from catalog.models import Image, Product
from catalog.tasks import inspect_image
from tests.conftest import picture

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def imported():
    """The pictures of an import, which wait."""
    inspect_image.batch_defer(*({"image_id": 10**9 + number} for number in range(20)))


def taken() -> list[tuple[str, int | None]]:
    """Jobs in the order in which they are taken, up to the first of the import."""
    jobs = []
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO procrastinate_workers DEFAULT VALUES RETURNING id")
        (worker,) = cursor.fetchone()
        while not jobs or (jobs[-1][1] or 0) < 10**9:
            cursor.execute(
                "SELECT task_name, (args->>'image_id')::bigint FROM procrastinate_fetch_job_v2(NULL, %s)", [worker]
            )
            jobs.append(cursor.fetchone())
    return jobs


def test_an_upload_is_looked_at_and_encoded_before_the_pictures_of_an_import():
    Product.objects.create(sku="A", title="Sofa")
    image = add_upload("A", picture(seed=1))
    assert taken()[0] == ("catalog.inspect_image", image.pk)
    inspect_pending(image.pk)
    assert taken()[0] == ("search.embed_image", image.pk)
    assert ProcrastinateJob.objects.get(task_name="search.embed_image").priority == 0


def test_what_was_inspected_is_encoded_before_more_is_inspected(tmp_path):
    (tmp_path / "a.jpg").write_bytes(picture(seed=2))
    product = Product.objects.create(sku="A", title="Sofa")
    image = Image.objects.create(product=product, source="a.jpg", folder=str(tmp_path))
    inspect_pending(image.pk)
    assert taken()[0] == ("search.embed_image", image.pk)


def test_one_picture_that_is_tried_again_does_not_queue_up():
    product = Product.objects.create(sku="A", title="Sofa")
    images = [Image.objects.create(product=product, source=f"{n}.jpg", status="failed") for n in range(3)]
    services.requeue(Image.objects.filter(pk=images[0].pk))
    assert [job[1] for job in taken()] == [images[0].pk, 10**9]
    services.requeue(Image.objects.filter(pk__in=[images[1].pk, images[2].pk]))
    assert [job[1] for job in taken()] == [10**9 + 1]


def test_webhooks_and_the_upkeep_of_photos_do_not_wait():
    app.configure_task("search.purge_photos").defer(timestamp=0)
    assert taken()[0][0] == "search.purge_photos"
