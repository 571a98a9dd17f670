"""Where an image tower starts: ImageNet's convolutions, and a projection along the principal axes of our pictures."""

from collections.abc import Sequence

import torch

from ml.encode.images import ImageSpec, to_square
from ml.train.image_model import POOLED, ImageTower, load_imagenet
from ml.train.recipe import ImageRecipe
from ml.train.sources import Source
from ml.train.views import load

PICTURES = 600
# How much each depth has to say at first, however many channels it has: with equal parts colour outweighs kind.
SAY = {"stage1": 0.2, "stage2": 0.2, "stage4": 0.4, "head": 1.0}


@torch.no_grad()
def begin_tower(tower: ImageTower, recipe: ImageRecipe, sources: Sequence[Source]) -> None:
    """ImageNet where the weights are at hand, and the projection of `start_projection`."""
    weights = recipe.data / "weights" / "mobilenetv2_imagenet.npz"
    if weights.exists():
        load_imagenet(tower, weights)
    spec = ImageSpec(recipe.size_px, recipe.fill, recipe.dim)
    paths = [(item.studio or [crop.path for crop in item.crops])[0] for source in sources for item in source.items]
    chosen = paths[:: max(1, len(paths) // PICTURES)]
    pixels = (torch.from_numpy(to_square(load(path), spec))[None] for path in chosen)
    start_projection(tower, torch.cat([tower.pooled(each) for each in pixels]), whiten=recipe.whiten)


@torch.no_grad()
def start_projection(tower: ImageTower, pooled: torch.Tensor, *, whiten: float = 0.0) -> None:
    """Standardise the pooled features (n, width) per channel; start the projection as their principal axes.

    `whiten`: 1 gives each axis the same variance, 0 leaves them as they are (Jegou & Chum, ECCV 2012).
    """
    tower.centre.copy_(pooled.mean(dim=0))
    tower.spread.copy_(pooled.std(dim=0) + 0.05 * pooled.std())
    scaled = (pooled - tower.centre) / tower.spread
    balance = torch.cat([torch.full((width,), SAY[part] * width**-0.5) for part, width in POOLED.items()])
    _, sizes, axes = torch.linalg.svd(scaled * balance, full_matrices=False)
    kept = (axes * (sizes[:, None] / sizes[0] + 1e-3) ** -whiten)[: tower.project.out_features] * balance
    tower.project.weight.zero_()
    tower.project.weight[: len(kept)].copy_(kept)
    tower.project.bias.zero_()
