"""Local features: the printed details of a thing, point by point, so that look-alikes can be told apart.

SIFT (Lowe, IJCV 2004; its patent ended in 2020) as OpenCV computes it, as RootSIFT (Arandjelović and Zisserman, CVPR
2012), on its first 64 principal axes: on grocery cartons they tell as much as all 128 entries do.
"""

from functools import cache
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageFilter

VERSION = 3  # of what the bytes mean; stored features of another version are made anew
CATALOG_SIDE_PX, QUERY_SIDE_PX = 352, 256  # time grows with the pixels
CATALOG_POINTS, QUERY_POINTS = 200, 400
AXES = Path(__file__).parent / "local_axes.npz"  # made by ml/train/local_axes.py
DESCRIPTOR_SCALE = 220  # entries of a unit vector's projection are within 0.57
SIZE_STEPS = 28  # to the octave
COLOUR_RADIUS_PX = 3

cv2.setNumThreads(1)  # a look is short, and the models beside it have the cores

POINT = np.dtype(
    [
        ("place", "<u2", 2),  # x, y; 65535 is the longer side
        ("size", "u1"),  # -log2(share of the longer side) * SIZE_STEPS
        ("angle", "u1"),  # 256 to the turn
        ("colour", "u1", 3),  # RGB around the point
        ("descriptor", "i1", 64),  # times DESCRIPTOR_SCALE
    ]
)


def local_features(
    image: Image.Image, max_side_px: int = CATALOG_SIDE_PX, max_points: int = CATALOG_POINTS
) -> np.ndarray:
    """POINT (n,), strongest first, n <= max_points; 0 for a picture without detail."""
    small = shrink(image, max_side_px).convert("RGB")
    grey = np.asarray(small.convert("L"))
    keypoints, descriptors = cv2.SIFT_create(nfeatures=max_points).detectAndCompute(grey, None)
    if not keypoints:
        return np.empty(0, POINT)
    order = np.argsort([-each.response for each in keypoints], kind="stable")[:max_points]
    longer = max(grey.shape)
    points = np.empty(len(order), POINT)
    chosen = [keypoints[number] for number in order]
    places = np.array([each.pt for each in chosen])
    points["place"] = np.clip(places / longer * 65535, 0, 65535)
    sizes = np.array([each.size for each in chosen]) / longer
    points["size"] = np.clip(-np.log2(sizes) * SIZE_STEPS, 0, 255).round()
    points["angle"] = np.array([each.angle for each in chosen]) * (256 / 360) % 256
    points["colour"] = colours_at(small, places)
    points["descriptor"] = project(root_sift(descriptors[order]))
    return points


def shrink(image: Image.Image, max_side_px: int) -> Image.Image:
    """The longer side at most max_side_px."""
    scale = max_side_px / max(image.size)
    if scale >= 1:
        return image
    width, height = (max(1, round(side * scale)) for side in image.size)
    return image.resize((width, height), Image.Resampling.BICUBIC, reducing_gap=2.0)


def colours_at(image: Image.Image, places: np.ndarray) -> np.ndarray:
    """uint8 (n, 3): RGB around places (n, 2), x and y in pixels."""
    pixels = np.asarray(image.filter(ImageFilter.BoxBlur(COLOUR_RADIUS_PX)))
    x, y = np.clip(places.astype(int), 0, [image.width - 1, image.height - 1]).T
    return pixels[y, x]


def root_sift(descriptors: np.ndarray) -> np.ndarray:
    """float32 (n, 128), SIFT to unit rows whose inner product is Hellinger's kernel: large bins do not rule it."""
    return np.sqrt(descriptors / np.maximum(descriptors.sum(axis=1, keepdims=True), 1e-6))


def project(rows: np.ndarray) -> np.ndarray:
    """RootSIFT (n, 128) to int8 (n, 64)."""
    mean, axes = basis()
    return np.clip((rows - mean) @ axes.T * DESCRIPTOR_SCALE, -127, 127).round().astype(np.int8)


@cache
def basis() -> tuple[np.ndarray, np.ndarray]:
    """float32: mean (128,), axes (64, 128), of RootSIFT."""
    with np.load(AXES) as file:
        return file["mean"].astype(np.float32), file["axes"].astype(np.float32)


def pack(points: np.ndarray) -> bytes:
    """73 bytes a point."""
    return points.tobytes()


def unpack(data: bytes) -> np.ndarray:
    """POINT (n,), read-only. Raises ValueError for bytes that pack did not write."""
    return np.frombuffer(data, POINT)
