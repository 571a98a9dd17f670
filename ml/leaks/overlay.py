"""Two pictures laid one over the other: are these the same pixels, or only the same thing?

Local features say how one would have to lie on the other; whether it is the same photo the pixels say. Another photo of
the same product fits in its outline at best: light, shadows and what stands around differ.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from ml.inspect.spatial import agreeing, frames
from ml.leaks.fingerprint import Fingerprint

MIN_OVERLAP = 0.5  # of the smaller of the two
MIN_LIKENESS = 0.8  # correlation of the brightness where they overlap
MAX_DIFFERENCE = 24.0  # of 255, mean of all channels there
FAINT_LIKENESS, FAINT_DIFFERENCE = 0.5, 10.0  # where there is little to see, but that is the same
MAX_SCALE = 20.0  # of one to the other, in shares of the longer side
MAX_SQUEEZE = 2.0  # of one side against the other
MIN_SIDE_PX = 12  # of the overlap, in thumbs


@dataclass(frozen=True, slots=True)
class Overlay:
    """share: of the smaller picture that lies on the other. likeness: -1 to 1. difference: 0 to 255."""

    share: float
    likeness: float
    difference: float

    @property
    def same_photo(self) -> bool:
        alike = self.likeness >= MIN_LIKENESS and self.difference <= MAX_DIFFERENCE
        faint = self.likeness >= FAINT_LIKENESS and self.difference <= FAINT_DIFFERENCE
        return self.share >= MIN_OVERLAP and (alike or faint)


NOTHING = Overlay(0.0, 0.0, 255.0)


def overlay_whole(one: np.ndarray, other: np.ndarray) -> Overlay:
    """Of thumbs uint8 (h, w, 3) that show the same from edge to edge, if they are the same photo."""
    height, width = min(one.shape[0], other.shape[0]), min(one.shape[1], other.shape[1])
    a, b = (cv2.resize(each, (width, height), interpolation=cv2.INTER_AREA) for each in (one, other))
    return compared(a, b, np.ones((height, width), bool), 1.0)


def overlay_matched(one: Fingerprint, other: Fingerprint, ours: np.ndarray, theirs: np.ndarray) -> Overlay:
    """By points that match: rows int64 (m,) of one.points and of other.points. The better of the maps they suggest."""
    found = [laid(one.thumb, other.thumb, map_of) for map_of in mappings(one.points[ours], other.points[theirs])]
    return max(found, key=lambda overlay: (overlay.same_photo, overlay.likeness), default=NOTHING)


def laid(one: np.ndarray, other: np.ndarray, map_of: np.ndarray) -> Overlay:
    """Thumbs, and the map from one to the other in shares of the longer side, float64 (2, 3)."""
    (h1, w1), (h2, w2) = one.shape[:2], other.shape[:2]
    matrix = in_pixels(map_of, max(h1, w1), max(h2, w2))
    moved = cv2.warpAffine(blurred(one, matrix), matrix, (w2, h2), flags=cv2.INTER_LINEAR)
    inside = cv2.warpAffine(np.ones((h1, w1), np.uint8), matrix, (w2, h2), flags=cv2.INTER_NEAREST) > 0
    area = abs(np.linalg.det(matrix[:, :2])) * h1 * w1
    share = inside.sum() / max(min(area, h2 * w2), 1.0)
    return compared(moved, other, inside, float(min(share, 1.0)))


def mappings(ours: np.ndarray, theirs: np.ndarray) -> list[np.ndarray]:
    """The similarity, and the affine map for what was squeezed, that most matches agree with; none for chance."""
    frame, other = frames(ours), frames(theirs)
    kept = agreeing(frame, other)
    if kept.sum() < 3:
        return []
    places, targets = frame[kept, :2].astype(np.float32), other[kept, :2].astype(np.float32)
    found = [fit(places, targets, method=cv2.LMEDS)[0] for fit in (cv2.estimateAffinePartial2D, cv2.estimateAffine2D)]
    return [each for each in found if each is not None and is_copy(each[:, :2])]


def is_copy(linear: np.ndarray) -> bool:
    """Whether the (2, 2) part of a map is one that programs make: scaled, turned, a little squeezed."""
    if not np.isfinite(linear).all():  # points in one place have no map
        return False
    long, short = np.linalg.svd(linear, compute_uv=False)
    scale = np.sqrt(long * short)
    return bool(long < MAX_SQUEEZE * short and 1 / MAX_SCALE <= scale <= MAX_SCALE)


def in_pixels(map_of: np.ndarray, one_px: int, other_px: int) -> np.ndarray:
    matrix = map_of.copy()
    matrix[:, :2] *= other_px / one_px
    matrix[:, 2] *= other_px
    return matrix


def blurred(thumb: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """So that what is made smaller is not sampled at single pixels."""
    scale = np.sqrt(abs(np.linalg.det(matrix[:, :2])))
    return cv2.GaussianBlur(thumb, (0, 0), 0.5 / scale) if scale < 0.8 else thumb


def compared(one: np.ndarray, other: np.ndarray, inside: np.ndarray, share: float) -> Overlay:
    """Thumbs of one size, where `inside` bool (h, w) is true; a little blur hides how each was encoded."""
    if inside.sum() < MIN_SIDE_PX**2:
        return NOTHING
    a, b = (cv2.GaussianBlur(each, (0, 0), 1.0).astype(np.float32)[inside] for each in (one, other))
    grey_a, grey_b = a.mean(axis=1), b.mean(axis=1)
    spread = grey_a.std() * grey_b.std()
    likeness = float(((grey_a - grey_a.mean()) * (grey_b - grey_b.mean())).mean() / spread) if spread > 1 else 0.0
    return Overlay(share, likeness, float(np.abs(a - b).mean()))
