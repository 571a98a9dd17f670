"""The image tower: MobileNetV2 without batch norms, pooled at several depths where the product is, one linear map."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from ml.train.checkpoint import load_checkpoint, part

# Expansion, channels, repeats, first stride (Sandler et al., CVPR 2018, table 2).
STAGES = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1))
# Colour and fabric are told early in the network, shape and kind late: pool both.
POOLED = {"stage1": 24, "stage2": 32, "stage4": 96, "head": 1280}
# Pixels of the picture to one of each stage's map, and to one of the head's.
STRIDES = (2, 4, 8, 16, 16, 32, 32)
HEAD_STRIDE = 32
MEAN = (0.485, 0.456, 0.406)
DEVIATION = (0.229, 0.224, 0.225)


def conv(inputs: int, outputs: int, *, kernel: int = 1, stride: int = 1, groups: int = 1) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups), nn.ReLU6())


class Residual(nn.Module):
    """The inverted residual: widen, depthwise 3x3, narrow."""

    def __init__(self, inputs: int, outputs: int, *, stride: int, expansion: int) -> None:
        super().__init__()
        wide = inputs * expansion
        layers = [conv(inputs, wide)] if expansion > 1 else []
        layers += [conv(wide, wide, kernel=3, stride=stride, groups=wide), nn.Conv2d(wide, outputs, 1)]
        self.layers = nn.Sequential(*layers)
        self.skip = stride == 1 and inputs == outputs

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.layers(x) if self.skip else self.layers(x)


class ImageTower(nn.Module):
    """pixels uint8 (n, size, size, 3) -> float32 (n, dim), unit rows. Normalisation is inside."""

    def __init__(self, dim: int = 256) -> None:
        super().__init__()
        self.stem = conv(3, 32, kernel=3, stride=2)
        self.stages = nn.ModuleList()
        channels = 32
        for expansion, outputs, repeats, stride in STAGES:
            blocks = []
            for number in range(repeats):
                first = stride if number == 0 else 1
                blocks.append(Residual(channels, outputs, stride=first, expansion=expansion))
                channels = outputs
            self.stages.append(nn.Sequential(*blocks))
        self.head = conv(channels, 1280)
        self.attention = nn.Conv2d(1280, 1, 1)
        nn.init.zeros_(self.attention.weight)
        nn.init.zeros_(self.attention.bias)
        width = sum(POOLED.values())
        self.register_buffer("centre", torch.zeros(width))
        self.register_buffer("spread", torch.ones(width))
        self.project = nn.Linear(width, dim, bias=True)
        self.register_buffer("mean", 255 * torch.tensor(MEAN).view(1, 3, 1, 1))
        self.register_buffer("deviation", 255 * torch.tensor(DEVIATION).view(1, 3, 1, 1))

    @property
    def dim(self) -> int:
        return self.project.out_features

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        return self.embed(self.pooled(pixels))

    def embed(self, pooled: torch.Tensor) -> torch.Tensor:
        """float32 (n, dim), unit rows, of pooled features."""
        return F.normalize(self.project((pooled - self.centre) / self.spread), dim=1)

    def pooled(self, pixels: torch.Tensor) -> torch.Tensor:
        """float32 (n, sum of POOLED): attention-weighted means of the feature maps."""
        return self.late(self.early(pixels, 0), 0)

    def early(self, pixels: torch.Tensor, stages: int) -> list[torch.Tensor]:
        """The map (n, c, h, w) after the stem and the first stages, and those of its stages that are pooled, small."""
        x = self.stem((pixels.permute(0, 3, 1, 2).float() - self.mean) / self.deviation)
        shallow = []
        for number, stage in enumerate(self.stages[:stages]):
            x = stage(x)
            if f"stage{number}" in POOLED:
                shallow.append(F.avg_pool2d(x, HEAD_STRIDE // STRIDES[number]))
        return [x, *shallow]

    def late(self, maps: Sequence[torch.Tensor], stages: int) -> torch.Tensor:
        """Pooled features from what `early` gave for the same number of stages."""
        pooled, weight = self.pools(maps, stages)
        return torch.cat([weighted_mean(each, weight) for each in pooled], dim=1)

    def pools(self, maps: Sequence[torch.Tensor], stages: int) -> tuple[list[torch.Tensor], torch.Tensor]:
        """The maps (n, c, k h, k w) that are pooled, and the attention (n, 1, h, w), from what `early` gave."""
        x, *pooled = maps
        for number, stage in enumerate(self.stages[stages:], start=stages):
            x = stage(x)
            if f"stage{number}" in POOLED:
                pooled.append(x)
        pooled.append(self.head(x))
        return pooled, F.softplus(self.attention(pooled[-1])) + 1e-3

    def cells(self, pixels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """What `forward` is the mean of: features (n, h w, dim) of the cells, and weights (n, h w), which sum to 1."""
        pooled, weight = self.pools(self.early(pixels, 0), 0)
        features = torch.cat([shrink(each, weight) for each in pooled], dim=1).flatten(2).transpose(1, 2)
        shares = weight / weight.sum(dim=(2, 3), keepdim=True)
        return self.project((features - self.centre) / self.spread), shares.flatten(1)

    def freeze_early(self, stages: int) -> None:
        """Keep the stem and the first stages as they are: most of the cost of a step, least of its use."""
        for early in [self.stem, *self.stages[:stages]]:
            early.requires_grad_(False)


def weighted_mean(features: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """features (n, c, h, w), weight (n, 1, h / k, w / k) -> (n, c)."""
    features = shrink(features, weight)
    return (features * weight).sum(dim=(2, 3)) / weight.sum(dim=(2, 3))


def shrink(features: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """features (n, c, h, w), weight (n, 1, h / k, w / k) -> (n, c, h / k, w / k): means of k x k cells."""
    factor = features.shape[2] // weight.shape[2]
    return F.avg_pool2d(features, factor) if factor > 1 else features


class Towers(nn.Module):
    """Several towers as one: pixels -> float32 (n, sum of their dims), unit rows.

    Their vectors lie side by side, so that a cosine is the mean of their cosines, by `weights`; then, where there is
    one, `whitening` (dim, dim) is applied (ml.train.whiten).
    """

    def __init__(
        self, towers: Sequence[ImageTower], weights: Sequence[float], whitening: torch.Tensor | None = None
    ) -> None:
        super().__init__()
        self.towers = nn.ModuleList(towers)
        self.scales = [(weight / sum(weights)) ** 0.5 for weight in weights]
        self.register_buffer("whitening", whitening)

    @property
    def dim(self) -> int:
        return sum(tower.dim for tower in self.towers)

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        return side_by_side([tower(pixels) for tower in self.towers], self.scales, self.whitening)


def side_by_side(
    vectors: Sequence[torch.Tensor], scales: Sequence[float], whitening: torch.Tensor | None
) -> torch.Tensor:
    """Unit rows (n, dim of each) of several towers -> unit rows (n, sum of dims)."""
    rows = torch.cat([scale * each for scale, each in zip(scales, vectors, strict=True)], dim=1)
    return rows if whitening is None else F.normalize(rows @ whitening.T, dim=1)


def load_tower(path: Path) -> ImageTower | Towers:
    """The averaged tower of a checkpoint of `ml.train image`, or the towers of one of `pair` or `whiten`.

    Raises ValueError where there is none.
    """
    state = load_checkpoint(path)
    if state is None:
        raise ValueError(f"{path} is no checkpoint of an image tower. Train one, or correct the recipe.")
    if "towers" in state:
        towers = [filled(**each) for each in state["towers"]]
        return Towers(towers, state["weights"], state.get("whitening")).eval()
    return filled(state["dim"], part(state["best"], "tower")).eval()


def filled(dim: int, weights: dict[str, torch.Tensor]) -> ImageTower:
    tower = ImageTower(dim)
    tower.load_state_dict(weights)
    return tower


@torch.no_grad()
def load_imagenet(tower: ImageTower, path: Path) -> None:
    """Copy the folded ImageNet convolutions (conv_<n>_weight, in network order) into the tower."""
    values = np.load(path)
    numbers = sorted(int(name.split("_")[1]) for name in values.files if name.startswith("conv_") and "weight" in name)
    layers = [part for part in tower.modules() if isinstance(part, nn.Conv2d) and part is not tower.attention]
    if len(layers) != len(numbers):
        raise ValueError(f"{path} has {len(numbers)} convolutions, the tower {len(layers)}")
    for layer, number in zip(layers, numbers, strict=True):
        layer.weight.copy_(torch.from_numpy(values[f"conv_{number}_weight"]))
        layer.bias.copy_(torch.from_numpy(values[f"conv_{number}_bias"]))
