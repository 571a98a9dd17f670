"""The principal axes that local features are stored on: python -m ml.train.local_axes FOLDER_OF_PHOTOS

0.1.0's are of 150 photos of Caltech-101 (CC BY 4.0), 80 points each; 64 axes hold 96% of the variance.
"""

import sys
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from ml.inspect.local import AXES, POINT, QUERY_SIDE_PX, root_sift, shrink

PHOTOS, POINTS_EACH, SEED = 150, 80, 0


def fit(rows: np.ndarray, dim: int) -> tuple[np.ndarray, np.ndarray]:
    """Mean (d,) and the `dim` axes (dim, d) of the largest variance of rows (n, d), n >= dim."""
    mean = rows.mean(axis=0)
    return mean, np.linalg.svd(rows - mean, full_matrices=False)[2][:dim]


def read_rows(folder: Path) -> np.ndarray:
    """RootSIFT float32 (n, 128) of some of the photos under `folder`."""
    photos = np.random.default_rng(SEED).permutation(sorted(folder.rglob("*.jpg")))[:PHOTOS]
    sift = cv2.SIFT_create(nfeatures=POINTS_EACH)
    grey = (np.asarray(shrink(Image.open(path).convert("L"), QUERY_SIDE_PX)) for path in photos)
    found = [sift.detectAndCompute(pixels, None)[1] for pixels in grey]
    return np.concatenate([root_sift(rows) for rows in found if rows is not None])


if __name__ == "__main__":
    mean, axes = fit(read_rows(Path(sys.argv[1])), POINT["descriptor"].shape[0])
    np.savez(AXES, mean=mean.astype(np.float16), axes=axes.astype(np.float16))
