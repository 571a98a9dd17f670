"""Train the detector: seeded, resumable, with running averages of the weights and a log in CSV."""

import math
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

import numpy as np
import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from ml.train.checkpoint import load_checkpoint, log_row, save_checkpoint
from ml.train.detector_data import build_dataset, read_view
from ml.train.detector_loss import Targets, detector_loss
from ml.train.detector_views import View, flipped, four, lit, one
from ml.train.guard import refuse_golden
from ml.train.product_detector import build_detector, start_weights
from ml.train.recipe import DetectorRecipe

AVERAGE = 0.98
WARM_STEPS = 20
LAST_SHARE = 0.05
STRIDE_PX = 32
SHAPES = ((1.0, 1.0), (1.0, 0.75), (0.75, 1.0), (0.69, 1.0))  # width and height as shares of the longer side


def train_detector(recipe: DetectorRecipe, *, name: str = "detector") -> Path:
    """Train or go on training; the path of the checkpoint, whose `model` is a running average. log.csv lies beside.

    Raises LeakedGoldenSet.
    """
    torch.set_num_threads(recipe.threads)
    torch.manual_seed(recipe.seed)
    path = recipe.runs / name / "last.pt"
    trainer = Trainer(recipe, load_checkpoint(path))
    batches = Batches(recipe, build_dataset(recipe, recipe.runs / "detector_data"))
    refuse_golden(recipe, (Path(row["photo"]) for rows in batches.index.values() for row in rows))
    if trainer.step == 0:
        trainer.snapshot(path.parent)
    while trainer.step < recipe.steps:
        started = time.monotonic()
        values = trainer.learn(*batches.draw(trainer.step))
        log_row(path.parent / "log.csv", **values, took_s=time.monotonic() - started)
        if trainer.step % recipe.save_every == 0 or trainer.step == recipe.steps:
            trainer.save(path)
            trainer.snapshot(path.parent)
            print(values, flush=True)
    return path


class Batches:
    """Batches by their number alone: the same for a run that was stopped and for one that was not."""

    def __init__(self, recipe: DetectorRecipe, index: dict[str, list[dict]]) -> None:
        self.recipe = recipe
        self.index = {name: rows for name, rows in index.items() if rows and recipe.shares.get(name, 1.0) > 0}
        if not self.index:
            raise ValueError(f"There are no photos to train on: neither in {recipe.data} nor in {recipe.demo}.")
        self.weights = [recipe.shares.get(name, 1.0) for name in self.index]

    def draw(self, number: int) -> tuple[torch.Tensor, list[Targets]]:
        """Pixels float32 (batch, 3, h, w), 0..255, and what is on them; one shape a batch."""
        random = Random(self.recipe.seed * 1_000_003 + number)
        size = tuple(STRIDE_PX * round(side * self.recipe.size_px / STRIDE_PX) for side in random.choice(SHAPES))
        views = list(self.views(size, random))
        pixels = np.stack([np.asarray(view.image) for view in views]).transpose(0, 3, 1, 2)
        targets = [Targets(torch.from_numpy(view.boxes), torch.from_numpy(view.unsure)) for view in views]
        return torch.from_numpy(pixels.astype(np.float32)), targets

    def views(self, size: tuple[int, int], random: Random) -> Iterator[View]:
        for _ in range(self.recipe.batch):
            many = random.random() < self.recipe.mosaic
            view = four(lambda: self.photo(random), size, random) if many else one(self.photo(random), size, random)
            yield View(lit(view.image, random), view.boxes, view.unsure)

    def photo(self, random: Random) -> View:
        rows = self.index[random.choices(list(self.index), self.weights)[0]]
        view = read_view(random.choice(rows))
        return flipped(view) if random.random() < 0.5 else view


class Trainer:
    def __init__(self, recipe: DetectorRecipe, state: dict | None) -> None:
        self.recipe, self.step = recipe, 0
        self.model = build_detector(recipe.start or start_weights(recipe.data)).to(memory_format=torch.channels_last)
        freeze(self.model, recipe.freeze)
        learning = [values for values in self.model.parameters() if values.requires_grad]
        self.optimizer = torch.optim.AdamW(learning, lr=recipe.rate, weight_decay=0.01)
        self.average = AveragedModel(self.model, multi_avg_fn=get_ema_multi_avg_fn(AVERAGE))
        if state:
            self.step = state["step"]
            self.model.load_state_dict(state["learning"])
            self.average.load_state_dict(state["average"])
            self.optimizer.load_state_dict(state["optimizer"])

    def learn(self, pixels: torch.Tensor, targets: list[Targets]) -> dict[str, float]:
        rate = self.recipe.rate * schedule(self.step, self.recipe.steps)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        loss, parts = detector_loss(self.model(pixels.contiguous(memory_format=torch.channels_last)), targets)
        self.optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), 5.0)
        self.optimizer.step()
        self.average.update_parameters(self.model)
        self.step += 1
        return {"step": self.step, "loss": loss.item(), **parts, "lr/all": rate}

    def save(self, path: Path) -> None:
        save_checkpoint(
            path, step=self.step, model=self.average.module.state_dict(), learning=self.model.state_dict(),
            average=self.average.state_dict(), optimizer=self.optimizer.state_dict(),
        )  # fmt: skip

    def snapshot(self, folder: Path) -> None:
        """The averaged weights alone, by their step: for `python -m ml.train average`."""
        save_checkpoint(folder / f"{self.step:05d}.pt", model=self.average.module.state_dict())


def freeze(model: nn.Module, convolutions: int) -> None:
    """Keep the first convolutions as they are: edges are edges, and the finest maps cost the most."""
    for module in [each for each in model.modules() if isinstance(each, nn.Conv2d)][:convolutions]:
        module.requires_grad_(False)


def schedule(step: int, steps: int) -> float:
    """Warm up, then a half cosine down to LAST_SHARE."""
    warm = min(1.0, (step + 1) / WARM_STEPS)
    return warm * (LAST_SHARE + (1 - LAST_SHARE) * (1 + math.cos(math.pi * step / steps)) / 2)
