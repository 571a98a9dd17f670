"""Two published detectors: their sure boxes are pseudo-labels, and both are peers that ours is measured against."""

from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

import numpy as np
import onnxruntime
from PIL import Image

from ml.detect import Detections
from ml.detect.nms import non_maximum_suppression
from ml.train.photos import NOT_PRODUCTS

STRIDES = (8, 16, 32)
SUPPRESS = 0.65
COCO = """
person,bicycle,car,motorcycle,airplane,bus,train,truck,boat,traffic light,fire hydrant,stop sign,parking meter,bench
bird,cat,dog,horse,sheep,cow,elephant,bear,zebra,giraffe,backpack,umbrella,handbag,tie,suitcase,frisbee,skis,snowboard
sports ball,kite,baseball bat,baseball glove,skateboard,surfboard,tennis racket,bottle,wine glass,cup,fork,knife,spoon
bowl,banana,apple,sandwich,orange,broccoli,carrot,hot dog,pizza,donut,cake,chair,couch,potted plant,bed,dining table
toilet,tv,laptop,mouse,remote,keyboard,cell phone,microwave,oven,toaster,sink,refrigerator,book,clock,vase,scissors
teddy bear,hair drier,toothbrush
"""
COCO_CLASSES = tuple(COCO.strip().replace("\n", ",").split(","))
ALIVE = tuple(number for number, name in enumerate(COCO_CLASSES) if name in NOT_PRODUCTS)
PRODUCTS = tuple(number for number in range(len(COCO_CLASSES)) if number not in ALIVE)


class Finder(Protocol):
    """Anything that turns an upright RGB photo into boxes."""

    def detect(self, image: Image.Image) -> Detections: ...


class Localizer:
    """Mobile Object Localizer (Apache-2.0): class-agnostic, 192 px, the photo squeezed into a square."""

    size_px = 192

    def __init__(self, path: Path, *, threads: int = 1) -> None:
        self.session = open_session(path, threads)

    def detect(self, image: Image.Image) -> Detections:
        pixels = np.asarray(image.resize((self.size_px, self.size_px)))[None]
        boxes, _, scores, _ = self.session.run(None, {self.session.get_inputs()[0].name: pixels})
        y1, x1, y2, x2 = np.clip(boxes[0], 0, 1).T
        sides = np.array([image.width, image.height] * 2, np.float32)
        return Detections(np.stack([x1, y1, x2, y2], axis=1) * sides, scores[0])


class YoloxNano:
    """YOLOX-Nano (Apache-2.0), COCO's 80 classes, 416 px; made class-agnostic over the classes that are asked for."""

    size_px = 416

    def __init__(self, path: Path, *, classes: Iterable[int] = PRODUCTS, floor: float = 0.01, threads: int = 1) -> None:
        self.session = open_session(path, threads)
        self.classes, self.floor = list(classes), floor

    def detect(self, image: Image.Image) -> Detections:
        return best_of(*self.candidates(image), self.classes, self.floor)

    def candidates(self, image: Image.Image) -> tuple[np.ndarray, np.ndarray]:
        """Boxes float32 (n, 4) in pixels of `image` and scores float32 (n, 80), before suppression."""
        scale = self.size_px / max(image.size)
        small = image.resize((round(image.width * scale), round(image.height * scale)), Image.Resampling.BILINEAR)
        pixels = np.full((self.size_px, self.size_px, 3), 114, np.float32)
        pixels[: small.height, : small.width] = np.asarray(small)[:, :, ::-1]
        (rows,) = self.session.run(None, {"images": pixels.transpose(2, 0, 1)[None]})
        boxes = decode(rows[0, :, :4], self.size_px, self.size_px) / scale
        limit = np.array([image.width, image.height] * 2, np.float32)
        return np.clip(boxes, 0, limit), rows[0, :, 4:5] * rows[0, :, 5:]


def best_of(boxes: np.ndarray, scores: np.ndarray, classes: Iterable[int], floor: float) -> Detections:
    """What of the candidates is one of `classes`, whichever; suppressed without asking which."""
    best = scores[:, list(classes)].max(axis=1)
    likely = best >= floor
    boxes, best = boxes[likely], best[likely]
    kept = non_maximum_suppression(boxes, best, iou=SUPPRESS)
    return Detections(boxes[kept], best[kept])


def decode(rows: np.ndarray, height: int, width: int) -> np.ndarray:
    """YOLOX's centre offsets and log sizes, float32 (n, 4), to x1 y1 x2 y2 in pixels of the network's input."""
    corners, strides = grid(height, width)
    centre, half = (rows[:, :2] + corners) * strides, np.exp(rows[:, 2:4]) * strides / 2
    return np.concatenate([centre - half, centre + half], axis=1)


def grid(height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Each cell's column and row, float32 (n, 2), and its stride in pixels, float32 (n, 1); the finest level first."""
    corners, strides = [], []
    for stride in STRIDES:
        rows, columns = np.mgrid[0 : height // stride, 0 : width // stride]
        corners.append(np.stack([columns.ravel(), rows.ravel()], axis=1))
        strides.append(np.full((rows.size, 1), stride))
    return np.concatenate(corners).astype(np.float32), np.concatenate(strides).astype(np.float32)


def open_session(path: Path, threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
