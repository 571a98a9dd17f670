"""Data sets of hard negatives, and golden photos that somebody tries to smuggle into one."""

import io
from pathlib import Path

from labeling.models import Dataset
from ml.evaluate.golden import GoldenQuery, write_golden
from ml.images import open_image
from tests.shop import DEMO

ROOM = DEMO / "photos/train-0001.jpg"
GOLDEN_ROOM = DEMO / "photos/golden-0002.jpg"


def folder_of(row: Dataset, settings) -> Path:
    return Path(settings.SIGHTLINE_DATASETS_DIR) / f"{row.name}@{row.sha256}"


def golden_of(settings, data: bytes) -> None:
    queries = [GoldenQuery("1", photo="x", same={"A": 1}), GoldenQuery("2", text="Green  Chair", similar={"A": 3})]
    write_golden(Path(settings.SIGHTLINE_GOLDEN_DIR), "rooms", queries, {"1": data}, {})


def copy_of(photo: Path, how: str) -> bytes:
    room = open_image(photo.read_bytes())
    w, h = room.size
    made = {"resized": room.resize((w // 3, h // 3)), "cropped": room.crop((w // 5, h // 8, w, h)), "again": room}[how]
    file = io.BytesIO()
    made.save(file, "JPEG", quality=45)
    return file.getvalue()
