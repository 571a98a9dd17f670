"""The frozen-feature stage: features of the untrained tower are computed once, then the projection is learned."""

from dataclasses import dataclass
from pathlib import Path
from random import Random

import torch
from torch import nn
from torch.utils.data import DataLoader

from ml.encode.images import ImageSpec
from ml.train.batches import Batches
from ml.train.checkpoint import load_checkpoint, log_row, save_checkpoint
from ml.train.early import early_of
from ml.train.guard import refuse_golden
from ml.train.image_model import ImageTower
from ml.train.image_start import begin_tower
from ml.train.losses import keep_loss, same_kind_loss, same_product_loss
from ml.train.recipe import ProjectionRecipe
from ml.train.sources import filler_photos, read_sources
from ml.train.text_model import TextHead


@dataclass(frozen=True, slots=True)
class Features:
    """What the untrained tower sees in one source's views: pooled float32 (n, width), labels and kinds int64 (n,)."""

    pooled: torch.Tensor
    labels: torch.Tensor
    kinds: torch.Tensor


def train_projection(recipe: ProjectionRecipe, *, name: str = "projection") -> Path:
    """The path of a checkpoint that `ml.train image` can start from; one that is finished is left as it is."""
    torch.set_num_threads(recipe.threads)
    torch.manual_seed(recipe.seed)
    path = recipe.runs / name / "last.pt"
    if path.exists():
        return path
    sources, _ = read_sources(recipe)
    tower = ImageTower(recipe.dim)
    begin_tower(tower, recipe, sources)
    features = look(tower.eval(), recipe, sources, path.with_name("features.pt"))
    learn(tower, features, recipe, {source.name: source.share for source in sources}, path.with_name("log.csv"))
    models = nn.ModuleDict({"tower": tower, "head": TextHead(recipe.dim)})
    save_checkpoint(path, best=models.state_dict(), step=recipe.steps, dim=recipe.dim)
    return path


@torch.no_grad()
def look(tower: ImageTower, recipe: ProjectionRecipe, sources: list, kept: Path) -> dict[str, Features]:
    """Features by source, kept in a file."""
    if (state := load_checkpoint(kept)) is None:
        spec = ImageSpec(recipe.size_px, recipe.fill, recipe.dim)
        early, fillers = early_of(tower, recipe.frozen_stages), filler_photos(recipe.data, recipe.demo)
        refuse_golden(recipe, fillers)
        data = Batches(sources, spec, size=recipe.batch, seed=recipe.seed, fillers=fillers, early=early)
        loader = iter(DataLoader(data, batch_size=None, num_workers=1, prefetch_factor=3))
        parts: dict[str, list] = {}
        for _ in range(recipe.looks):
            batch = next(loader)
            row = (tower.late(batch.maps, recipe.frozen_stages), batch.labels, batch.kinds)
            parts.setdefault(batch.source, []).append(row)
        state = {source: [torch.cat(column) for column in zip(*rows, strict=True)] for source, rows in parts.items()}
        save_checkpoint(kept, **state)
    return {source: Features(*columns) for source, columns in state.items()}


def learn(
    tower: ImageTower, features: dict[str, Features], recipe: ProjectionRecipe, shares: dict[str, float], log: Path
) -> None:
    """Whole families were looked at together, so neighbouring rows are hard: each step takes a stretch of rows."""
    start, random = ImageTower(recipe.dim).eval(), Random(recipe.seed)
    start.load_state_dict(tower.state_dict())
    optimizer = torch.optim.AdamW(tower.project.parameters(), lr=recipe.rate, weight_decay=0)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, recipe.steps)
    names = list(features)
    for step in range(recipe.steps):
        (source,) = random.choices(names, [shares[name] for name in names])
        seen = features[source]
        first = random.randrange(max(1, len(seen.labels) - recipe.memory))
        rows = slice(first, first + recipe.memory)
        vectors = tower.embed(seen.pooled[rows])
        same = same_product_loss(vectors, seen.labels[rows], temperature=recipe.temperature, margin=recipe.margin)
        kinds = same_kind_loss(vectors, seen.kinds[rows], temperature=2 * recipe.temperature)
        with torch.no_grad():
            before = start.embed(seen.pooled[rows])
        keep = keep_loss(vectors, before)
        optimizer.zero_grad()
        (same + recipe.kinds * kinds + recipe.keep * keep).backward()
        optimizer.step()
        schedule.step()
        if (step + 1) % recipe.save_every == 0 or step + 1 == recipe.steps:
            log_row(log, step=step + 1, source=source, same=same.item(), kinds=kinds.item(), keep=keep.item())
