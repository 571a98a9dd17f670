"""A shopper's photo while the database is away."""

import pytest
from PIL import Image

from search import photos
from search.errors import PhotoExpired, Unavailable
from search.models import QueryPhoto
from search.photo_memory import KnownRows
from search.respond import spool
from search.types import FoundObject, Photo
from tests.outages import database  # noqa: F401 - a fixture

pytestmark = pytest.mark.django_db
OBJECTS = (FoundObject((1.0, 2.0, 30.0, 40.0), 0.9, "chair"),)


@pytest.fixture(autouse=True)
def own_spool(settings, tmp_path):
    settings.SIGHTLINE_SPOOL_DIR = tmp_path / "spool"


def keep() -> str:
    return photos.keep(Photo(Image.new("RGB", (64, 48), "teal"), 640, 480), OBJECTS, False)


def opened(token: str) -> tuple:
    found = photos.photo_objects(token)
    return found.objects, found.width, photos.open_kept(token).image.size, photos.read_jpeg(token)[:2]


EXPECTED = OBJECTS, 640, (64, 48), b"\xff\xd8"


def test_a_photo_sent_meanwhile_can_be_tapped_meanwhile_and_afterwards(database):  # noqa: F811
    database.away()
    token = keep()
    assert opened(token) == EXPECTED
    database.back()
    assert opened(token) == EXPECTED  # not written yet
    assert spool.spool().flush() == 1
    assert QueryPhoto.objects.get().token == token
    assert opened(token) == EXPECTED


def test_a_photo_sent_before_can_be_tapped_meanwhile(database):  # noqa: F811
    token = keep()
    database.away()
    assert opened(token) == EXPECTED


def test_one_that_only_the_database_knows_is_not_called_expired(database, monkeypatch):  # noqa: F811
    token = keep()
    monkeypatch.setattr(photos, "_known", KnownRows(10))
    database.away()
    with pytest.raises(Unavailable):
        photos.row_of(token)
    database.back()
    assert opened(token) == EXPECTED
    QueryPhoto.objects.all().delete()
    with pytest.raises(PhotoExpired):
        photos.row_of(token)


def test_a_full_disk_is_said(monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(photos.storages["private"], "save", full)
    with pytest.raises(Unavailable, match="no room"):
        keep()
    assert not QueryPhoto.objects.exists()
