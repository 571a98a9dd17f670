"""Copies of forbidden photos are known again; other photos of the same things are not called copies."""

import io

import numpy as np
import pytest
from PIL import Image, ImageOps

from ml.images import open_image
from ml.leaks import forbid, join, read_forbidden, write_forbidden
from ml.leaks.overlay import is_copy
from tests.shop import DEMO

ROOMS = [f"photos/golden-{number:04}.jpg" for number in (1, 2, 3, 4)]


def encoded(image: Image.Image, quality: int = 88) -> bytes:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality)
    return file.getvalue()


@pytest.fixture(scope="module")
def forbidden():
    return forbid((name, (DEMO / name).read_bytes()) for name in ROOMS)


@pytest.fixture(scope="module")
def room() -> Image.Image:
    return open_image((DEMO / ROOMS[1]).read_bytes())


def crop(image: Image.Image, left: float, top: float, right: float, bottom: float) -> Image.Image:
    w, h = image.size
    return image.crop((round(left * w), round(top * h), round(right * w), round(bottom * h)))


COPIES = {
    "encoded again": lambda room: encoded(room, 25),
    "a half": lambda room: encoded(room.resize((room.width // 2, room.height // 2))),
    "a fifth": lambda room: encoded(room.resize((room.width // 5, room.height // 5))),
    "mirrored": lambda room: encoded(ImageOps.mirror(room)),
    "cropped": lambda room: encoded(crop(room, 0.1, 0.05, 0.85, 0.9)),
    "a quarter of it": lambda room: encoded(crop(room, 0.4, 0.1, 0.9, 0.6)),
    "cropped and squeezed": lambda room: encoded(crop(room, 0.1, 0.1, 0.9, 0.8).resize((400, 320))),
    "cropped, shrunk, encoded": lambda room: encoded(crop(room, 0.2, 0, 0.9, 0.8).resize((280, 240)), 40),
}


@pytest.mark.parametrize("how", COPIES)
def test_a_copy_is_known(forbidden, room, how):
    leak = forbidden.find(COPIES[how](room))
    assert leak is not None
    assert leak.photo == ROOMS[1]


def test_the_file_itself_is_known_by_its_bytes(forbidden):
    assert forbidden.find((DEMO / ROOMS[2]).read_bytes()).how == "the same file"


def test_other_pictures_are_no_copies(forbidden):
    others = [DEMO / f"photos/train-{number:04}.jpg" for number in (1, 2, 3)]
    others += [DEMO / f"images/SL-0{number}-1.jpg" for number in ("136", "049", "215", "008")]  # seen in these rooms
    for path in others:
        assert forbidden.find(path.read_bytes()) is None, path


def test_points_in_one_place_have_no_map():
    assert not is_copy(np.full((2, 2), np.nan))
    assert not is_copy(np.zeros((2, 2)))
    assert is_copy(np.array([[0, -1.0], [0.7, 0]]))  # turned and squeezed


def test_the_list_travels_as_one_file(forbidden, room, tmp_path):
    write_forbidden(tmp_path / "forbidden.npz", join([forbidden, forbidden]))
    read = read_forbidden(tmp_path / "forbidden.npz")
    assert (len(read), read.names) == (4, forbidden.names)
    assert read.find(COPIES["cropped"](room)).photo == ROOMS[1]
    write_forbidden(tmp_path / "nothing.npz", join([]))
    assert read_forbidden(tmp_path / "nothing.npz").find(encoded(room)) is None
