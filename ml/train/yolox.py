"""YOLOX-Nano (Ge et al., 2021; Apache-2.0) with its batch norms folded, so that published ONNX weights fit by order."""

from pathlib import Path

import onnx
import torch
from onnx import numpy_helper
from torch import nn
from torch.nn import functional

WIDTHS = (16, 32, 64, 128, 256)
HEAD_WIDTH = 64
STRIDES = (8, 16, 32)


class Conv(nn.Module):
    """A convolution and SiLU."""

    def __init__(self, inside: int, outside: int, side: int = 1, stride: int = 1, groups: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inside, outside, side, stride, side // 2, groups=groups)

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        return functional.silu(self.conv(values))


def separable(inside: int, outside: int, stride: int = 1) -> nn.Sequential:
    """3 x 3 on each channel alone, then 1 x 1."""
    return nn.Sequential(Conv(inside, inside, 3, stride, inside), Conv(inside, outside))


class Bottleneck(nn.Module):
    def __init__(self, width: int, shortcut: bool) -> None:
        super().__init__()
        self.narrow, self.wide, self.shortcut = Conv(width, width), separable(width, width), shortcut

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        changed = self.wide(self.narrow(values))
        return changed + values if self.shortcut else changed


class Split(nn.Module):
    """Cross-stage partial block: one half goes through the bottlenecks, the other past them."""

    def __init__(self, inside: int, outside: int, depth: int, *, shortcut: bool) -> None:
        super().__init__()
        half = outside // 2
        self.through, self.past = Conv(inside, half), Conv(inside, half)
        self.bottlenecks = nn.Sequential(*(Bottleneck(half, shortcut) for _ in range(depth)))
        self.join = Conv(outside, outside)

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        through, past = self.through(values), self.past(values)
        return self.join(torch.cat([self.bottlenecks(through), past], 1))


class Pool(nn.Module):
    """Spatial pyramid pooling: what is near, in three sizes."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.narrow, self.wide = Conv(width, width // 2), Conv(2 * width, width)

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        values = self.narrow(values)
        pooled = [functional.max_pool2d(values, side, 1, side // 2) for side in (5, 9, 13)]
        return self.wide(torch.cat([values, *pooled], 1))


class Features(nn.Module):
    """Pixels float (n, 3, h, w) to feature maps at strides 8, 16 and 32 of 64, 128 and 256 channels."""

    def __init__(self) -> None:
        super().__init__()
        a, b, c, d, e = WIDTHS
        self.stem = Conv(12, a, 3)
        self.dark2 = nn.Sequential(separable(a, b, 2), Split(b, b, 1, shortcut=True))
        self.dark3 = nn.Sequential(separable(b, c, 2), Split(c, c, 3, shortcut=True))
        self.dark4 = nn.Sequential(separable(c, d, 2), Split(d, d, 3, shortcut=True))
        self.dark5 = nn.Sequential(separable(d, e, 2), Pool(e), Split(e, e, 1, shortcut=False))
        self.lateral5, self.up4 = Conv(e, d), Split(e, d, 1, shortcut=False)
        self.lateral4, self.up3 = Conv(d, c), Split(d, c, 1, shortcut=False)
        self.down3, self.out4 = separable(c, c, 2), Split(d, d, 1, shortcut=False)
        self.down4, self.out5 = separable(d, d, 2), Split(e, e, 1, shortcut=False)

    def forward(self, pixels: torch.Tensor) -> list[torch.Tensor]:
        quarters = [pixels[..., y::2, x::2] for x in (0, 1) for y in (0, 1)]
        fine = self.dark3(self.dark2(self.stem(torch.cat(quarters, 1))))
        middle = self.dark4(fine)
        side5 = self.lateral5(self.dark5(middle))
        side4 = self.lateral4(self.up4(torch.cat([double(side5), middle], 1)))
        out3 = self.up3(torch.cat([double(side4), fine], 1))
        out4 = self.out4(torch.cat([self.down3(out3), side4], 1))
        return [out3, out4, self.out5(torch.cat([self.down4(out4), side5], 1))]


class Head(nn.Module):
    """One level's predictions, (n, cells, channels): class logits, centre offsets and log sizes, objectness logit."""

    def __init__(self, inside: int, classes: int) -> None:
        super().__init__()
        width = HEAD_WIDTH
        self.stem = Conv(inside, width)
        self.kind = nn.Sequential(separable(width, width), separable(width, width))
        self.classes = nn.Conv2d(width, classes, 1)
        self.place = nn.Sequential(separable(width, width), separable(width, width))
        self.box, self.thing = nn.Conv2d(width, 4, 1), nn.Conv2d(width, 1, 1)

    def forward(self, values: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        values = self.stem(values)
        kinds = self.classes(self.kind(values))
        place = self.place(values)
        return tuple(each.flatten(2).transpose(1, 2) for each in (kinds, self.box(place), self.thing(place)))


class Yolox(nn.Module):
    """RGB float (n, 3, h, w) in 0..255, sides multiples of 32 -> class logits (n, cells, classes), boxes (n, cells, 4)
    as x1 y1 x2 y2 in pixels, objectness logits (n, cells); the finest level first."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.features = Features()
        self.heads = nn.ModuleList(Head(width, classes) for width in WIDTHS[2:])

    def forward(self, pixels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        maps = self.features(pixels.flip(1))  # it was trained on BGR
        levels = [head(each) for head, each in zip(self.heads, maps, strict=True)]
        kinds, offsets, things = (torch.cat(each, 1) for each in zip(*levels, strict=True))
        corners, strides = zip(*(cells(each, stride) for each, stride in zip(maps, STRIDES, strict=True)), strict=True)
        corner, stride = torch.cat(corners), torch.cat(strides)[:, None]
        centre, half = (offsets[..., :2] + corner) * stride, offsets[..., 2:].exp() * stride / 2
        return kinds, torch.cat([centre - half, centre + half], 2), things[..., 0]


def cells(values: torch.Tensor, stride: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Column and row of each cell, (cells, 2), and the stride as often."""
    y, x = torch.meshgrid(torch.arange(values.shape[2]), torch.arange(values.shape[3]), indexing="ij")
    corner = torch.stack([x, y], 2).flatten(0, 1).float()
    return corner, torch.full_like(corner[:, 0], stride)


def double(values: torch.Tensor) -> torch.Tensor:
    return functional.interpolate(values, scale_factor=2.0, mode="nearest")


@torch.no_grad()
def copy_weights(model: nn.Module, path: Path) -> None:
    """The convolutions of an ONNX file in their order; more output channels than the file has stay as they are.

    A model of several such networks takes as many from the file, or the same for each. Raises ValueError for another.
    """
    given, ours = read_convolutions(path), [module for module in model.modules() if isinstance(module, nn.Conv2d)]
    given *= max(1, len(ours) // max(1, len(given)))
    if not fit(given, ours):
        raise ValueError(f"{path} is not a YOLOX-Nano: its convolutions do not fit")
    for (weight, bias), module in zip(given, ours, strict=True):
        module.weight[: len(weight)], module.bias[: len(bias)] = weight, bias


def fit(given: list[list[torch.Tensor]], ours: list[nn.Conv2d]) -> bool:
    pairs = zip(given, ours, strict=False)
    return len(given) == len(ours) and all(weight[0].shape[1:] == each.weight.shape[1:] for weight, each in pairs)


def read_convolutions(path: Path) -> list[list[torch.Tensor]]:
    """Weight and bias of each convolution of an ONNX file, in the order in which they run."""
    graph = onnx.load(path).graph
    values = {tensor.name: numpy_helper.to_array(tensor).copy() for tensor in graph.initializer}
    for node in graph.node:  # equal tensors are stored once
        if node.op_type == "Identity" and node.input[0] in values:
            values[node.output[0]] = values[node.input[0]]
    convolutions = [node for node in graph.node if node.op_type == "Conv"]
    return [[torch.from_numpy(values[name]) for name in node.input[1:]] for node in convolutions]
