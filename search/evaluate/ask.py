"""Ask every question as a shopper would: upload the photo, take a box, look at the first page."""

import os
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from catalog.models import Product
from ml.evaluate import match_boxes
from search.errors import SearchError
from search.evaluate.folder import EvaluationFolder, Question, Room
from search.models import QueryLog
from search.photos import discard
from search.pipeline import find_objects, find_products
from search.types import Answer, Box, FoundObjects, Query

PAGE = 10
IOU = 0.5


@dataclass(frozen=True, slots=True)
class Reply:
    """skus best first; `stands_for` {folded sku: the sku of its card}. Empty with an error."""

    skus: tuple[str, ...] = ()
    stands_for: dict[str, str] = field(default_factory=dict)
    bbox: Box | None = None
    total_ms: float = 0.0
    error: str | None = None
    query_id: str = ""


MISSED = Reply(error="no box of the detector overlaps the object by half")


class Shop:
    """One evaluation's shop: photos are uploaded once, then searched by their token."""

    def __init__(self, folder: EvaluationFolder) -> None:
        self.root = folder.root
        self.sku_by_id = dict(Product.objects.values_list("pk", "sku"))
        self.category_by_sku = dict(Product.objects.values_list("sku", "category_id"))
        self.found: dict[str, FoundObjects | str] = {}

    def look(self, photo: str) -> FoundObjects | str:
        """What find_objects says of a photo, or why it cannot be used."""
        if photo not in self.found:
            try:
                self.found[photo] = find_objects(inside(self.root, photo).read_bytes())
            except OSError as error:
                self.found[photo] = f"{photo}: {error.strerror or error}"
            except SearchError as error:
                self.found[photo] = f"{photo}: {error.detail}"
        return self.found[photo]

    def forget(self, photo: str) -> None:
        """Nobody asks about this photo any more; its file goes at once, and not only when it expires."""
        found = self.found.pop(photo, None)
        if isinstance(found, FoundObjects):
            discard(found.photo)

    def search(self, query: Query) -> Reply:
        try:
            return self.reply(find_products(query))
        except SearchError as error:
            return Reply(error=error.detail)

    def reply(self, answer: Answer) -> Reply:
        skus = tuple(self.sku_by_id[card.product_id] for card in answer.results)
        stands_for = {
            self.sku_by_id[folded]: self.sku_by_id[card.product_id]
            for card in answer.results
            for folded in card.also_ids
            if folded in self.sku_by_id
        }
        bbox = tuple(answer.understanding["bbox"]) if answer.understanding["bbox"] else None
        return Reply(skus, stands_for, bbox, answer.stages_ms["total"], query_id=answer.query_id)

    def parts_of(self, query_id: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The same text search ranked by its vectors alone and by its words alone, PAGE long."""
        ranking = QueryLog.objects.get(pk=query_id).ranking
        return self.ranked_by(ranking, "text"), self.ranked_by(ranking, "words")

    def ranked_by(self, ranking: list, part: str) -> tuple[str, ...]:
        rows = [(row[2][part], row[0]) for row in ranking if row[2].get(part, 0) > 0]
        rows.sort(key=lambda row: -row[0])
        return tuple(self.sku_by_id[product_id] for _, product_id in rows[:PAGE])


def inside(root: Path, photo: str) -> Path:
    """The photo's path; a line of a strange folder does not get to read the rest of the disk."""
    path = Path(os.path.normpath(root / photo))
    if "\0" in photo or not path.is_relative_to(os.path.normpath(root)):
        raise FileNotFoundError(2, "outside of the folder", photo)
    return path


def detector_boxes(found: FoundObjects, truth: tuple[Box, ...]) -> dict[Box, Box]:
    """{true box: the detector's box for it}; one to one, an overlap of IOU or more."""
    boxes = [each.bbox for each in found.objects]
    rows = match_boxes(np.array(truth, np.float32).reshape(-1, 4), np.array(boxes, np.float32).reshape(-1, 4), IOU)
    return {true: boxes[row] for true, row in zip(truth, rows, strict=True) if row >= 0}


def ask_photo(shop: Shop, each: Question, truth: dict[str, Room], **how) -> Reply:
    """From the detector's own box for the object; without any box where the question names none."""
    found = shop.look(each.photo)
    if isinstance(found, str):
        return Reply(error=found)
    bbox = None
    if each.bbox is not None:
        room = truth.get(each.photo)
        boxes = room.boxes if room and each.bbox in room.boxes else (each.bbox,)
        bbox = detector_boxes(found, boxes).get(each.bbox)
        if bbox is None:
            return MISSED
    return shop.search(Query(photo=found.photo, bbox=bbox, text=each.text, **({"limit": PAGE} | how)))


def ask_given_box(shop: Shop, each: Question, **how) -> Reply:
    found = shop.look(each.photo)
    if isinstance(found, str):
        return Reply(error=found)
    return shop.search(Query(photo=found.photo, bbox=each.bbox, text=each.text, **({"limit": PAGE} | how)))


def ask_best_box(shop: Shop, each: Question, **how) -> Reply:
    found = shop.look(each.photo)
    if isinstance(found, str):
        return Reply(error=found)
    return shop.search(Query(photo=found.photo, bbox=found.objects[0].bbox, text=each.text, **({"limit": PAGE} | how)))


def ask_every_box(shop: Shop, each: Question, **how) -> Reply:
    """The box whose page has a right answer first: what a shopper gets who taps the right one."""
    found = shop.look(each.photo)
    if isinstance(found, str):
        return Reply(error=found)
    how = {"limit": PAGE} | how
    replies = [shop.search(Query(photo=found.photo, bbox=one.bbox, text=each.text, **how)) for one in found.objects]
    return min(replies, key=lambda reply: first_right(reply, each))


def first_right(reply: Reply, each: Question) -> int:
    """Place of the first right answer from 0; PAGE where there is none."""
    right = {reply.stands_for.get(sku, sku) for sku, grade in each.right.items() if grade > 0}
    return next((place for place, sku in enumerate(reply.skus) if sku in right), PAGE)
