"""The class-agnostic detector: a letterboxed photo through ONNX Runtime, then non-maximum suppression."""

from dataclasses import dataclass

import numpy as np
import onnxruntime
from PIL import Image

from ml.detect.nms import non_maximum_suppression

STRIDE_PX = 32


@dataclass(frozen=True, slots=True)
class Detections:
    """boxes float32 (n, 4) x1 y1 x2 y2 in pixels of the given photo, scores float32 (n,); best first, n may be 0."""

    boxes: np.ndarray
    scores: np.ndarray


@dataclass(frozen=True, slots=True)
class DetectorSpec:
    """The detector's part of the manifest."""

    size_px: int
    fill: int
    iou: float
    floor: float
    max_boxes: int


class Detector:
    """Holds one ONNX session; safe to call from several threads."""

    def __init__(self, session: onnxruntime.InferenceSession, spec: DetectorSpec) -> None:
        self.session = session
        self.spec = spec

    def detect(self, image: Image.Image) -> Detections:
        """Boxes of an upright RGB photo."""
        pixels, scale = letterbox(image, self.spec.size_px, self.spec.fill)
        (rows,) = self.session.run(None, {"pixels": pixels[None]})
        boxes, scores = rows[0, :, :4], rows[0, :, 4]
        likely = scores >= self.spec.floor
        boxes, scores = boxes[likely] / scale, scores[likely]
        limit = np.array([image.width, image.height] * 2, dtype=np.float32)
        boxes = np.clip(boxes, 0, limit)
        kept = non_maximum_suppression(boxes, scores, iou=self.spec.iou)[: self.spec.max_boxes]
        return Detections(boxes[kept].astype(np.float32), scores[kept].astype(np.float32))


def letterbox(image: Image.Image, size_px: int, fill: int) -> tuple[np.ndarray, float]:
    """uint8 (h, w, 3) with the photo at the top left, longer side `size_px`, and the scale photo -> input.

    The shorter side is padded to a multiple of the stride only: a 4:3 photo costs a quarter less than a square.
    """
    scale = size_px / max(image.size)
    width, height = max(1, round(image.width * scale)), max(1, round(image.height * scale))
    small = image.resize((width, height), Image.Resampling.BILINEAR, reducing_gap=2.0)
    rows, columns = -(-height // STRIDE_PX) * STRIDE_PX, -(-width // STRIDE_PX) * STRIDE_PX
    pixels = np.full((rows, columns, 3), fill, dtype=np.uint8)
    pixels[:height, :width] = np.asarray(small)
    return pixels, scale
