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
# How the two networks are heard together, chosen on what bench/detectors.py measures: the learnt one's score of 0.15
# is the published one's of 0.053, and 0.6 is 0.14. A box of someone alive counts for a twentieth.
LEARNT_WORTH, LEARNT_POWER = 0.2, 0.7
ALIVE_WORTH = 0.05


class Predictions(NamedTuple):
    """boxes (n, cells, 4) x1 y1 x2 y2 in pixels; logits (n, cells): a thing at all, a product, alive or the street."""

    boxes: torch.Tensor
    thing: torch.Tensor
    product: torch.Tensor
    alive: torch.Tensor


class ProductDetector(nn.Module):
    """Two networks of one layout. `published` stays as it is and knows the everyday things of COCO; `net` learns.

    The published classes vote in both: a product is whatever the likeliest class of things for sale says.
    """

    def __init__(self) -> None:
        super().__init__()
        self.net = Yolox(len(COCO_CLASSES) + OWN_CLASSES)
        self.published = Yolox(len(COCO_CLASSES)).requires_grad_(False)
        for head in self.net.heads:
            nn.init.normal_(head.classes.weight, std=0.01)
            nn.init.constant_(head.classes.bias, -4.6)
        alive = torch.zeros(len(COCO_CLASSES) + OWN_CLASSES, dtype=torch.bool)
        alive[list(ALIVE)] = True
        self.register_buffer("is_alive", alive, persistent=False)

    def forward(self, pixels: torch.Tensor) -> Predictions:
        """What `net` says of RGB float (n, 3, h, w) in 0..255, sides multiples of 32."""
        kinds, boxes, thing = self.net(pixels)
        return Predictions(boxes, thing, kinds[..., ~self.is_alive].amax(2), kinds[..., self.is_alive].amax(2))

    def remembered(self, pixels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """What `published` says: boxes (n, cells, 4), score of a product and of something alive, (n, cells).

        The score is that of any of the classes: a thing that is half chair, half couch is still one.
        """
        kinds, boxes, thing = self.published(pixels)
        alive, others, thing = self.is_alive[: len(COCO_CLASSES)], 1 - kinds.sigmoid(), thing.sigmoid()
        return boxes, thing * (1 - others[..., ~alive].prod(2)), thing * (1 - others[..., alive].prod(2))


def log_score(predicted: Predictions) -> torch.Tensor:
    """Logarithm of the score (n, cells): a thing, and one that is for sale."""
    return logsigmoid(predicted.thing) + logsigmoid(predicted.product)


class DetectorGraph(nn.Module):
    """pixels uint8 (n, h, w, 3), sides multiples of 32 -> float32 (n, 2 cells, 5): x1 y1 x2 y2 in pixels, score.

    The boxes of both networks; suppression keeps the better of two that are the same. What the published one is sure of
    comes first, then what the learnt one says, whose scores are pressed together. People and animals are not for sale.
    """

    def __init__(self, model: ProductDetector) -> None:
        super().__init__()
        self.model = model.float().eval()

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        values = pixels.permute(0, 3, 1, 2).float()
        learnt = self.model(values)
        score = LEARNT_WORTH * (learnt.thing.sigmoid() * learnt.product.sigmoid()) ** LEARNT_POWER
        boxes, known, alive = self.model.remembered(values)
        known = torch.maximum(known, ALIVE_WORTH * alive)
        rows = [torch.cat([boxes, known[..., None]], 2), torch.cat([learnt.boxes, score[..., None]], 2)]
        return torch.cat(rows, 1)


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
