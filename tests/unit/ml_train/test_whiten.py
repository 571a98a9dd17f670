"""Learned whitening: directions in which photos differ from catalog pictures of the same product count less."""

from pathlib import Path

import numpy as np
import pytest
import torch

from ml.train.checkpoint import load_checkpoint, save_checkpoint
from ml.train.image_model import ImageTower, load_tower
from ml.train.recipe import WhitenRecipe
from ml.train.text_model import TextHead
from ml.train.whiten import inverse_root, train_whitening

SIZE_PX = 64


def test_what_photos_differ_in_counts_less():
    rows = np.random.default_rng(1).standard_normal((400, 3)).astype(np.float32) * [4.0, 1.0, 1.0]
    whitening = inverse_root(rows.T @ rows, shrink=0.01)
    assert np.allclose(whitening, whitening.T, atol=1e-6)
    assert whitening[0, 0] == pytest.approx(whitening[1, 1] / 4, rel=0.15)
    moments = (rows @ whitening).T @ (rows @ whitening)
    assert moments / moments.max() == pytest.approx(np.eye(3), abs=0.1)
    assert inverse_root(rows.T @ rows, shrink=1e6) == pytest.approx(np.eye(3), abs=1e-3)


@pytest.fixture
def image(tmp_path):
    torch.manual_seed(3)
    models = torch.nn.ModuleDict({"tower": ImageTower(24), "head": TextHead(24)})
    torch.nn.init.normal_(models["tower"].project.weight)
    path = tmp_path / "image.pt"
    save_checkpoint(path, best=models.state_dict(), dim=24)
    return path


def recipe_of(world, image) -> WhitenRecipe:
    return WhitenRecipe(runs=image.parent, data=Path("none"), demo=world, image=image, size_px=SIZE_PX)


@torch.no_grad()
def test_a_whitened_tower_gives_its_vectors_turned(world, image):
    path = train_whitening(recipe_of(world, image))
    state, tower = load_checkpoint(path), load_tower(path)
    assert state["pairs"] == {"demo": 17} and state["dim"] == tower.dim == 24
    pixels = torch.randint(0, 256, (3, SIZE_PX, SIZE_PX, 3), dtype=torch.uint8)
    plain, found = load_tower(image)(pixels), tower(pixels)
    assert torch.allclose(found.norm(dim=1), torch.ones(3), atol=1e-5)
    assert torch.allclose(found, torch.nn.functional.normalize(plain @ state["whitening"].T), atol=1e-5)
    with pytest.raises(ValueError, match="whitened already"):
        train_whitening(recipe_of(world, path), name="again")


def test_without_catalog_pictures_or_towers_it_is_refused(world, image):
    with pytest.raises(ValueError, match="has a catalog picture"):
        train_whitening(recipe_of(Path("none"), image))
    with pytest.raises(ValueError, match="no checkpoint of an image tower"):
        train_whitening(recipe_of(world, image.parent / "nothing.pt"))
