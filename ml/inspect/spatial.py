"""Is it the same print? Local features of two pictures matched, and counted where one affine map explains them.

Spatial verification after Philbin, Chum, Isard, Sivic and Zisserman (CVPR 2007): every match proposes a similarity by
its own place, size and angle; the best of these is refined to an affine map. No sampling, so the same every time.
"""

from collections.abc import Sequence

import numpy as np

from ml.inspect.local import SIZE_STEPS

MIN_POINTS = 8  # fewer say nothing: a plain couch
RATIO = 0.9  # of the distances to the nearest and the second nearest point (Lowe 2004, tuned for RootSIFT)
TOLERANCE = 0.03  # of the longer side, for the affine map
SLACK = 0.15  # and of the distance from the proposing match, whose size and angle are coarse
MAX_TURN = np.deg2rad(40)  # between two matches of one map
MAX_GROWTH = np.log(2.0)
MAX_SQUEEZE = 3.0  # ratio of the affine map's axes: a carton seen from the side, but no line
REFINEMENTS = 3
LIGHT, COLOUR_SPREAD = 0.2, 0.25  # how far light may shift all chromaticities (each is 0 to 3), and one beside it


def count_inliers(query: np.ndarray, candidates: Sequence[np.ndarray]) -> np.ndarray:
    """float64 (len(candidates),): points of `query` that lie in a candidate where one map puts them. Both POINT (n,).

    Each counts by how alike its colour is, 0 to 1: the same print in red is another article. 0 where either side has
    fewer than MIN_POINTS. Unrelated pictures have up to about 5.
    """
    counts = np.zeros(len(candidates))
    rich = [number for number, points in enumerate(candidates) if len(points) >= MIN_POINTS]
    if len(query) < MIN_POINTS or not rich:
        return counts
    frame = frames(query)
    for number, (ours, theirs) in zip(rich, matches(query, [candidates[number] for number in rich]), strict=True):
        points, others = query[ours], candidates[number][theirs]
        kept = agreeing(frame[ours], frames(others))
        counts[number] = colour_likeness(points["colour"][kept], others["colour"][kept]).sum()
    return counts


def matches(query: np.ndarray, candidates: Sequence[np.ndarray]) -> list[tuple[np.ndarray, np.ndarray]]:
    """For each candidate the rows (m,) of query and candidate that are each other's nearest, and clearly so.

    One matrix product for all candidates: 400 x 10,000 x 64 takes some 7 ms of one core.
    """
    width = max(map(len, candidates))
    stacked = np.zeros((len(candidates), width, query["descriptor"].shape[1]), np.float32)
    for number, points in enumerate(candidates):
        stacked[number, : len(points)] = unit(points["descriptor"])
    likeness = unit(query["descriptor"]) @ stacked.reshape(-1, stacked.shape[2]).T
    nearest_query = likeness.max(axis=0).reshape(len(candidates), width)
    likeness = likeness.reshape(len(query), len(candidates), width)
    nearest = likeness.argmax(axis=2)
    first = np.take_along_axis(likeness, nearest[..., None], 2)[..., 0]
    np.put_along_axis(likeness, nearest[..., None], -1.0, 2)
    second = likeness.max(axis=2)
    mutual = first >= np.take_along_axis(nearest_query, nearest.T, 1).T
    clear = 1 - first < RATIO**2 * (1 - second)  # squared distances of unit vectors are 2 - 2 cosine
    rows = [np.flatnonzero(mutual[:, number] & clear[:, number]) for number in range(len(candidates))]
    return [(ours, nearest[ours, number]) for number, ours in enumerate(rows)]


def unit(descriptors: np.ndarray) -> np.ndarray:
    """int8 (n, d) to float32 unit rows."""
    floats = descriptors.astype(np.float32)
    return floats / np.maximum(np.linalg.norm(floats, axis=1, keepdims=True), 1e-6)


def frames(points: np.ndarray) -> np.ndarray:
    """float64 (n, 4): x and y in shares of the longer side, natural logarithm of the size, angle in radians."""
    place = points["place"] / 65535
    log_size = points["size"] * (-np.log(2) / SIZE_STEPS)
    return np.column_stack([place, log_size, points["angle"] * (2 * np.pi / 256)])


def agreeing(ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    """bool (m,): the matched frames (m, 4) that one affine map explains; none where that is no view."""
    if len(ours) < 3:
        return np.zeros(len(ours), bool)
    kept = best_similarity(ours, theirs)
    plane = np.column_stack([ours[:, :2], np.ones(len(ours))])
    for _ in range(REFINEMENTS):
        if kept.sum() < 3:
            break
        affine = np.linalg.lstsq(plane[kept], theirs[kept, :2], rcond=None)[0]
        if not is_view(affine[:2]):
            return np.zeros(len(ours), bool)
        refined = np.hypot(*(plane @ affine - theirs[:, :2]).T) < TOLERANCE
        if (refined == kept).all():
            break
        kept = refined
    return kept


def best_similarity(ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    """bool (m,): the matches that agree with the one match whose own similarity most others agree with."""
    growth, turn = theirs[:, 2] - ours[:, 2], theirs[:, 3] - ours[:, 3]
    map_of = np.exp(growth + 1j * turn)  # points as complex numbers: a product turns and scales
    place, target = ours[:, 0] + 1j * ours[:, 1], theirs[:, 0] + 1j * theirs[:, 1]
    moved = map_of[:, None] * (place[None] - place[:, None])
    missed = np.abs(moved - (target[None] - target[:, None]))
    turned = np.abs((turn[:, None] - turn[None] + np.pi) % (2 * np.pi) - np.pi)
    grown = np.abs(growth[:, None] - growth[None])
    agree = (missed < TOLERANCE + SLACK * np.abs(moved)) & (turned < MAX_TURN) & (grown < MAX_GROWTH)
    return agree[agree.sum(axis=1).argmax()]


def is_view(linear: np.ndarray) -> bool:
    """Whether the (2, 2) part of an affine map may be another view of a surface: not mirrored, not flat."""
    long, short = np.linalg.svd(linear, compute_uv=False)
    return bool(np.linalg.det(linear) > 0 and long < MAX_SQUEEZE * short)


def colour_likeness(ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    """float64 (n,), 0 to 1, of RGB uint8 (n, 3): how alike the chromaticities are, in whatever light."""
    if len(ours) == 0:
        return np.zeros(0)
    one, other = (np.asarray(rgb, float) + 8 for rgb in (ours, theirs))  # the hue of what is black is noise
    apart = one / one.mean(axis=1, keepdims=True) - other / other.mean(axis=1, keepdims=True)
    shift = np.median(apart, axis=0)
    apart -= shift * (LIGHT / max(float(np.linalg.norm(shift)), LIGHT))
    return np.exp(-(apart**2).sum(axis=1) / (2 * COLOUR_SPREAD**2))
