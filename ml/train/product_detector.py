"""YOLOX-Nano with one question: is this a thing that one could buy?"""

from pathlib import Path
from pickle import UnpicklingError
from typing import NamedTuple

import torch
from torch import nn
from torch.nn.functional import logsigmoid

from ml.bundle import BUNDLES
from ml.train.checkpoint import load_checkpoint
from ml.train.teachers import ALIVE, COCO_CLASSES
from ml.train.yolox import Yolox, copy_weights

# Things that COCO has no word for: garments, cushions, cartons.
OWN_CLASSES = 4
ALIVE_WORTH = 0.3


class Predictions(NamedTuple):
    """boxes (n, cells, 4) x1 y1 x2 y2 in pixels; logits (n, cells): a thing at all, a product, alive or the street."""

    boxes: torch.Tensor
    thing: torch.Tensor
    product: torch.Tensor
    alive: torch.Tensor


class ProductDetector(nn.Module):
    """The published classes stay and vote: a product is whatever the likeliest class of things for sale says."""

    def __init__(self) -> None:
        super().__init__()
        self.net = Yolox(len(COCO_CLASSES) + OWN_CLASSES)
        for head in self.net.heads:
            nn.init.normal_(head.classes.weight, std=0.01)
            nn.init.constant_(head.classes.bias, -4.6)
        alive = torch.zeros(len(COCO_CLASSES) + OWN_CLASSES, dtype=torch.bool)
        alive[list(ALIVE)] = True
        self.register_buffer("is_alive", alive, persistent=False)

    def forward(self, pixels: torch.Tensor) -> Predictions:
        """RGB float (n, 3, h, w) in 0..255, sides multiples of 32."""
        kinds, boxes, thing = self.net(pixels)
        return Predictions(boxes, thing, kinds[..., ~self.is_alive].amax(2), kinds[..., self.is_alive].amax(2))


def log_score(predicted: Predictions) -> torch.Tensor:
    """Logarithm of the score (n, cells): a thing, and one that is for sale."""
    return logsigmoid(predicted.thing) + logsigmoid(predicted.product)


class DetectorGraph(nn.Module):
    """pixels uint8 (n, h, w, 3), sides multiples of 32 -> float32 (n, cells, 5): x1 y1 x2 y2 in pixels, score.

    People and animals are not for sale, but what they wear may be: they are found, with a lower score.
    """

    def __init__(self, model: ProductDetector) -> None:
        super().__init__()
        self.model = model.float().eval()

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        found = self.model(pixels.permute(0, 3, 1, 2).float())
        kind = torch.maximum(found.product.sigmoid(), found.alive.sigmoid() * ALIVE_WORTH)
        return torch.cat([found.boxes, (found.thing.sigmoid() * kind)[..., None]], 2)


def build_detector(weights: Path | None) -> ProductDetector:
    """With the weights of a checkpoint (.pt) or of an ONNX file, published or an exported one of ours."""
    model = ProductDetector()
    if weights is not None and weights.suffix == ".pt":
        model.load_state_dict(load_checkpoint(weights)["model"])
    elif weights is not None:
        copy_weights(model, weights)
    return model


def read_graph(path: Path) -> nn.Module:
    """What a bundle holds, from a checkpoint of ours or of ultralytics' trainer."""
    try:
        return DetectorGraph(build_detector(path))
    except UnpicklingError:  # a whole network of ultralytics' classes, not only numbers
        from ml.train.ultralytics_detector import read_ultralytics

        return read_ultralytics(path)


def start_weights(data: Path) -> Path | None:
    """The published weights where the real photos are, else those of a bundle that ships, else none."""
    published = data / "weights" / "yolox_nano.onnx"
    known = [published, *sorted(BUNDLES.glob("*/detector.onnx"), reverse=True)]
    return next((path for path in known if path.exists() and fits(path)), None)


def fits(path: Path) -> bool:
    try:
        build_detector(path)
    except ValueError:
        return False
    return True
