"""What ImageNet's features give without training: several ways to pool and to whiten them, for the protocol's table."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from onnxruntime import InferenceSession
from PIL import Image
from torch import nn
from torch.nn import functional as F

from ml.encode.images import ImageSpec, to_square
from ml.train.image_model import ImageTower

POWER = 3.0
FLOOR = 1e-6
PARTS = (*(f"stage{number}" for number in range(7)), "head", "head_gem")
DEEP = ("stage5", "head", "head_gem")
MANY = ("stage1", "stage2", "stage4", "head")


@dataclass(frozen=True, slots=True)
class Pooling:
    """Which pooled maps are joined, and to how many dimensions they are whitened (0: as they are)."""

    name: str
    parts: tuple[str, ...]
    dim: int = 0
    whiten: float = 0.0


POOLINGS = (
    Pooling("imagenet mean", ("head",)),
    Pooling("imagenet gem", ("head_gem",)),
    Pooling("imagenet mean, whitened 256", ("head",), 256, 0.5),
    Pooling("imagenet gem, whitened 256", ("head_gem",), 256, 0.5),
    Pooling("imagenet 4 depths, axes 256", MANY, 256),
    Pooling("imagenet 4 depths, half whitened 256", MANY, 256, 0.5),
    Pooling("imagenet 4 depths, whitened 256", MANY, 256, 1.0),
    Pooling("imagenet 4 depths with gem, half whitened 256", (*MANY[:3], "head_gem"), 256, 0.5),
    Pooling("imagenet deep, half whitened 256", DEEP, 256, 0.5),
    Pooling("imagenet 4 depths, half whitened 384", MANY, 384, 0.5),
)


class PooledGraph(nn.Module):
    """pixels -> the mean of each stage's map, and the head's mean and generalised mean, as PARTS."""

    def __init__(self, tower: ImageTower) -> None:
        super().__init__()
        self.tower = tower

    def forward(self, pixels: torch.Tensor) -> list[torch.Tensor]:
        x, *_ = self.tower.early(pixels, 0)
        pooled = []
        for stage in self.tower.stages:
            x = stage(x)
            pooled.append(x.mean(dim=(2, 3)))
        x = self.tower.head(x)
        gem = x.clamp(min=FLOOR).pow(POWER).mean(dim=(2, 3)).pow(1 / POWER)
        return [*pooled, x.mean(dim=(2, 3)), gem]


def features_of(session: InferenceSession, images: Sequence[Image.Image], spec: ImageSpec) -> dict[str, np.ndarray]:
    """Pooled float32 (n, channels) by part; `session` is of `graph_of(PooledGraph(tower))`."""
    rows = []
    for start in range(0, len(images), 32):
        pixels = np.stack([to_square(image, spec) for image in images[start : start + 32]])
        rows.append(session.run(None, {"pixels": pixels}))
    return {name: np.concatenate(part) for name, part in zip(PARTS, zip(*rows, strict=True), strict=True)}


def fit(pooling: Pooling, seen: dict[str, np.ndarray]) -> Callable[[dict[str, np.ndarray]], np.ndarray]:
    """A function from features to unit rows, its axes taken from the features `seen` of other pictures."""
    if not pooling.dim:
        return lambda features: unit(joined(pooling.parts, features))
    rows = joined(pooling.parts, seen)
    centre, spread = rows.mean(axis=0), rows.std(axis=0) + 0.05 * rows.std()
    balance = np.concatenate([np.full(seen[part].shape[1], seen[part].shape[1] ** -0.5) for part in pooling.parts])
    scale = balance / spread
    _, sizes, axes = np.linalg.svd((rows - centre) * scale, full_matrices=False)
    weight = (axes * (sizes[:, None] / sizes[0] + 1e-3) ** -pooling.whiten)[: pooling.dim]
    return lambda features: unit((joined(pooling.parts, features) - centre) * scale @ weight.T)


def joined(parts: Iterable[str], features: dict[str, np.ndarray]) -> np.ndarray:
    return np.concatenate([features[part] for part in parts], axis=1)


def unit(rows: np.ndarray) -> np.ndarray:
    return F.normalize(torch.from_numpy(rows), dim=1).numpy()
