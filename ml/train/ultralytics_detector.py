"""A one-class detector that was trained with ultralytics, such as a YOLOv8n, as the graph that a bundle holds."""

from pathlib import Path

import torch
from PIL import Image
from torch import nn
from ultralytics.nn.modules import C2f
from ultralytics.utils import patches

# ultralytics replaces Pillow's open by one that installs packages when a file cannot be read.
Image.open = patches._image_open


class UltralyticsGraph(nn.Module):
    """pixels uint8 (n, h, w, 3), sides multiples of 32 -> float32 (n, cells, 5): x1 y1 x2 y2 in pixels, score."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model.float().eval()
        self.model.fuse(verbose=False)
        head = self.model.model[-1]
        head.export, head.dynamic, head.format = True, True, "onnx"
        for part in self.model.modules():
            if isinstance(part, C2f):
                part.forward = part.forward_split

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        rows = self.model(pixels.permute(0, 3, 1, 2).float() / 255)
        rows = (rows[0] if isinstance(rows, (tuple, list)) else rows).transpose(1, 2)
        centre, half = rows[:, :, :2], rows[:, :, 2:4] / 2
        return torch.cat([centre - half, centre + half, rows[:, :, 4:5]], dim=2)


def read_ultralytics(path: Path) -> UltralyticsGraph:
    """The averaged weights of a checkpoint that `yolo train single_cls=True` wrote. Only open files that you trust."""
    state = torch.load(path, map_location="cpu", weights_only=False)
    return UltralyticsGraph(state.get("ema") or state["model"])
