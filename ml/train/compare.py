"""Towers side by side on the generalisation protocol: ImageNet's features, bundles and checkpoints, in one table."""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import torch
from onnxruntime import InferenceSession
from PIL import Image, ImageOps
from torch import nn

from ml.bundle import default_bundle_folder, load_bundle
from ml.encode.images import ImageSpec, to_square
from ml.train.early import Early, graph_of
from ml.train.image_model import ImageTower, Towers, load_imagenet, load_tower
from ml.train.poolings import POOLINGS, PooledGraph, features_of, fit
from ml.train.protocol import append_row, as_markdown, measure, read_trials, score
from ml.train.recipe import ProtocolRecipe
from ml.train.sources import read_sources
from ml.train.trials import Trial
from ml.train.views import load

FIT_PICTURES = 250
BATCH = 32


class Vectors(nn.Module):
    """A tower as a graph with a list of outputs."""

    def __init__(self, tower: ImageTower | Towers) -> None:
        super().__init__()
        self.tower = tower

    def forward(self, pixels: torch.Tensor) -> list[torch.Tensor]:
        return [self.tower(pixels)]


def compare(recipe: ProtocolRecipe, *, name: str = "protocol") -> Path:
    """Measure what is not in the table yet; the table as Markdown, beside it the lines that it was made of."""
    torch.set_num_threads(recipe.threads)
    folder = recipe.runs / name
    table = folder / "table.jsonl"
    bundle = load_bundle(recipe.bundle or default_bundle_folder(), threads=recipe.threads)
    trials = list(read_trials(folder / "trials", recipe.data, recipe.demo, bundle))
    known = table.read_text() if table.exists() else ""
    for candidate, values in candidates(recipe, trials, known):
        append_row(table, candidate, values)
        print(candidate, values, flush=True)
    text = folder / "table.md"
    text.write_text(as_markdown(table) + "\n")
    return text


def candidates(recipe: ProtocolRecipe, trials: Sequence[Trial], known: str) -> Iterator[tuple[str, dict[str, float]]]:
    """Each candidate that is not `known` yet, and its measures over all trials."""
    for size_px in recipe.sizes_px:
        spec = ImageSpec(size_px, recipe.fill, 0)
        if recipe.poolings and f'"{POOLINGS[-1].name} {size_px}px"' not in known:
            yield from raw_poolings(recipe, trials, spec)
        for name, path in recipe.towers.items():
            named = f"{name} {size_px}px" + ("" if recipe.mirror else " unmirrored")
            if f'"{named}"' not in known:
                encode = partial(encode_all, Early(graph_of(Vectors(load_tower(path)))).open(), spec)
                values = [measure(trial, encode, mirror=recipe.mirror) for trial in trials]
                yield named, {key: value for each in values for key, value in each.items()}


def encode_all(session: InferenceSession, spec: ImageSpec, images: Sequence[Image.Image]) -> np.ndarray:
    """float32 (n, dim)."""
    rows = []
    for start in range(0, len(images), BATCH):
        pixels = np.stack([to_square(image, spec) for image in images[start : start + BATCH]])
        rows.append(session.run(None, {"pixels": pixels})[0])
    return np.concatenate(rows)


def raw_poolings(
    recipe: ProtocolRecipe, trials: Sequence[Trial], spec: ImageSpec
) -> Iterator[tuple[str, dict[str, float]]]:
    """ImageNet's features, computed once for all poolings."""
    tower = ImageTower()
    load_imagenet(tower, recipe.data / "weights" / "mobilenetv2_imagenet.npz")
    session = Early(graph_of(PooledGraph(tower))).open()
    look = partial(features_of, session, spec=spec)
    seen = look(fit_pictures(recipe))
    looked = [
        (
            look([shot.image for shot in trial.gallery]),
            look([shot.image for shot in trial.queries]) if trial.queries else None,
            look([ImageOps.mirror(shot.image) for shot in trial.queries]) if trial.queries else None,
        )
        for trial in trials
    ]
    for pooling in POOLINGS:
        to_rows, values = fit(pooling, seen), {}
        for trial, (gallery, queries, mirrored) in zip(trials, looked, strict=True):
            rows = to_rows(gallery)
            asked = rows if queries is None else to_rows(queries) + to_rows(mirrored)
            values |= score(trial, rows, asked)
        yield f"{pooling.name} {spec.size_px}px", values


def fit_pictures(recipe: ProtocolRecipe) -> list[Image.Image]:
    """Some training pictures of every source, for the axes of the whitened poolings."""
    paths = []
    for source in read_sources(recipe)[0]:
        own = [(item.studio or [crop.path for crop in item.crops])[0] for item in source.items]
        paths += own[:: max(1, len(own) // FIT_PICTURES)]
    return [load(path) for path in paths]
