"""Fit the order of boxes (ml/detect/order.py): which box of a photo of one grocery finds it?

A conditional logit: of a photo's shown boxes one is picked, with a probability that grows with a weighted sum of its
features. The weights make right boxes likely on photos of one half of the products; the others judge them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np

from ml.bundle import Bundle
from ml.crop import crop
from ml.detect.order import AREA, FEATURES, WEIGHTS, WHOLE, box_features, in_order
from ml.images import open_image
from ml.train.check import SIDE_PX, Shelf, shelve
from ml.train.photos import read_jsonl

NEARLY = 0.05
PULL = 0.02  # towards the weights that are there
ROUNDS, RATE = 3000, 0.05


@dataclass(frozen=True, slots=True)
class Choice:
    """One photo: features float64 (n, k) of its boxes in the detector's order, and bool (n,) which are right."""

    features: np.ndarray
    right: np.ndarray


def fit_order(bundle: Bundle, grocery: Path, *, photos: int, seed: int = 7) -> dict:
    """The weights, and how often the first box is right: by the detector's score, by the fitted order, at best."""
    shelf = shelve(bundle, grocery)
    rows = read_jsonl(grocery / "train.jsonl")
    Random(seed).shuffle(rows)
    products = sorted({row["product_id"] for row in rows})
    learnt = set(products[::2])
    train = choices(bundle, shelf, grocery, [row for row in rows if row["product_id"] in learnt][:photos])
    test = choices(bundle, shelf, grocery, read_jsonl(grocery / "queries.jsonl"))
    unseen = [row for row in rows if row["product_id"] not in learnt][: photos // 2]
    weights = fit(train)
    return {
        "weights": dict(zip(FEATURES, weights.round(3).tolist(), strict=True)),
        "photos with a choice": len(train),
        "queries": judge(test, weights),
        "train photos of other products": judge(choices(bundle, shelf, grocery, unseen), weights),
    }


def choices(bundle: Bundle, shelf: Shelf, folder: Path, rows: Sequence[dict]) -> list[Choice]:
    """A box is right when its nearest picture is the product's, nearly as near as the photo's best such box."""
    made = []
    for row in rows:
        photo = open_image((folder / row["photo"]).read_bytes(), max_side_px=SIDE_PX)
        found = bundle.detect(photo)
        boxes, scores = found.boxes[found.scores >= bundle.confident], found.scores[found.scores >= bundle.confident]
        if not len(boxes):
            made.append(Choice(np.zeros((0, len(FEATURES))), np.zeros(0, dtype=bool)))
            continue
        near = bundle.encode_images([crop(photo, box, bundle.margin) for box in boxes]) @ shelf.vectors.T
        own = near[:, np.array([product == row["product_id"] for product in shelf.products])].max(axis=1)
        first = own >= near.max(axis=1)
        right = first & (own >= own[first].max() - NEARLY) if first.any() else first
        made.append(Choice(box_features(photo, boxes, scores), right))
    return made


def fit(photos: Sequence[Choice]) -> np.ndarray:
    """Weights (k,) by gradient ascent on the log probability that a right box is picked; Adam, all photos at once."""
    parts = [only(each, each.features[:, AREA] <= np.log(WHOLE)) for each in photos]
    telling = [each for each in parts if each.right.any() and not each.right.all()]
    weights, mean, square = WEIGHTS.copy(), np.zeros(len(WEIGHTS)), np.zeros(len(WEIGHTS))
    for number in range(1, ROUNDS + 1):
        slope = -PULL * (weights - WEIGHTS)
        for each in telling:
            picked = softmax(each.features @ weights)
            wanted = picked * each.right
            slope += (wanted / wanted.sum() - picked) @ each.features / len(telling)
        mean, square = 0.9 * mean + 0.1 * slope, 0.99 * square + 0.01 * slope**2
        weights = weights + RATE * (mean / (1 - 0.9**number)) / (np.sqrt(square / (1 - 0.99**number)) + 1e-8)
    return weights


def only(choice: Choice, rows: np.ndarray) -> Choice:
    return Choice(choice.features[rows], choice.right[rows])


def softmax(values: np.ndarray) -> np.ndarray:
    powers = np.exp(values - values.max())
    return np.maximum(powers / powers.sum(), 1e-12)


def judge(photos: Sequence[Choice], weights: np.ndarray) -> dict[str, float]:
    def first(pick) -> float:
        return float(np.mean([bool(len(each.right) and each.right[pick(each)]) for each in photos]))

    return {
        "photos": len(photos),
        "first by score": first(lambda each: 0),
        "first by this order": first(lambda each: int(in_order(each.features, weights)[0])),
        "any box": first(lambda each: int(each.right.argmax())),
    }
