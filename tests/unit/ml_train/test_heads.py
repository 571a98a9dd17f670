"""Attribute heads are fitted to frozen vectors, and say how sure they are."""

import numpy as np
import pytest
import torch

from ml.encode.heads import load_heads
from ml.train.checkpoint import save_checkpoint
from ml.train.heads import fit_head, train_heads
from ml.train.heads_data import Examples
from ml.train.image_model import ImageTower
from ml.train.recipe import HeadsRecipe
from ml.train.text_gap import measure_gap, scores_of
from ml.train.text_items import every_item
from ml.train.text_pictures import open_pictures


@pytest.fixture
def recipe(world, tmp_path) -> HeadsRecipe:
    torch.manual_seed(0)
    tower = {f"tower.{name}": value for name, value in ImageTower(32).state_dict().items()}
    save_checkpoint(tmp_path / "image.pt", best=tower, dim=32)
    return HeadsRecipe(
        runs=tmp_path, data=tmp_path / "none", demo=world, image=tmp_path / "image.pt", size_px=64, fewest=2
    )


def test_heads_are_made_of_whatever_is_labelled(recipe):
    path, report = train_heads(recipe)
    heads = load_heads(path)
    assert set(heads.by_vector) == {"colour", "category"}
    assert set(heads.by_vector["colour"].labels) == {"red", "green"}
    assert set(report) == {"colour", "colour with the picture", "category"}


def test_pictures_are_encoded_once(recipe, monkeypatch):
    pictures = open_pictures(recipe.image, size_px=64, fill=recipe.fill, kept=recipe.runs / "vectors")
    items = every_item(recipe.data, recipe.demo)["demo"].items
    first = pictures.gallery("demo", items, crops=2)
    monkeypatch.setattr(pictures.encoder, "session", None)
    again = pictures.gallery("demo", items, crops=2)
    assert np.array_equal(first.vectors, again.vectors)
    assert first.studio.sum() == 8
    assert len(first.owner) == len(first.vectors) == len(first.crops) <= 24


def rows_of(count: int, random: np.random.Generator) -> Examples:
    """Three kinds around three centres, so wide that one in ten lies nearer to another."""
    kinds = random.integers(0, 3, count)
    vectors = (np.eye(3)[kinds] + random.normal(0, 0.5, (count, 3))).astype(np.float32)
    keys = np.array([f"{number}" for number in range(count)])
    return Examples(
        vectors, keys, np.array(list("abc"))[kinds], np.full(count, "demo"), keys,
        np.ones(count, bool), np.arange(count) % 2 == 0,
    )  # fmt: skip


def test_a_head_is_as_sure_as_it_is_right():
    rows = rows_of(3000, np.random.default_rng(5))
    found = fit_head(rows, rows.vectors).report["all"]
    assert found["pictures"] == 1500
    assert 0.75 < found["accuracy"] < 0.95
    assert found["calibration_error"] < 0.04


def test_a_shift_between_words_and_pictures_is_measured():
    random = np.random.default_rng(1)
    pictures = random.normal(size=(300, 16))
    words = pictures + 0.3 * random.normal(size=pictures.shape)
    apart = words + np.eye(16)[0] * 6
    unit = [
        (each / np.linalg.norm(each, axis=1, keepdims=True)).astype(np.float32) for each in (pictures, words, apart)
    ]
    near, far = measure_gap(unit[0], unit[1]), measure_gap(unit[0], unit[2])
    assert near["between_means"] < 0.1 < far["between_means"]
    assert near["matched"] > 0.9 > far["matched"]
    assert scores_of(unit[2], unit[0])["spread"] < scores_of(unit[1], unit[0])["spread"]
