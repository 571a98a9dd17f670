"""Which box is likely meant: where it lies, how large and sharp it is, and whether it is a part of another box.

A small linear formula. `python -m ml.train order` fits its weights: on photos of single groceries, a box is right when
its nearest catalog picture is the right one, nearly as near as by the best box of the photo.
"""

import numpy as np
from PIL import Image

from ml.detect.nms import box_area

SIDE_PX = 128
RIM = 0.015
LARGER = 1.3
FEATURES = ("score", "area", "off_centre", "sharp", "cut", "part")
AREA = FEATURES.index("area")
WHOLE = 0.8
# Fitted on 110 photos and rounded. On 130 others the first box is right 0.49 of the time (by the score alone 0.26, any
# box 0.93), and it or the whole photo 0.65 of the time.
WEIGHTS = np.array([0.3, 1.4, -1.9, 0.1, -0.5, -0.2], dtype=np.float64)


def likely_meant(image: Image.Image, boxes: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Row numbers int64 (n,), what is likely meant first. boxes (n, 4) in pixels of the RGB photo, scores (n,)."""
    return in_order(box_features(image, boxes, scores), WEIGHTS)


def in_order(features: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Row numbers, the largest weighted sum first; boxes around nearly the whole photo, which is searched too, last."""
    return np.lexsort((-(features @ weights), features[:, AREA] > np.log(WHOLE)))


def box_features(image: Image.Image, boxes: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """float64 (n, len(FEATURES)).

    score: log odds of the detector's score; area: log of the share of the photo; off_centre: from 0 in the middle to 1
    in a corner; sharp: log of the mean slope of the brightness inside, beside the whole photo's; cut: how many of the
    photo's four sides it touches, as a share; part: the share of it that lies in a clearly larger box.
    """
    if not len(boxes):
        return np.zeros((0, len(FEATURES)))
    boxes = np.asarray(boxes, dtype=np.float64) / ([image.width, image.height] * 2)
    sure = np.clip(np.asarray(scores, dtype=np.float64), 1e-4, 1 - 1e-4)
    area = np.maximum(box_area(boxes), 1e-6)
    centre = (boxes[:, :2] + boxes[:, 2:]) / 2 - 0.5
    rim = np.concatenate([boxes[:, :2] < RIM, boxes[:, 2:] > 1 - RIM], axis=1)
    return np.stack(
        [
            np.log(sure / (1 - sure)),
            np.log(area),
            np.hypot(*centre.T) / np.hypot(0.5, 0.5),
            sharpness(image, boxes),
            rim.mean(axis=1),
            share_in_larger(boxes, area),
        ],
        axis=1,
    )


def sharpness(image: Image.Image, boxes: np.ndarray) -> np.ndarray:
    """float64 (n,): log of the mean slope inside each box (shares of the photo's sides) over that of the photo."""
    scale = SIDE_PX / max(image.size)
    size = max(8, round(image.width * scale)), max(8, round(image.height * scale))
    grey = np.asarray(image.convert("L").resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0), dtype=np.float64)
    slopes = np.hypot(*np.gradient(grey)) + 0.5
    total = np.zeros((grey.shape[0] + 1, grey.shape[1] + 1))
    total[1:, 1:] = slopes.cumsum(axis=0).cumsum(axis=1)
    x1, y1, x2, y2 = np.round(boxes * ([size[0], size[1]] * 2)).astype(int).T
    x1, y1 = np.minimum(x1, size[0] - 1), np.minimum(y1, size[1] - 1)
    x2, y2 = np.maximum(x2, x1 + 1), np.maximum(y2, y1 + 1)
    inside = total[y2, x2] - total[y1, x2] - total[y2, x1] + total[y1, x1]
    return np.log(inside / ((x2 - x1) * (y2 - y1))) - np.log(slopes.mean())


def share_in_larger(boxes: np.ndarray, area: np.ndarray) -> np.ndarray:
    """float64 (n,): how much of a box lies in the box, at least LARGER times its size, that covers it most."""
    low = np.maximum(boxes[:, None, :2], boxes[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], boxes[None, :, 2:])
    shared = np.prod(np.clip(high - low, 0, None), axis=2) / area[:, None]
    return (shared * (area[None, :] > LARGER * area[:, None])).max(axis=1)
