"""Checkpoints of the three models to one bundle."""

import tomllib
from pathlib import Path

import torch
from torch import nn

from ml.train.checkpoint import load_checkpoint, part
from ml.train.export import write_bundle
from ml.train.image_model import load_tower
from ml.train.recipe import BundleRecipe
from ml.train.text_model import TextTower


def assemble(recipe: BundleRecipe, sections: dict) -> Path:
    """Write the bundle that the recipe describes; the folder. `sections`: the whole recipe, for the card."""
    image, tower = load_checkpoint(recipe.image), load_tower(recipe.image)
    text = TextTower(image["dim"])
    text.head.load_state_dict(load_checkpoint(recipe.text)["head"] if recipe.text else part(image["best"], "head"))
    manifest, detector = manifest_of(recipe, image["dim"]), load_detector(recipe.detector)
    card = card_of(recipe, sections)
    return write_bundle(recipe.folder, manifest, card, detector=detector, image=tower, text=text)


def load_detector(path: Path) -> nn.Module:
    """The averaged weights of an ultralytics checkpoint."""
    state = torch.load(path, map_location="cpu", weights_only=False)
    return (state.get("ema") or state["model"]).float()


def manifest_of(recipe: BundleRecipe, dim: int) -> dict:
    """What the vectors are."""
    return {
        "name": recipe.name,
        "version": recipe.version,
        "dim": dim,
        "detector": {"file": "detector.onnx"} | recipe.detect,
        "image": {"file": "image.onnx"} | recipe.encode,
        "text": {"file": "text.onnx", "tokenizer": "tokenizer.json", "max_tokens": recipe.max_tokens},
    }


def card_of(recipe: BundleRecipe, sections: dict) -> dict:
    """What is known of them. Raises ValueError for a source that recipes/sources.toml does not have."""
    known = tomllib.loads((Path(__file__).parent / "recipes" / "sources.toml").read_text())
    if unknown := set(recipe.sources) - set(known):
        raise ValueError(f"unknown sources {sorted(unknown)}; known are {sorted(known)}")
    return {
        "licence": "AGPL-3.0-or-later",
        "training": [source for key, source in known.items() if not recipe.sources or key in recipe.sources],
        "recipe": sections,
        "metrics": recipe.metrics,
    }
