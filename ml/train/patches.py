"""The vectors of a picture's patches, beside the vector of all of it: what late interaction compares.

A tower's vector is the mean of what it sees in each cell of its last map. What is common to all pictures is taken from
each cell, cells of several towers are joined, and the joint ones projected on their principal axes, which are fitted to
pictures without labels.
"""

from collections.abc import Sequence
from pathlib import Path
from random import Random

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from ml.encode.images import ImageSpec, to_square
from ml.images import open_image
from ml.train.checkpoint import load_checkpoint, save_checkpoint
from ml.train.image_model import ImageTower, Towers, load_tower, side_by_side
from ml.train.recipe import PatchesRecipe
from ml.train.text_items import lawful_items

BATCH = 16
SIDE_PX = 512


class PatchTower(nn.Module):
    """pixels uint8 (n, size, size, 3) -> vectors float32 (n, dim), unit rows, as the tower alone gives them; patches
    float32 (n, cells, patch_dim), unit rows; weights float32 (n, cells), which add up to 1.

    means (towers, dim of each); axes (patch_dim, sum of dims).
    """

    def __init__(self, tower: ImageTower | Towers, means: torch.Tensor, axes: torch.Tensor) -> None:
        super().__init__()
        self.towers = nn.ModuleList(parts_of(tower))
        self.scales = tower.scales if isinstance(tower, Towers) else [1.0]
        self.register_buffer("whitening", tower.whitening if isinstance(tower, Towers) else None)
        self.register_buffer("means", means)
        self.register_buffer("axes", axes)

    @property
    def dim(self) -> int:
        return sum(tower.dim for tower in self.towers)

    def forward(self, pixels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        seen = [tower.cells(pixels) for tower in self.towers]
        vectors = [F.normalize((cells * weight[:, :, None]).sum(dim=1), dim=1) for cells, weight in seen]
        patches = F.normalize(joined([cells for cells, _ in seen], self.means) @ self.axes.T, dim=2)
        return (
            side_by_side(vectors, self.scales, self.whitening),
            patches,
            torch.stack([weight for _, weight in seen]).mean(dim=0),
        )


def parts_of(tower: ImageTower | Towers) -> list[ImageTower]:
    return list(tower.towers) if isinstance(tower, Towers) else [tower]


def joined(cells: Sequence[torch.Tensor], means: torch.Tensor) -> torch.Tensor:
    """Cells (n, h w, dim) of each tower -> (n, h w, sum of dims): unit vectors less their mean, side by side."""
    return torch.cat(
        [F.normalize(F.normalize(each, dim=2) - mean, dim=2) for each, mean in zip(cells, means, strict=True)], dim=2
    )


def train_patches(recipe: PatchesRecipe, *, name: str = "patches") -> Path:
    """Fit the axes; the checkpoint, which `load_patch_tower` opens. Raises LeakedGoldenSet."""
    torch.set_num_threads(recipe.threads)
    stocks, random = lawful_items(recipe, lambda source: True), Random(recipe.seed)
    pictures = [
        path
        for stock in stocks.values()
        for place, item in enumerate(stock.items)
        if place not in stock.held
        for path in item.studio[:1]
    ]
    pictures = random.sample(pictures, min(len(pictures), recipe.pictures))
    means, axes = fit_axes(load_tower(recipe.image), pictures, recipe)
    to = recipe.runs / name / "last.pt"
    save_checkpoint(to, means=means, axes=axes, pictures=len(pictures))
    return to


@torch.no_grad()
def fit_axes(
    tower: ImageTower | Towers, pictures: Sequence[Path], recipe: PatchesRecipe
) -> tuple[torch.Tensor, torch.Tensor]:
    """means float32 (towers, dim), axes float32 (patch_dim, sum of dims) by the cells of these pictures."""
    spec, seen = ImageSpec(recipe.size_px, tuple(recipe.fill), tower.dim), []
    for start in range(0, len(pictures), BATCH):
        images = [open_image(path.read_bytes(), max_side_px=SIDE_PX) for path in pictures[start : start + BATCH]]
        pixels = torch.from_numpy(np.stack([to_square(image, spec) for image in images]))
        seen.append([each.cells(pixels)[0] for each in parts_of(tower)])
    cells = [torch.cat(each) for each in zip(*seen, strict=True)]
    means = torch.stack([F.normalize(each, dim=2).mean(dim=(0, 1)) for each in cells])
    rows = joined(cells, means).flatten(0, 1)
    _, vectors = torch.linalg.eigh(rows.T @ rows)
    return means, vectors.flip(1)[:, : recipe.dim].T.contiguous()


def load_patch_tower(image: Path, patches: Path) -> PatchTower:
    """Raises ValueError where a checkpoint is not there, or is of another tower."""
    tower, state = load_tower(image), load_checkpoint(patches)
    if state is None:
        raise ValueError(f"{patches} is no checkpoint of a [patches] step. Run it, or correct the recipe.")
    dims = [part.dim for part in parts_of(tower)]
    if tuple(state["means"].shape) != (len(dims), dims[0]) or state["axes"].shape[1] != sum(dims):
        raise ValueError(f"{patches} was fitted to another tower than {image}. Remove it, and run [patches] again.")
    return PatchTower(tower, state["means"], state["axes"]).eval()
