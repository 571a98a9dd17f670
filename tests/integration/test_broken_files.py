"""Files cut short: none appears under its name, one that is there is replaced, none stops the others."""

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage, storages
from django.utils import timezone

from catalog import tasks
from catalog.ingest.inspect import inspect_pending, store
from catalog.models import Image, Product
from catalog.storage import DRAFT, WholeFileStorage
from search import photos
from search.build.embed import embed_image, fill_bundle
from search.build.register import register_bundle
from search.errors import BrokenPicture, PhotoExpired
from search.models import Bundle, ImageVector, QueryPhoto
from tests.conftest import picture

WRITE_SLOWLY = """
import sys, time
from django.conf import settings
settings.configure()
from django.core.files.base import File
from catalog.storage import WholeFileStorage
class Slow(File):
    def chunks(self, chunk_size=None):
        yield b"half of it"
        print("half", flush=True)
        time.sleep(600)
WholeFileStorage(sys.argv[1]).save("a/b.jpg", Slow(None, "b.jpg"))
"""


def shorten(name: str) -> None:
    """As a writer leaves it that is killed, or whose disk is full."""
    with open(default_storage.path(name), "r+b") as file:
        file.truncate(os.path.getsize(file.name) // 2)


@pytest.fixture
def storage(tmp_path):
    return WholeFileStorage(tmp_path)


@pytest.fixture
def make_image(db, tmp_path):
    """An inspected picture, its source beside the feed."""

    def make(number: int) -> Image:
        (tmp_path / f"{number}.jpg").write_bytes(picture(seed=number))
        product, _ = Product.objects.get_or_create(sku=f"P-{number}", title="Thing")
        image = Image.objects.create(product=product, source=f"{number}.jpg", folder=str(tmp_path))
        inspect_pending(image.pk)
        image.refresh_from_db()
        return image

    return make


def test_a_killed_writer_leaves_no_part_of_a_file(storage, tmp_path):
    command = [sys.executable, "-c", WRITE_SLOWLY, str(tmp_path)]
    writer = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=tasks.__file__.rsplit("/", 2)[0])
    assert writer.stdout.readline() == b"half\n"
    writer.send_signal(signal.SIGKILL)
    writer.communicate()
    assert not storage.exists("a/b.jpg")
    assert storage.save("a/b.jpg", ContentFile(b"whole")) == "a/b.jpg"
    assert (storage.remove_drafts(older_than_s=60), storage.remove_drafts(older_than_s=0)) == (0, 1)
    assert storage.listdir("a") == ([], ["b.jpg"])


@pytest.mark.parametrize("durable", [True, False])
def test_what_a_full_disk_refuses_leaves_nothing(tmp_path, durable):
    class Full(ContentFile):
        def chunks(self, chunk_size=None):
            yield b"half"
            raise OSError(28, "No space left on device")

    storage = WholeFileStorage(tmp_path, durable=durable)
    with pytest.raises(OSError):
        storage.save("a.jpg", Full(b"whole"))
    assert storage.listdir("") == ([], [])
    assert storage.save("a.jpg", ContentFile(b"whole")) == "a.jpg"
    assert storage.save("a.jpg", ContentFile(b"another")) != "a.jpg"
    with storage.open("a.jpg") as file:
        assert file.read() == b"whole"


def test_a_file_that_was_cut_short_is_stored_again(tmp_path):
    jpeg = picture(seed=7)
    name = store(jpeg)
    shorten(name)
    assert store(jpeg) == name
    with default_storage.open(name) as file:
        assert file.read() == jpeg
    changed = os.stat(default_storage.path(name)).st_mtime_ns
    assert store(jpeg) == name
    assert os.stat(default_storage.path(name)).st_mtime_ns == changed


def test_a_broken_file_is_repaired_when_its_picture_is_imported_again(make_image):
    image = make_image(1)
    register_bundle()
    shorten(image.file)
    with pytest.raises(BrokenPicture):
        embed_image(image.pk)
    Image.objects.filter(pk=image.pk).update(status="pending")
    tasks.attempt(SimpleNamespace(job=SimpleNamespace(attempts=0)), image.pk, inspect_pending)
    assert embed_image(image.pk) == 1


def test_a_broken_file_is_left_out_of_the_batch_of_another(make_image):
    images = [make_image(number) for number in range(4)]
    register_bundle()
    shorten(images[1].file)
    assert embed_image(images[2].pk) == 3
    assert fill_bundle(Bundle.objects.get().pk) == 0
    assert dict(Image.objects.values_list("source", "status")) == {
        "0.jpg": "indexed", "1.jpg": "inspected", "2.jpg": "indexed", "3.jpg": "indexed",
    }  # fmt: skip


def test_a_bundle_is_filled_past_broken_and_lost_files_and_broken_ones_are_fetched_again(make_image, monkeypatch):
    monkeypatch.setattr("search.build.embed.LOOKED_AT", 2)
    bundle = register_bundle()
    images = [make_image(number) for number in range(6)]
    embed_image(images[0].pk)
    ImageVector.objects.all().delete()
    default_storage.delete(images[0].file)
    default_storage.delete(images[1].file)
    shorten(images[2].file)
    shorten(images[3].file)
    assert fill_bundle(bundle.pk) == 2
    assert set(ImageVector.objects.values_list("image", flat=True)) == {images[4].pk, images[5].pk}
    pending = Image.objects.filter(status="pending")
    assert set(pending) == {images[2], images[3]}
    for image in pending:
        inspect_pending(image.pk)
        embed_image(image.pk)
    assert ImageVector.objects.count() == 4
    assert fill_bundle(bundle.pk) == 0


def test_a_photo_whose_file_is_broken_is_asked_for_again(db, monkeypatch):
    token = photos.keep(photos.decode(picture(seed=3)), (), fallback=True)
    monkeypatch.setattr(photos, "_decoded", photos.DecodedPhotos(0))
    path = storages["private"].path(QueryPhoto.objects.get().file)
    with open(path, "r+b") as file:
        file.truncate(100)
    with pytest.raises(PhotoExpired, match="Upload it again"):
        photos.open_kept(token)


def test_photos_that_no_row_names_are_deleted(db):
    private = storages["private"]
    photos.keep(photos.decode(picture(seed=3)), (), fallback=True)
    kept = QueryPhoto.objects.get().file
    old, new = (private.save(f"{kept[:9]}/{name}.jpg{DRAFT}", ContentFile(b"x")) for name in ("old", "new"))
    long_ago = (timezone.now() - timedelta(days=3)).timestamp()
    for name in (kept, old):
        os.utime(private.path(name), (long_ago, long_ago))
    assert photos.purge_forgotten() == 1
    assert (private.exists(kept), private.exists(old), private.exists(new)) == (True, False, True)
    assert time.time() - private.get_modified_time(new).timestamp() < 60
