"""Greedy non-maximum suppression in numpy: tens of boxes, a fraction of a millisecond."""

import numpy as np

MAX_CANDIDATES = 300


def non_maximum_suppression(boxes: np.ndarray, scores: np.ndarray, *, iou: float) -> np.ndarray:
    """Row numbers int64 (k,) to keep, best score first; of two that overlap by `iou` or more the better one stays.

    boxes float (n, 4) x1 y1 x2 y2, scores float (n,); n may be 0.
    """
    order = np.argsort(-scores, kind="stable")[:MAX_CANDIDATES]
    overlaps = box_iou(boxes[order], boxes[order])
    alive = np.ones(len(order), dtype=bool)
    for row in range(len(order)):
        if alive[row]:
            alive[row + 1 :] &= overlaps[row, row + 1 :] < iou
    return order[alive]


def box_iou(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Intersection over union, float (n, m), of boxes (n, 4) and (m, 4)."""
    low = np.maximum(first[:, None, :2], second[None, :, :2])
    high = np.minimum(first[:, None, 2:], second[None, :, 2:])
    shared = np.prod(np.clip(high - low, 0, None), axis=2)
    total = box_area(first)[:, None] + box_area(second)[None, :] - shared
    return shared / np.maximum(total, 1e-9)


def box_area(boxes: np.ndarray) -> np.ndarray:
    return np.clip(boxes[:, 2] - boxes[:, 0], 0, None) * np.clip(boxes[:, 3] - boxes[:, 1], 0, None)
