"""Learned whitening: what tells photos of one product apart from its catalog pictures counts less in the vectors.

How photos and catalog pictures of the same products differ is gathered as a covariance, and its inverse square root
makes these differences alike in all directions (Mikolajczyk and Matas, ICCV 2007; Radenovic et al., PAMI 2019).
A closed form: nothing is trained.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

from ml.train.checkpoint import load_checkpoint, part, save_checkpoint
from ml.train.recipe import WhitenRecipe
from ml.train.text_items import Stock, lawful_items
from ml.train.text_pictures import Gallery, open_pictures


def train_whitening(recipe: WhitenRecipe, *, name: str = "whiten") -> Path:
    """Fit the map; the checkpoint of the towers with it, which `load_tower` opens.

    Raises LeakedGoldenSet, and ValueError for a checkpoint that will not do or where no product has both a catalog
    picture and a photo.
    """
    torch.set_num_threads(recipe.threads)
    stocks, towers = lawful_items(recipe, lambda source: source in recipe.sources), towers_of(recipe.image)
    pictures = open_pictures(recipe.image, size_px=recipe.size_px, fill=recipe.fill, kept=recipe.runs / "vectors")
    found = []
    for source, stock in stocks.items():
        places = stock.taught if recipe.hold_out else range(len(stock.items))
        found += differences(pictures.gallery(source, stock.items, crops=recipe.crops).of(places), stock)
    if not found:
        raise ValueError("No product of these sources has both a catalog picture and a photo; whitening needs some.")
    whitening = inverse_root(np.concatenate(found), recipe.shrink)
    to = recipe.runs / name / "last.pt"
    save_checkpoint(to, **towers, whitening=torch.from_numpy(whitening), pairs=sum(map(len, found)))
    return to


def differences(gallery: Gallery, stock: Stock) -> Iterator[np.ndarray]:
    """For each product float32 (photos x catalog pictures, dim): how each photo differs from each catalog picture."""
    for place in range(len(stock.items)):
        own = gallery.owner == place
        photos, studio = gallery.vectors[own & ~gallery.studio], gallery.vectors[own & gallery.studio]
        if len(photos) and len(studio):
            yield (photos[:, None] - studio[None]).reshape(-1, gallery.vectors.shape[1])


def inverse_root(rows: np.ndarray, shrink: float) -> np.ndarray:
    """float32 (dim, dim), symmetric: (C + s I)^-1/2 up to scale.

    C is the second moment of `rows` (n, dim), s its mean eigenvalue times `shrink`.
    """
    values, axes = np.linalg.eigh(rows.T.astype(np.float64) @ rows / len(rows))
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
