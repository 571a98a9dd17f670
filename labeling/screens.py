"""What a rater sees of a screen: the question and its answers, and nothing that tells which system gave them."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from labeling.assign import Screen
from labeling.models import Assignment, Query
from labeling.pictures import photo_url, picture_url
from labeling.types import Item

MARGIN = 0.08  # of the box, on each side of the close-up


@dataclass(frozen=True, slots=True)
class Shown:
    """One product."""

    title: str
    brand: str
    price: str
    currency: str
    in_stock: bool
    picture: str


@dataclass(frozen=True, slots=True)
class Frame:
    """The box as percent of the photo, and the close-up: its shape, and how the photo lies in it, in percent of it."""

    left: float
    top: float
    width: float
    height: float
    ratio: float
    zoom_width: float
    zoom_left: float
    zoom_top: float


@dataclass(frozen=True, slots=True)
class Question:
    text: str
    photo: str
    ratio: float
    frame: Frame | None


@dataclass(frozen=True, slots=True)
class TaskView:
    """verdict_id: for a form that is sent without scripts, twice perhaps. left, right: one product each in a pair."""

    assignment_id: int
    verdict_id: uuid.UUID
    left: tuple[Shown, ...]
    right: tuple[Shown, ...] = ()


@dataclass(frozen=True, slots=True)
class ScreenView:
    id: uuid.UUID
    kind: str
    question: Question | None
    tasks: tuple[TaskView, ...]


def views(screens: Sequence[Screen]) -> list[ScreenView]:
    """In one query, however many screens."""
    ids = [assignment.pk for screen in screens for assignment in screen]
    related = ("task__project", "task__query", "task__list_a", "task__list_b")
    rows = Assignment.objects.select_related(*related).in_bulk(ids)
    return [view([rows[assignment.pk] for assignment in screen]) for screen in screens]


def view(screen: Screen) -> ScreenView:
    task = screen[0].task
    question = question_of(task.query) if task.query else None
    return ScreenView(screen[0].screen, task.project.kind, question, tuple(map(task_view, screen)))


def task_view(assignment: Assignment) -> TaskView:
    task = assignment.task
    if task.list_a_id:
        sides = [shown_of(row.items[: task.project.results_shown]) for row in (task.list_a, task.list_b)]
    else:
        sides = [shown_of([item] if item else []) for item in (task.item_a, task.item_b)]
    left, right = reversed(sides) if assignment.swapped and all(sides) else sides
    return TaskView(assignment.pk, uuid.uuid4(), left, right)


def shown_of(items: list[dict]) -> tuple[Shown, ...]:
    read = map(Item.from_json, items)
    return tuple(
        Shown(item.title, item.brand, item.price, item.currency, item.in_stock, picture_url(item.picture))
        for item in read
    )


def question_of(query: Query) -> Question:
    ratio = query.width / query.height if query.photo else 1.0
    return Question(query.text, photo_url(query), round(ratio, 4), frame_of(query))


def frame_of(query: Query) -> Frame | None:
    """None without a box, and for one that is the whole photo anyway."""
    if not query.photo or query.bbox is None:
        return None
    x1, y1, x2, y2 = inside(query.bbox, query.width, query.height)
    width, height = x2 - x1, y2 - y1
    if width < 1 or height < 1:
        return None
    near = inside(
        [x1 - MARGIN * width, y1 - MARGIN * height, x2 + MARGIN * width, y2 + MARGIN * height],
        query.width,
        query.height,
    )
    near_width, near_height = near[2] - near[0], near[3] - near[1]
    numbers = (
        100 * x1 / query.width,
        100 * y1 / query.height,
        100 * width / query.width,
        100 * height / query.height,
        near_width / near_height,
        100 * query.width / near_width,
        -100 * near[0] / near_width,
        -100 * near[1] / near_height,
    )
    return Frame(*(round(number, 3) for number in numbers))


def inside(box: Sequence[float], width: float, height: float) -> tuple[float, float, float, float]:
    x1, y1, x2, y2 = box
    return max(x1, 0), max(y1, 0), min(x2, width), min(y2, height)
