"""Checkpoints of the three models to one bundle."""

import tomllib
from pathlib import Path

from ml.train.checkpoint import load_checkpoint
from ml.train.export import Parts, write_bundle
from ml.train.image_model import HEAD_STRIDE, load_tower
from ml.train.patches import PatchTower, load_patch_tower
from ml.train.product_detector import read_graph
from ml.train.recipe import BundleRecipe
from ml.train.text_model import TextHead, TextTower


def assemble(recipe: BundleRecipe, sections: dict) -> Path:
    """Write the bundle that the recipe describes; the folder. `sections`: the whole recipe, for the card."""
    tower = load_patch_tower(recipe.image, recipe.patches) if recipe.patches else load_tower(recipe.image)
    detector = read_graph(recipe.detector)
    dim = tower.dim
    text, known = load_text(recipe.text, dim)
    card = card_of(recipe, sections) | ({"modalities": known["modalities"]} if known.get("modalities") else {})
    parts = Parts(detector=detector, image=tower, text=text, heads=recipe.heads)
    manifest = manifest_of(recipe, dim) | {"words_share": known.get("words_share", 0.0)}
    if recipe.patches:
        manifest["image"] |= {"patches": patches_of(tower, recipe)}
    return write_bundle(recipe.folder, manifest, card, parts)


def load_text(path: Path, dim: int) -> tuple[TextTower, dict]:
    """The tower with the head of a checkpoint, and the checkpoint: it knows how words and pictures are to be mixed.

    Raises ValueError where there is no checkpoint.
    """
    state = load_checkpoint(path)
    if state is None:
        raise ValueError(f"{path} is no checkpoint of python -m ml.train text.")
    tower = TextTower(dim)
    tower.head = TextHead(dim, hidden=state.get("hidden", 768))
    tower.head.load_state_dict(state["head"])
    return tower, state


def patches_of(tower: PatchTower, recipe: BundleRecipe) -> dict[str, int]:
    side = recipe.encode["size_px"] // HEAD_STRIDE
    return {"side": side, "dim": len(tower.axes)}


def manifest_of(recipe: BundleRecipe, dim: int) -> dict:
    """What the vectors are."""
    return {
        "name": recipe.name,
        "version": recipe.version,
        "dim": dim,
        "detector": {"file": "detector.onnx"} | recipe.detect,
        "image": {"file": "image.onnx"} | recipe.encode,
        "text": {"file": "text.onnx", "tokenizer": "tokenizer.json", "max_tokens": recipe.max_tokens},
    } | ({"heads": {"file": "heads.npz"}} if recipe.heads else {})


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
