"""A photo that a shopper leaves to the shop: kept for longer, seen without faces alone, and taken back at once."""

from datetime import timedelta

import pytest
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from PIL import Image

from ml.inspect import faces as faces_module
from ml.inspect.faces import blur_faces
from ml.inspect.safety import Part
from search import photos
from search.build.register import register_bundle
from search.consent import blur_kept
from search.demand.models import DemandQuery
from search.models import QueryPhoto
from tests.conftest import picture
from tests.people import person

pytestmark = pytest.mark.django_db


def send(client, **fields):
    register_bundle()
    return client.post("/photo/", {"image": SimpleUploadedFile("a.jpg", picture(seed=4)), **fields})


def left(**fields) -> QueryPhoto:
    """A kept photo, without a model's run."""
    token = photos.keep(photos.decode(picture(seed=4)), (), True, consented=True)
    QueryPhoto.objects.filter(pk=token).update(**fields)
    return QueryPhoto.objects.get(pk=token)


def days_left(row: QueryPhoto) -> float:
    return (row.expires_at - timezone.now()) / timedelta(days=1)


def test_off_by_default_and_then_a_day(client):
    assert b'name="keep"' in client.get("/").content and b'keep" value="1" checked' not in client.get("/").content
    page = client.get(send(client).headers["Location"]).content.decode()
    row = QueryPhoto.objects.get()
    assert not row.consented and days_left(row) == pytest.approx(1, abs=0.01)
    assert "deleted within a day" in page
    assert blur_kept() == 0


def test_kept_where_it_is_allowed_and_deleted_at_once(client):
    where = send(client, keep="1").headers["Location"]
    row = QueryPhoto.objects.get()
    assert row.consented and days_left(row) == pytest.approx(180, abs=0.01)
    assert "You let this shop keep this photo until" in client.get(where).content.decode()
    assert blur_kept() == 1 and blur_kept() == 0
    row.refresh_from_db()
    private = storages["private"]
    assert private.exists(row.file) and private.exists(row.blurred)
    answer = client.post(f"{where}delete/")
    assert answer.headers["Location"] == "/?photo=deleted"
    assert "Your photo is deleted" in client.get("/?photo=deleted").content.decode()
    assert not QueryPhoto.objects.exists()
    assert not private.exists(row.file) and not private.exists(row.blurred)
    assert client.get(where).status_code == client.get(f"{where}image.jpg").status_code == 410
    assert client.get(f"{where}delete/").status_code == 405


def test_what_was_kept_of_its_searches_goes_with_a_photo_that_is_taken_back():
    rows = [photos.keep(photos.decode(picture(seed=seed)), (), True) for seed in (4, 5)]
    for number, token in enumerate(rows):
        DemandQuery.objects.create(id=f"00000000-0000-4000-8000-00000000000{number}", kind="photo", photo_token=token)
    photos.discard(rows[0])
    assert DemandQuery.objects.get().photo_token == rows[1]


def test_when_its_time_is_over_every_copy_goes():
    row = left()
    blur_kept()
    QueryPhoto.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    name = QueryPhoto.objects.get().blurred
    assert photos.purge_expired() == 1
    assert not storages["private"].exists(row.file) and not storages["private"].exists(name)


def test_staff_see_what_was_framed_and_only_once_it_has_no_faces(client):
    row = left()
    query = DemandQuery.objects.create(
        id="00000000-0000-4000-8000-000000000001", kind="photo", photo_token=row.token, bbox=[0, 0, 40, 40]
    )
    client.force_login(person("catalog-admin"))
    where = f"/manage/demand/photos/{query.pk}.jpg"
    assert client.get(where).status_code == 404
    blur_kept()
    assert client.get(where).headers["Content-Type"] == "image/jpeg"


def test_a_photo_that_cannot_be_read_lives_as_any_other():
    row = left()
    with storages["private"].open(row.file, "wb") as file:
        file.write(b"half of it")
    assert blur_kept() == 0
    row.refresh_from_db()
    assert not row.consented and days_left(row) < 1.01


def test_nothing_of_a_face_is_left(monkeypatch):
    image = Image.effect_noise((200, 200), 120).convert("RGB")
    monkeypatch.setattr(faces_module, "faces", lambda *_: (Part("FACE_FEMALE", 0.9, (80, 80, 120, 120)),))
    clean, count = blur_faces(image)
    assert count == 1 and clean.crop((0, 0, 60, 200)).tobytes() == image.crop((0, 0, 60, 200)).tobytes()
    spread = [high - low for low, high in clean.crop((70, 70, 130, 130)).getextrema()]
    assert max(spread) < 90 < max(high - low for low, high in image.crop((70, 70, 130, 130)).getextrema())
