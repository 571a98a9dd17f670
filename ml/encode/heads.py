"""Attribute heads: what a finished vector says of colour, material, pattern and kind. Multinomial logistic regression.

The vectors are not changed by them, so that facets cost nothing of the search.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from ml.errors import BundleError
from ml.inspect.colours import backdrop, to_lab

NOTHING_KNOWN = ""  # the label of what is none of a head's other labels
SIDE_PX = 48
FEWEST_PIXELS = 20
LIGHTNESS = (20, 35, 50, 70, 85)  # CIELAB's L, a and b: between these each pixel falls into one bin
STRENGTH = (6, 14, 28, 50)
HUES = 18
COLOUR_SETTINGS = (SIDE_PX, FEWEST_PIXELS, LIGHTNESS, STRENGTH, HUES)
COLOURS = 2 * ((len(LIGHTNESS) + 1) * (1 + len(STRENGTH) * HUES) + 3)  # numbers that colour_features gives

Guess = tuple[str, float]


@dataclass(frozen=True, slots=True)
class Head:
    """One attribute. weight float32 (inputs, k), bias float32 (k,), both divided by the fitted temperature.

    With more inputs than the vector is long, the rest are colour features.
    """

    labels: tuple[str, ...]
    weight: np.ndarray
    bias: np.ndarray

    def probabilities(self, inputs: np.ndarray) -> np.ndarray:
        """inputs float32 (n, inputs) -> float32 (n, k), rows sum to 1."""
        logits = inputs @ self.weight + self.bias
        shares = np.exp(logits - logits.max(axis=1, keepdims=True))
        return shares / shares.sum(axis=1, keepdims=True)

    def guess(self, inputs: np.ndarray) -> Guess:
        """The likeliest label of one row (inputs,), and how likely it is."""
        (shares,) = self.probabilities(inputs[None])
        return self.labels[int(shares.argmax())], float(shares.max())


@dataclass(frozen=True, slots=True)
class Heads:
    """`by_vector`: heads that need the vector alone; `by_picture`: those that are surer with the picture's colours."""

    by_vector: Mapping[str, Head]
    by_picture: Mapping[str, Head]

    def guess(self, vector: np.ndarray, image: Image.Image | None = None) -> dict[str, Guess]:
        """{attribute: (label, probability)} of one vector float32 (dim,); what is not known is left out."""
        found = {name: head.guess(vector) for name, head in self.by_vector.items()}
        if image is not None and self.by_picture:
            inputs = np.concatenate([vector, colour_features(image)])
            found |= {name: head.guess(inputs) for name, head in self.by_picture.items()}
        return {name: each for name, each in found.items() if each[0] != NOTHING_KNOWN}


def colour_features(image: Image.Image) -> np.ndarray:
    """float32 (882,): of the whole object and of the picture's middle, square roots of the shares of six greys and of
    colours by strength, lightness and hue, and the mean colour in CIELAB; a white studio backdrop is left out."""
    pixels = np.asarray(image.resize((SIDE_PX, SIDE_PX), Image.Resampling.BOX), dtype=np.float32)
    lab, shown = to_lab(pixels.reshape(-1, 3)), ~backdrop(pixels).ravel()
    edge = SIDE_PX // 4
    middle = np.zeros((SIDE_PX, SIDE_PX), bool)
    middle[edge:-edge, edge:-edge] = True
    middle = middle.ravel()
    parts = [part if part.sum() >= FEWEST_PIXELS else middle for part in (shown, shown & middle)]
    return np.concatenate([of_part(lab[part]) for part in parts]).astype(np.float32)


def of_part(lab: np.ndarray) -> np.ndarray:
    """lab float (n, 3), n >= 1 -> float (441,)."""
    lightness, strength = lab[:, 0], np.hypot(lab[:, 1], lab[:, 2])
    hue = (np.degrees(np.arctan2(lab[:, 2], lab[:, 1])) % 360 * HUES // 360).astype(int)
    level, depth = np.digitize(lightness, LIGHTNESS), np.digitize(strength, STRENGTH)
    levels = len(LIGHTNESS) + 1
    bins = np.where(depth == 0, level, levels + ((depth - 1) * levels + level) * HUES + hue)
    shares = np.bincount(bins, minlength=levels * (1 + len(STRENGTH) * HUES)) / len(lab)
    return np.concatenate([np.sqrt(shares), lab.mean(axis=0) / 50])


def load_heads(path: Path) -> Heads:
    """Heads from an npz file: `<attribute>/<inputs>/labels|weight|bias`, inputs being vector or picture.

    Raises BundleError where they were fitted to other colour features than these.
    """
    with np.load(path, allow_pickle=False) as file:
        values = dict(file)
    heads: dict[str, dict[str, Head]] = {"vector": {}, "picture": {}}
    for name, inputs in sorted({tuple(key.split("/")[:2]) for key in values}):
        labels, weight, bias = (values[f"{name}/{inputs}/{each}"] for each in ("labels", "weight", "bias"))
        if inputs == "picture" and len(weight) != len(values[f"{name}/vector/weight"]) + COLOURS:
            raise BundleError(f"{path}: {name} was fitted to other colour features. Train the heads again.")
        heads[inputs][name] = Head(tuple(labels.tolist()), weight.astype(np.float32), bias.astype(np.float32))
    return Heads(heads["vector"], heads["picture"])


def save_heads(path: Path, heads: Heads) -> None:
    """Weights as float16, which changes no probability by more than about 0.001."""
    values: dict[str, np.ndarray] = {}
    for inputs, group in (("vector", heads.by_vector), ("picture", heads.by_picture)):
        for name, head in group.items():
            values[f"{name}/{inputs}/labels"] = np.array(head.labels)
            values[f"{name}/{inputs}/weight"] = head.weight.astype(np.float16)
            values[f"{name}/{inputs}/bias"] = head.bias.astype(np.float32)
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, **values)
