"""Replies to figures. A query without an answer scores 0 and never disappears."""

from collections.abc import Iterable, Sequence

import numpy as np

from ml.evaluate import match_boxes, mrr, ndcg_at_k, precision_at_1, recall_at_k
from search.evaluate.ask import IOU, PAGE, Reply, Shop
from search.evaluate.folder import Question, Room

Asked = Sequence[tuple[Question, Reply]]
RANKING = ("precision_at_1", "recall_at_5", "recall_at_10", "mrr", "ndcg_at_10")
SMALL_SHARE, LARGE_SHARE = 0.02, 0.15  # of the photo's area


def ranking(asked: Asked) -> dict:
    """precision_at_1, recall_at_10 and more over (question, reply) pairs; a folded listing counts where its card is."""
    qrels, run = {}, {}
    for number, (each, reply) in enumerate(asked):
        grades: dict[str, float] = {}
        for sku, grade in each.right.items():
            shown = reply.stands_for.get(sku, sku)
            grades[shown] = max(grades.get(shown, 0.0), grade)
        qrels[str(number)], run[str(number)] = grades, reply.skus
    if not qrels:
        return dict.fromkeys(RANKING) | {"queries": 0}
    return {
        "precision_at_1": round(precision_at_1(qrels, run), 4),
        "recall_at_5": round(recall_at_k(qrels, run, 5), 4),
        "recall_at_10": round(recall_at_k(qrels, run, PAGE), 4),
        "mrr": round(mrr(qrels, run), 4),
        "ndcg_at_10": round(ndcg_at_k(qrels, run, PAGE), 4),
        "queries": len(qrels),
    }


def category_precision(asked: Asked, shop: Shop) -> float | None:
    """Share of queries whose first result is of the right category at least."""
    if not asked:
        return None
    right = [
        bool(reply.skus)
        and shop.category_by_sku.get(reply.skus[0]) in {shop.category_by_sku.get(sku) for sku in each.right}
        for each, reply in asked
    ]
    return round(float(np.mean(right)), 4)


def detection(rooms: Iterable[Room], shop: Shop) -> dict:
    """Share of the true objects that have a box of their own among those that find_objects returns."""
    hits: list[bool] = []
    shares: list[float] = []
    boxes, good, photos, guessed = 0, 0, 0, 0
    for room in rooms:
        found = shop.look(room.photo)
        predicted = [] if isinstance(found, str) else [each.bbox for each in found.objects]
        matched = match_boxes(as_array(room.boxes), as_array(predicted), IOU)
        area = 0 if isinstance(found, str) else found.width * found.height
        hits += (matched >= 0).tolist()
        shares += [(x2 - x1) * (y2 - y1) / area if area else 0.0 for x1, y1, x2, y2 in room.boxes]
        boxes, good, photos = boxes + len(predicted), good + int((matched >= 0).sum()), photos + 1
        guessed += not isinstance(found, str) and found.fallback
    return {
        "recall_at_iou50": round(float(np.mean(hits)), 4) if hits else None,
        "objects": len(hits),
        "photos": photos,
        "boxes_per_photo": round(boxes / photos, 2) if photos else None,
        "boxes_on_an_object": round(good / boxes, 4) if boxes else None,
        "photos_without_confident_box": guessed,
        "by_size": by_size(np.array(hits, bool), np.array(shares)),
    }


def by_size(hits: np.ndarray, shares: np.ndarray) -> dict:
    """Recall of small, medium and large objects, by their share of the photo."""
    groups = {
        "small": shares < SMALL_SHARE,
        "medium": (shares >= SMALL_SHARE) & (shares < LARGE_SHARE),
        "large": shares >= LARGE_SHARE,
    }
    return {
        name: {"recall_at_iou50": round(float(hits[group].mean()), 4), "objects": int(group.sum())}
        for name, group in groups.items()
        if group.any()
    }


def latency(asked: Iterable[tuple[Question, Reply]], shop: Shop) -> dict:
    """Server-side milliseconds on this machine, with whatever else ran on it."""
    detect = [found.stages_ms["total"] for found in shop.found.values() if not isinstance(found, str)]
    search = [reply.total_ms for _, reply in asked if reply.error is None]
    return {"find_objects": percentiles(detect), "find_products": percentiles(search)}


def percentiles(values_ms: list[float]) -> dict:
    if not values_ms:
        return {"p50": None, "p99": None, "n": 0}
    p50, p99 = np.percentile(values_ms, [50, 99])
    return {"p50": round(float(p50), 1), "p99": round(float(p99), 1), "n": len(values_ms)}


def as_array(boxes) -> np.ndarray:
    return np.array(boxes, np.float32).reshape(-1, 4)
