"""Learned whitening: what tells photos of one product apart from its catalog pictures counts less in the vectors.

How photos and catalog pictures of the same products differ is gathered as a covariance, and its inverse square root
makes these differences alike in all directions (Mikolajczyk and Matas, ICCV 2007; Radenovic et al., PAMI 2019).
A closed form: nothing is trained.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random

import numpy as np
import torch

from ml.train.checkpoint import load_checkpoint, part, save_checkpoint
from ml.train.guard import refuse_golden
from ml.train.recipe import WhitenRecipe
from ml.train.sources import Source, filler_photos, read_sources
from ml.train.text_pictures import Pictures, open_pictures
from ml.train.trials import captured, still


def train_whitening(recipe: WhitenRecipe, *, name: str = "whiten") -> Path:
    """Fit the map; the checkpoint of the towers with it, which `load_tower` opens.

    Raises LeakedGoldenSet, and ValueError for a checkpoint that will not do or where nothing has a catalog picture.
    """
    torch.set_num_threads(recipe.threads)
    towers, (sources, _) = towers_of(recipe.image), read_sources(recipe)
    pictures = open_pictures(recipe.image, size_px=recipe.size_px, fill=recipe.fill, kept=recipe.runs / "vectors")
    fillers = filler_photos(recipe.data, recipe.demo)
    refuse_golden(recipe, fillers)
    moments, pairs = [], {}
    for source in sources:
        found = [
            *seen_differences(source, pictures, recipe),
            *made_differences(source, pictures, fillers, recipe),
        ]
        if found:
            rows = np.concatenate(found).astype(np.float64)
            moments.append(source.share * (rows.T @ rows) / (rows**2).sum())
            pairs[source.name] = len(rows)
    if not moments:
        raise ValueError("No product of these sources has a catalog picture; whitening needs some.")
    whitening = inverse_root(sum(moments), recipe.shrink)
    to = recipe.runs / name / "last.pt"
    save_checkpoint(to, **towers, whitening=torch.from_numpy(whitening), pairs=pairs)
    return to


def seen_differences(source: Source, pictures: Pictures, recipe: WhitenRecipe) -> Iterator[np.ndarray]:
    """For each product with photos float32 (photos x catalog pictures, dim): each photo less each catalog picture."""
    items = [item for item in source.items if item.studio and item.crops]
    if not items:
        return
    gallery = pictures.gallery(source.name, items, crops=recipe.crops)
    for place in range(len(items)):
        own = gallery.owner == place
        photos, studio = gallery.vectors[own & ~gallery.studio], gallery.vectors[own & gallery.studio]
        yield (photos[:, None] - studio[None]).reshape(-1, pictures.dim)


def made_differences(
    source: Source, pictures: Pictures, fillers: Sequence[Path], recipe: WhitenRecipe
) -> Iterator[np.ndarray]:
    """For some products without photos float32 (1, dim): one that a phone might have taken less the catalog picture."""
    random = Random(recipe.seed)
    items = [item for item in source.items if item.studio and not item.crops]
    for item in random.sample(items, min(len(items), recipe.made)):
        photo, studio = captured(item, random, fillers), still(item)
        first, second = pictures.encoder.encode([photo, studio])
        yield (first - second)[None]


def inverse_root(moment: np.ndarray, shrink: float) -> np.ndarray:
    """float32 (dim, dim), symmetric: (moment + s I)^-1/2 up to scale, s the mean eigenvalue of it times `shrink`."""
    values, axes = np.linalg.eigh(moment)
    values = values + shrink * values.mean()
    return (axes * (values.mean() / values) ** 0.5 @ axes.T).astype(np.float32)


def towers_of(image: Path) -> dict:
    """A checkpoint of one tower or of several, as one of several. Raises ValueError for one that is whitened."""
    state = load_checkpoint(image)
    if state is None:
        raise ValueError(f"{image} is no checkpoint of an image tower. Train one, or correct the recipe.")
    if "whitening" in state:
        raise ValueError(f"{image} is whitened already.")
    if "towers" in state:
        return {name: state[name] for name in ("towers", "weights", "dim")}
    tower = {"dim": state["dim"], "weights": part(state["best"], "tower")}
    return {"towers": [tower], "weights": [1.0], "dim": state["dim"]}
