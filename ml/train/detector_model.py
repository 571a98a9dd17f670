"""A one-class YOLOv8n that starts from published detector weights instead of from noise."""

from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from PIL import Image
from torch import nn
from ultralytics import YOLO
from ultralytics.nn.tasks import DetectionModel
from ultralytics.utils import patches

ARCHITECTURE = "yolov8n.yaml"
BATCHNORM_EPS = 1e-3

# ultralytics replaces Pillow's open by one that installs packages when a file cannot be read.
Image.open = patches._image_open


def start_weights() -> Path:
    """The YOLOv8n (AGPL-3.0) inside the nudenet package, batch norms folded into its convolutions."""
    import nudenet

    return Path(nudenet.__file__).parent / "320n.onnx"


def build_detector(weights: Path | None, *, classes: int = 1) -> DetectionModel:
    """A fresh YOLOv8n; with `weights`, every convolution whose shape fits takes its folded values from that ONNX."""
    model = DetectionModel(ARCHITECTURE, nc=classes, verbose=False)
    model.names = {0: "product"} if classes == 1 else {number: str(number) for number in range(classes)}
    if weights is not None:
        copied = copy_folded(model, read_weights(weights))
        if copied < 50:
            raise ValueError(f"only {copied} convolutions of {weights} fit {ARCHITECTURE}")
    return model


def read_weights(path: Path) -> dict[str, np.ndarray]:
    return {tensor.name: numpy_helper.to_array(tensor).copy() for tensor in onnx.load(path).graph.initializer}


@torch.no_grad()
def copy_folded(model: nn.Module, values: dict[str, np.ndarray]) -> int:
    """Copy folded convolutions by name; the batch norm after each becomes the identity plus the folded bias."""
    copied = 0
    for name, block in model.named_modules():
        weight, bias = values.get(f"{name}.weight"), values.get(f"{name}.bias")
        if not isinstance(block, nn.Conv2d) or bias is None or weight.shape != tuple(block.weight.shape):
            continue
        block.weight.copy_(torch.from_numpy(weight))
        if block.bias is not None:
            block.bias.copy_(torch.from_numpy(bias))
        else:
            set_identity(model.get_submodule(name.rsplit(".", 1)[0]).bn, torch.from_numpy(bias))
        copied += 1
    return copied


def set_identity(norm: nn.BatchNorm2d, bias: torch.Tensor) -> None:
    norm.eps = BATCHNORM_EPS
    norm.running_mean.zero_()
    norm.running_var.fill_(1.0)
    norm.weight.fill_((1.0 + norm.eps) ** 0.5)
    norm.bias.copy_(bias)


def as_yolo(model: DetectionModel) -> YOLO:
    """The same model behind ultralytics' trainer."""
    yolo = YOLO(ARCHITECTURE, task="detect", verbose=False)
    yolo.model = model
    yolo.ckpt = {"model": model}
    return yolo
