"""How many of the true boxes a detector finds."""

from collections.abc import Iterable

import numpy as np

from ml.detect.nms import box_iou

IOUS = tuple(0.5 + 0.05 * step for step in range(10))


def detection_recall(truth: np.ndarray, predicted: np.ndarray, iou: float = 0.5) -> float:
    """Share of the true boxes (n, 4) that have a predicted box (m, 4) of their own; 1.0 where n is 0."""
    return 1.0 if len(truth) == 0 else float((match_boxes(truth, predicted, iou) >= 0).mean())


def pooled_recall(photos: Iterable[tuple[np.ndarray, np.ndarray]], iou: float = 0.5) -> float:
    """Share of the true boxes of all photos that are found; each photo is true (n, 4) and predicted (m, 4) boxes."""
    matched = [match_boxes(truth, predicted, iou) >= 0 for truth, predicted in photos]
    found = np.concatenate(matched) if matched else np.zeros(0, dtype=bool)
    return float(found.mean()) if len(found) else 1.0


def average_recall(photos: Iterable[tuple[np.ndarray, np.ndarray]]) -> float:
    """Mean of the pooled recall at IoU 0.50, 0.55 ... 0.95, as COCO counts it: tight boxes score more."""
    photos = list(photos)
    return float(np.mean([pooled_recall(photos, iou) for iou in IOUS]))


def match_boxes(truth: np.ndarray, predicted: np.ndarray, iou: float = 0.5) -> np.ndarray:
    """int64 (n,): for each true box the row of its predicted box, -1 for none.

    One to one, the pairs with the largest overlap first, so that a prediction never counts twice.
    """
    matched = np.full(len(truth), -1, dtype=np.int64)
    if len(truth) == 0 or len(predicted) == 0:
        return matched
    overlaps = box_iou(np.asarray(truth, dtype=np.float32), np.asarray(predicted, dtype=np.float32))
    taken = set()
    for flat in np.argsort(-overlaps, axis=None, kind="stable"):
        row, column = divmod(int(flat), overlaps.shape[1])
        if overlaps[row, column] < iou:
            break
        if matched[row] < 0 and column not in taken:
            matched[row] = column
            taken.add(column)
    return matched
