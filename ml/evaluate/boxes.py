"""How many of the true boxes a detector finds."""

import numpy as np

from ml.detect.nms import box_iou


def detection_recall(truth: np.ndarray, predicted: np.ndarray, iou: float = 0.5) -> float:
    """Share of the true boxes (n, 4) that have a predicted box (m, 4) of their own; 1.0 where n is 0."""
    return 1.0 if len(truth) == 0 else float((match_boxes(truth, predicted, iou) >= 0).mean())


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
