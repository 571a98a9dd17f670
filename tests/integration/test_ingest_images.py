"""One picture's way: pending -> inspected | rejected | failed. The embedding belongs to search."""

import io
from types import SimpleNamespace

import pytest
from django.core.files.storage import default_storage
from PIL import Image as PillowImage
from procrastinate.contrib.django.models import ProcrastinateJob

from catalog import services, tasks
from catalog.errors import FetchFailed
from catalog.ingest import inspect, sources
from catalog.ingest.judge import Judgement
from catalog.models import Image, Product
from tests.conftest import picture

pytestmark = pytest.mark.django_db


@pytest.fixture
def image(tmp_path):
    (tmp_path / "a.jpg").write_bytes(picture(seed=1, size=(1600, 1200)))
    product = Product.objects.create(sku="A", title="Sofa")
    return Image.objects.create(product=product, source="a.jpg", folder=str(tmp_path))


def run_job(image, attempts=0):
    tasks.attempt(SimpleNamespace(job=SimpleNamespace(attempts=attempts)), image.pk, inspect.inspect_pending)
    image.refresh_from_db()


def embeddings() -> int:
    return ProcrastinateJob.objects.filter(task_name="search.embed_image").count()


def test_a_good_picture_is_cleaned_and_handed_on(image, tmp_path):
    exif = PillowImage.Exif()
    exif[0x010F] = "Maker"
    (tmp_path / "a.jpg").write_bytes(picture(seed=1, size=(1600, 1200), exif=exif))
    run_job(image)
    assert (image.status, image.reason, image.attempts) == ("inspected", "", 1)
    with default_storage.open(image.file) as file:
        stored = PillowImage.open(io.BytesIO(file.read()))
    assert stored.size == (image.width, image.height) == (1024, 768)
    assert not stored.getexif()
    assert len(image.sha256) == 64
    assert image.colours[0].keys() == {"name", "share"}
    assert embeddings() == 1


def test_the_same_job_twice_does_nothing_twice(image):
    run_job(image)
    run_job(image)
    assert embeddings() == 1
    stale = Image.objects.get(pk=image.pk)
    inspect.finish(stale, stale.file, inspect.inspect(PillowImage.new("RGB", (9, 9)), b""), Judgement(), b"")  # it lost
    assert embeddings() == 1


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"not a picture at all", ""),
        (picture()[:400], ""),
        (picture(size=(62, 62)), "62"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", ""),
    ],
)
def test_a_bad_picture_is_rejected_at_once(image, tmp_path, data, reason):
    (tmp_path / "a.jpg").write_bytes(data)
    run_job(image)
    assert image.status == "rejected"
    assert image.reason and reason in image.reason
    assert (image.file, embeddings()) == ("", 0)


def test_a_missing_file_is_rejected(image):
    Image.objects.update(source="b.jpg")
    run_job(image)
    assert (image.status, image.reason) == ("rejected", sources.SourceMissing.__doc__)


def test_a_link_that_leads_out_is_rejected(image, tmp_path):
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "link.jpg").symlink_to(tmp_path / "a.jpg")
    Image.objects.update(source="link.jpg", folder=str(folder))
    run_job(image)
    assert (image.status, image.reason) == ("rejected", "This path leads out of the feed's folder.")


def test_a_private_address_is_rejected(image):
    Image.objects.update(source="http://169.254.169.254/latest/meta-data/")
    run_job(image)
    assert image.status == "rejected"
    assert "private network" in image.reason


def test_what_may_work_later_is_tried_again_and_then_failed(image, monkeypatch):
    def unreachable(*_):
        raise FetchFailed

    monkeypatch.setattr(inspect, "read_bytes", unreachable)
    with pytest.raises(FetchFailed):
        run_job(image, attempts=3)
    image.refresh_from_db()
    assert (image.status, image.attempts) == ("pending", 4)
    run_job(image, attempts=4)
    assert (image.status, image.reason, image.attempts) == ("failed", FetchFailed.__doc__, 5)


def test_a_picture_that_kills_its_worker_is_given_up(image):
    run_job(image, attempts=5)
    assert image.status == "failed"


def test_only_an_inspected_picture_becomes_indexed(image):
    assert not services.mark_indexed(image.pk)
    run_job(image)
    assert services.mark_indexed(image.pk)
    assert services.mark_indexed(image.pk)  # another bundle's vector for the same picture
    image.refresh_from_db()
    assert image.status == "indexed"
    assert not services.mark_failed(image.pk, "too late")


def test_files_go_with_the_last_picture_that_shows_them(image, tmp_path, django_capture_on_commit_callbacks):
    run_job(image)
    twin = Image.objects.create(product=image.product, source="b.jpg", file=image.file, status="indexed")
    with django_capture_on_commit_callbacks(execute=True):
        services.delete_images(Image.objects.filter(pk=image.pk))
    assert default_storage.exists(twin.file)
    with django_capture_on_commit_callbacks(execute=True):
        services.delete_products(["A"])
    assert not default_storage.exists(twin.file)


def test_a_picture_without_a_job_gets_one(image):
    assert tasks.requeue_forgotten() == 1
    assert tasks.requeue_forgotten() == 0
    assert ProcrastinateJob.objects.get().task_name == "catalog.inspect_image"
