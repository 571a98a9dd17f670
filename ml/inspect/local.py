"""Local features: the printed details of a thing, point by point, so that look-alikes can be told apart.

SIFT (Lowe, IJCV 2004; its patent ended in 2020) as OpenCV computes it, compared as RootSIFT (Arandjelović and
Zisserman, CVPR 2012).
"""

import cv2
import numpy as np
from PIL import Image

VERSION = 1  # of what the bytes mean; stored features of another version are made anew
CATALOG_SIDE_PX, QUERY_SIDE_PX = 352, 256  # time grows with the pixels
CATALOG_POINTS, QUERY_POINTS = 200, 400
DESCRIPTOR_SCALE = 512  # RootSIFT entries are shares below 0.5
SIZE_STEPS = 28  # to the octave

POINT = np.dtype(
    [
        ("place", "<u2", 2),  # x, y; 65535 is the longer side
        ("size", "u1"),  # -log2(share of the longer side) * SIZE_STEPS
        ("angle", "u1"),  # 256 to the turn
        ("descriptor", "u1", 128),  # RootSIFT * DESCRIPTOR_SCALE
    ]
)


def local_features(
    image: Image.Image, max_side_px: int = CATALOG_SIDE_PX, max_points: int = CATALOG_POINTS
) -> np.ndarray:
    """POINT (n,), strongest first, n <= max_points; 0 for a picture without detail. `image` is RGB or grey."""
    grey = np.asarray(small_grey(image, max_side_px))
    keypoints, descriptors = cv2.SIFT_create(nfeatures=max_points).detectAndCompute(grey, None)
    if not keypoints:
        return np.empty(0, POINT)
    order = np.argsort([-each.response for each in keypoints], kind="stable")[:max_points]
    longer = max(grey.shape)
    points = np.empty(len(order), POINT)
    chosen = [keypoints[number] for number in order]
    points["place"] = np.clip(np.array([each.pt for each in chosen]) / longer * 65535, 0, 65535)
    sizes = np.array([each.size for each in chosen]) / longer
    points["size"] = np.clip(-np.log2(sizes) * SIZE_STEPS, 0, 255).round()
    points["angle"] = np.array([each.angle for each in chosen]) * (256 / 360) % 256
    points["descriptor"] = root_sift(descriptors[order])
    return points


def small_grey(image: Image.Image, max_side_px: int) -> Image.Image:
    """Grey, the longer side at most max_side_px."""
    scale = max_side_px / max(image.size)
    if scale >= 1:
        return image.convert("L")
    width, height = (max(1, round(side * scale)) for side in image.size)
    return image.resize((width, height), Image.Resampling.BICUBIC, reducing_gap=2.0).convert("L")


def root_sift(descriptors: np.ndarray) -> np.ndarray:
    """SIFT float32 (n, 128) to uint8: the inner product is then Hellinger's kernel, which large bins do not rule."""
    shares = descriptors / np.maximum(descriptors.sum(axis=1, keepdims=True), 1e-6)
    return np.clip(np.sqrt(shares) * DESCRIPTOR_SCALE, 0, 255).round().astype(np.uint8)


def pack(points: np.ndarray) -> bytes:
    """134 bytes a point."""
    return points.tobytes()


def unpack(data: bytes) -> np.ndarray:
    """POINT (n,), read-only. Raises ValueError for bytes that pack did not write."""
    return np.frombuffer(data, POINT)
