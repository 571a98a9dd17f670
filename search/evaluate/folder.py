"""An evaluation folder: feed.csv, queries.jsonl and, where there is one, rooms.jsonl with the truth of whole photos."""

import json
from dataclasses import dataclass
from math import isfinite
from pathlib import Path

from search.types import Box

MIN_VISIBLE = 0.5  # below, even a person would not be sure what it is


@dataclass(frozen=True, slots=True)
class Question:
    """One query with its right answers: {sku: grade}, a grade above 0 is right. None are for what is not sold."""

    id: str
    photo: str | None
    text: str | None
    bbox: Box | None
    right: dict[str, float]

    @property
    def sold(self) -> bool:
        return bool(self.right)


@dataclass(frozen=True, slots=True)
class Room:
    """The boxes of one photo's objects that are at least half visible."""

    photo: str
    boxes: tuple[Box, ...]


@dataclass(frozen=True, slots=True)
class EvaluationFolder:
    root: Path
    feed: Path
    questions: tuple[Question, ...]
    rooms: tuple[Room, ...]
    wrong_lines: tuple[str, ...]

    @property
    def photos(self) -> list[str]:
        named = [room.photo for room in self.rooms] + [each.photo for each in self.questions if each.photo]
        return list(dict.fromkeys(named))


class NoSuchFolder(ValueError):
    """An evaluation folder holds feed.csv and queries.jsonl (or golden/queries.jsonl)."""


def read_folder(root: Path) -> EvaluationFolder:
    """Everything but the photos. A line that cannot be used is reported, and the rest goes on. Raises NoSuchFolder."""
    feed, queries = root / "feed.csv", first_of(root, "queries.jsonl")
    if not feed.is_file() or queries is None:
        raise NoSuchFolder(f"{root}: {NoSuchFolder.__doc__}")
    questions, wrong = read_lines(queries, question)
    rooms_file = first_of(root, "rooms.jsonl")
    if rooms_file is None:
        return EvaluationFolder(root, feed, tuple(questions), rooms_of(questions), tuple(wrong))
    rooms, wrong_rooms = read_lines(rooms_file, room)
    return EvaluationFolder(root, feed, tuple(questions), tuple(filter(None, rooms)), tuple(wrong + wrong_rooms))


def first_of(root: Path, name: str) -> Path | None:
    """The golden part where a folder has parts: what was trained on measures nothing."""
    return next((path for path in (root / "golden" / name, root / name) if path.is_file()), None)


def read_lines(path: Path, parse) -> tuple[list, list[str]]:
    rows, wrong = [], []
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                rows.append(parse(f"{number}", json.loads(line)))
            except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
                wrong.append(f"{path.name} line {number}: {type(error).__name__} {error}")
    return rows, wrong


def question(number: str, row: dict) -> Question | None:
    right = {str(sku): float(grade) for sku, grade in (row.get("grades") or {}).items()}
    for sku in [*([row["product_id"]] if row.get("product_id") is not None else []), *(row.get("product_ids") or [])]:
        right.setdefault(str(sku), 1.0)
    if row.get("sold") is False:
        right = {}
    elif not any(grade > 0 for grade in right.values()):
        raise ValueError("no right answer is named, nor is it said that the thing is not sold")
    photo, text = row.get("photo"), row.get("text")
    if not photo and not text:
        raise ValueError("neither photo nor text")
    bbox = box(row["bbox"]) if row.get("bbox") is not None else None
    return Question(number, str(photo) if photo else None, str(text) if text else None, bbox, right)


def room(number: str, row: dict) -> Room | None:
    """None for a photo of another split than the golden one."""
    if row.get("split") == "train":
        return None
    seen = [each for each in row["objects"] if float(each.get("visible", 1)) >= MIN_VISIBLE]
    return Room(str(row["photo"]), tuple(box(each["bbox"]) for each in seen))


def rooms_of(questions: list[Question]) -> tuple[Room, ...]:
    """Without a file of rooms, the boxes that the queries name are the truth that there is."""
    boxes: dict[str, dict[Box, None]] = {}
    for each in questions:
        if each.photo and each.bbox:
            boxes.setdefault(each.photo, {})[each.bbox] = None
    return tuple(Room(photo, tuple(found)) for photo, found in boxes.items())


def box(values) -> Box:
    x1, y1, x2, y2 = (float(value) for value in values)
    if not (all(map(isfinite, (x1, y1, x2, y2))) and x2 > x1 and y2 > y1):
        raise ValueError(f"{values} is no box")
    return x1, y1, x2, y2
