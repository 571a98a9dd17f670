"""Image tower, text head and the bundle made of them."""

import csv
from dataclasses import replace

import pytest
import torch

from ml.encode.images import ImageSpec
from ml.train import image
from ml.train.batches import Batches
from ml.train.checkpoint import load_checkpoint
from ml.train.early import early_of
from ml.train.image import Trainer, read_sources, train_image
from ml.train.recipe import ImageRecipe


@pytest.fixture(scope="module")
def recipe(world, tmp_path_factory):
    runs = tmp_path_factory.mktemp("runs")
    return ImageRecipe(
        runs=runs, data=runs / "none", demo=world, size_px=64, dim=32, batch=12, steps=2, save_every=1,
        check_every=2, frozen_stages=0, hold_out=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def trained(recipe):
    return train_image(recipe)


def test_steps_on_one_batch_lower_the_loss(recipe):
    torch.manual_seed(1)
    sources, _ = read_sources(recipe)
    trainer = Trainer(recipe, sources, None)
    spec = ImageSpec(recipe.size_px, recipe.fill, recipe.dim)
    early = early_of(trainer.models["tower"], recipe.frozen_stages)
    batch = next(iter(Batches(sources, spec, size=12, seed=1, fillers=[], early=early)))
    logged = [trainer.learn(batch) for _ in range(6)]
    assert logged[-1]["same"] + logged[-1]["words"] < logged[0]["same"] + logged[0]["words"]


def test_training_goes_on_where_it_stopped(recipe, trained, monkeypatch):
    monkeypatch.setattr(image, "WARM_STEPS", 6)
    train_image(replace(recipe, steps=8, check_every=100))
    assert load_checkpoint(trained)["step"] == 8
    with (trained.parent / "log.csv").open() as file:
        assert [row["step"] for row in csv.DictReader(file)] == [str(step + 1) for step in range(8)]
