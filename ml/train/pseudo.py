"""Pseudo-labels: boxes from a published class-agnostic localizer, kept where it is sure and the picture is simple."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import onnxruntime
from PIL import Image

from ml.train.photos import LabelledPhoto

SIZE_PX = 192
UNSURE = 0.3


def pseudo_labelled(paths: Iterable[Path], weights: Path, *, sure: float) -> Iterator[LabelledPhoto]:
    """Photos on which each likely box (score >= UNSURE) is also a sure one, so that nothing is left unlabelled."""
    session = onnxruntime.InferenceSession(str(weights), providers=["CPUExecutionProvider"])
    for path in paths:
        boxes, scores = localize(session, Image.open(path).convert("RGB"))
        if scores.size and scores[0] >= sure and not np.any((scores >= UNSURE) & (scores < sure)):
            yield LabelledPhoto(path, tuple(tuple(map(float, box)) for box in boxes[scores >= sure]))


def localize(session: onnxruntime.InferenceSession, image: Image.Image) -> tuple[np.ndarray, np.ndarray]:
    """boxes float32 (100, 4) x1 y1 x2 y2 in pixels of `image`, scores float32 (100,), best first."""
    pixels = np.asarray(image.resize((SIZE_PX, SIZE_PX)))[None]
    boxes, _, scores, _ = session.run(None, {session.get_inputs()[0].name: pixels})
    y1, x1, y2, x2 = np.clip(boxes[0], 0, 1).T
    return np.stack([x1, y1, x2, y2], axis=1) * np.array([image.width, image.height] * 2, np.float32), scores[0]
