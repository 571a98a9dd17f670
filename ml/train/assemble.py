"""Checkpoints of the three models to one bundle."""

import tomllib
from pathlib import Path

import torch
from torch import nn

from ml.train.checkpoint import load_checkpoint
from ml.train.export import write_bundle
from ml.train.image_model import ImageTower
from ml.train.recipe import BundleRecipe
from ml.train.text import part
from ml.train.text_model import TextTower


def assemble(recipe: BundleRecipe) -> Path:
    """Write the bundle that the recipe describes; the folder."""
    image = load_checkpoint(recipe.image)
    tower = ImageTower(image["dim"])
    tower.load_state_dict(part(image["best"], "tower"))
    text = TextTower(image["dim"])
    text.head.load_state_dict(load_checkpoint(recipe.text)["head"] if recipe.text else part(image["best"], "head"))
    folder = recipe.bundles / f"{recipe.name}-{recipe.version}"
    manifest = manifest_of(recipe, image["dim"])
    return write_bundle(folder, manifest, detector=load_detector(recipe.detector), image=tower, text=text)


def load_detector(path: Path) -> nn.Module:
    """The averaged weights of an ultralytics checkpoint."""
    state = torch.load(path, map_location="cpu", weights_only=False)
    return (state.get("ema") or state["model"]).float()


def manifest_of(recipe: BundleRecipe, dim: int) -> dict:
    return {
        "name": recipe.name,
        "version": recipe.version,
        "dim": dim,
        "licence": "AGPL-3.0-or-later",
        "detector": {"file": "detector.onnx"} | recipe.detect,
        "image": {"file": "image.onnx"} | recipe.encode,
        "text": {"file": "text.onnx", "tokenizer": "tokenizer.json", "max_tokens": recipe.max_tokens},
        "score": recipe.score,
        "training": tomllib.loads((Path(__file__).parent / "recipes" / "sources.toml").read_text())["source"],
        "metrics": recipe.metrics,
    }
