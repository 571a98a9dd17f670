"""Where lines of text are: a map of probabilities to turned rectangles, in numpy alone.

Differentiable binarization (Liao et al., AAAI 2020): each connected region of likely pixels is the shrunken heart of
one line, so its smallest rectangle is grown again by a distance that goes by its area and its rim.
"""

from dataclasses import dataclass

import numpy as np

LIKELY = 0.3  # a pixel belongs to a line
SURE = 0.5  # mean over a region's pixels; below, it is texture
GROWTH = 1.6  # as the finder was trained
MIN_SIDE_PX = 3.0  # of a heart
ANGLES = np.deg2rad(np.arange(-45, 45, 3))  # of a rectangle's side; its other side covers the rest


@dataclass(frozen=True, slots=True)
class TextBox:
    """A turned rectangle: centre, width along the writing, height, and angle (radians, clockwise as y goes down)."""

    x: float
    y: float
    width: float
    height: float
    angle: float
    score: float


def find_boxes(likely: np.ndarray) -> list[TextBox]:
    """Boxes in pixels of the map, highest first. `likely`: probabilities float32 (h, w)."""
    runs = row_runs(likely > LIKELY)
    if len(runs) == 0:
        return []
    labels = connect(runs, likely.shape[1])
    order = np.argsort(labels, kind="stable")
    runs, labels = runs[order], labels[order]
    sums = run_sums(likely, runs)
    boxes = []
    for part in np.split(np.arange(len(runs)), np.flatnonzero(np.diff(labels)) + 1):
        rows, starts, ends = runs[part].T
        score = float(sums[part].sum() / (ends - starts).sum())
        if score >= SURE and (box := grown(smallest_box(corners(rows, starts, ends), score))):
            boxes.append(box)
    return sorted(boxes, key=lambda box: -box.height)


def row_runs(mask: np.ndarray) -> np.ndarray:
    """int64 (n, 3): row, first column and the column after the last, of each run of true pixels, in reading order."""
    h, w = mask.shape
    padded = np.zeros((h, w + 2), np.int8)
    padded[:, 1:-1] = mask
    steps = np.diff(padded, axis=1)
    rows, starts = np.nonzero(steps == 1)
    _, ends = np.nonzero(steps == -1)
    return np.stack([rows, starts, ends], axis=1)


def connect(runs: np.ndarray, width: int) -> np.ndarray:
    """int64 (n,): runs that touch, along a side or a corner, from row to row share a number."""
    rows, starts, ends = runs.T
    stride = width + 2
    first = np.searchsorted(rows * stride + ends, (rows + 1) * stride + starts, "left")
    last = np.searchsorted(rows * stride + starts, (rows + 1) * stride + ends, "right")
    touching = np.maximum(last - first, 0)
    above = np.repeat(np.arange(len(runs)), touching)
    below = np.arange(touching.sum()) - np.repeat(np.cumsum(touching) - touching, touching) + np.repeat(first, touching)
    labels = np.arange(len(runs))
    while True:
        least = np.minimum(labels[above], labels[below])
        linked = labels.copy()
        np.minimum.at(linked, labels[above], least)
        np.minimum.at(linked, labels[below], least)
        linked = linked[linked]
        if np.array_equal(linked, labels):
            return labels
        labels = linked[labels]


def run_sums(values: np.ndarray, runs: np.ndarray) -> np.ndarray:
    """float64 (n,): sum of the values under each run."""
    rows, starts, ends = runs.T
    totals = np.zeros((values.shape[0], values.shape[1] + 1))
    np.cumsum(values, axis=1, out=totals[:, 1:])
    return totals[rows, ends] - totals[rows, starts]


def corners(rows: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """float64 (4 n, 2), x and y: the corners of all runs, which hold the whole outline."""
    xs = np.concatenate([starts, ends, starts, ends])
    ys = np.concatenate([rows, rows, rows + 1, rows + 1])
    return np.stack([xs, ys], axis=1).astype(np.float64)


def smallest_box(points: np.ndarray, score: float) -> TextBox:
    """The rectangle of least area around the points, among ANGLES."""
    cos, sin = np.cos(ANGLES), np.sin(ANGLES)
    along, across = points @ np.stack([cos, sin]), points @ np.stack([-sin, cos])
    low = np.stack([along.min(0), across.min(0)])
    size = np.stack([along.max(0), across.max(0)]) - low
    best = int((size[0] * size[1]).argmin())
    centre = low[:, best] + size[:, best] / 2
    x = centre[0] * cos[best] - centre[1] * sin[best]
    y = centre[0] * sin[best] + centre[1] * cos[best]
    return TextBox(float(x), float(y), float(size[0, best]), float(size[1, best]), float(ANGLES[best]), score)


def grown(box: TextBox) -> TextBox | None:
    """With the rim that the finder's training cut off; None for a speck."""
    if min(box.width, box.height) < MIN_SIDE_PX:
        return None
    distance = box.width * box.height * GROWTH / (2 * (box.width + box.height))
    return TextBox(box.x, box.y, box.width + 2 * distance, box.height + 2 * distance, box.angle, box.score)
