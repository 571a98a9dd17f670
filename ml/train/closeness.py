"""Fits what tells sold from not sold, from the signals that `manage.py evaluate FOLDER --signals FILE` writes.

Two logistic regressions over the same signals: `sold`, the thing asked for is in the catalog, and `exact`, the first
result is the very product. Every file counts the same, and in it what is sold as much as what is not: what is sold with
its product struck out, and what is of another kind altogether. So neither a large folder nor an easy one decides.
"""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ml.evaluate import auroc

STEPS, RIDGE = 50, 1e-2
KEEP_SOLD = 0.95  # share of the sold that must not be told "nothing close"
SURE = 0.9  # share of the first results that are right where "exact" is said
FOLDS = 5


def fit_closeness(files: Sequence[Path]) -> dict:
    """For a bundle's card: {"sold", "exact": {"weights", "bias", "from"}, "measured"}. Raises ValueError for no use.

    `measured` and the thresholds are of FOLDS-fold cross-validation: each example by weights that it had no part in.
    """
    names, rows, kinds, right, files_of = read(files)
    sold = kinds == "sold"
    if not sold.any() or sold.all() or not right.any():
        raise ValueError("There must be examples of what is sold, with its product first at times, and of what is not.")
    weights = even_weights(kinds, files_of)
    card, scores = {}, {}
    for name, labels in (("sold", sold), ("exact", right)):
        scores[name] = held_out(rows, labels, weights)
        fitted = logistic(rows, labels, weights)
        by_name = dict(zip(names, fitted[:-1].round(5).tolist(), strict=True))
        card[name] = {"weights": by_name, "bias": round(float(fitted[-1]), 5)}
    card["sold"]["from"] = round(float(np.quantile(scores["sold"][sold], 1 - KEEP_SOLD)), 4)
    card["exact"]["from"] = round(sure_from(scores["exact"], right, weights), 4)
    return card | {"measured": measure(scores, kinds, right, weights, card)}


def measure(
    scores: dict[str, np.ndarray], kinds: np.ndarray, right: np.ndarray, weights: np.ndarray, card: dict
) -> dict:
    sold, exact = scores["sold"], scores["exact"]
    is_sold = kinds == "sold"
    said = exact >= card["exact"]["from"]
    return {
        "examples": {str(kind): int((kinds == kind).sum()) for kind in np.unique(kinds)},
        "auroc_sold_against_not_sold": round(auroc(sold[is_sold], sold[~is_sold]), 4),
        "auroc_sold_against": {
            str(kind): round(auroc(sold[is_sold], sold[kinds == kind]), 4) for kind in np.unique(kinds[~is_sold])
        },
        "auroc_first_is_right": round(auroc(exact[right], exact[~right]), 4),
        "nothing_close_said": {
            str(kind): round(float((sold[kinds == kind] < card["sold"]["from"]).mean()), 4) for kind in np.unique(kinds)
        },
        "exact_said_of_sold": round(float(said[is_sold].mean()), 4),
        "right_where_exact_was_said": round(float(np.average(right[said], weights=weights[said])), 4)
        if said.any()
        else None,
    }


def read(files: Sequence[Path]) -> tuple[list[str], np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """names (f,), signals float64 (n, f), kinds str (n,), right bool (n,), number of the file int (n,)."""
    names, rows, numbers = None, [], []
    for number, file in enumerate(files):
        first, *lines = [json.loads(line) for line in file.read_text().splitlines() if line.strip()]
        if names is not None and names != first["names"]:
            raise ValueError(f"{file} has other signals than the files before it: write it again.")
        names = first["names"]
        rows += lines
        numbers += [number] * len(lines)
    signals = np.array([row["signals"] for row in rows], np.float64).reshape(len(rows), -1)
    kinds, right = np.array([row["kind"] for row in rows]), np.array([row["right"] for row in rows], bool)
    return names or [], signals, kinds, right, np.array(numbers)


def even_weights(kinds: np.ndarray, files_of: np.ndarray) -> np.ndarray:
    """float64 (n,), mean 1: sold and not sold as much as each other, and the same from each file."""
    weights = np.zeros(len(kinds))
    for file in np.unique(files_of):
        negatives = np.unique(kinds[(files_of == file) & (kinds != "sold")])
        for kind in np.unique(kinds[files_of == file]):
            here = (files_of == file) & (kinds == kind)
            weights[here] = (1.0 if kind == "sold" else 1 / len(negatives)) / here.sum()
    return weights / weights.mean()


def logistic(rows: np.ndarray, labels: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """float64 (f + 1,): weights of the signals as they are, then the bias. Newton's method with a ridge."""
    mean, spread = rows.mean(axis=0), np.maximum(rows.std(axis=0), 1e-6)
    inputs = np.c_[(rows - mean) / spread, np.ones(len(rows))]
    ridge = np.full(inputs.shape[1], RIDGE * len(rows))
    ridge[-1] = 1e-9
    found = np.zeros(inputs.shape[1])
    for _ in range(STEPS):
        chance = sigmoid(inputs @ found)
        slope = inputs.T @ (weights * (chance - labels)) + ridge * found
        curvature = (inputs * (weights * chance * (1 - chance))[:, None]).T @ inputs + np.diag(ridge)
        step = np.linalg.solve(curvature, slope)
        found -= step
        if np.abs(step).max() < 1e-8:
            break
    scaled = found[:-1] / spread
    return np.append(scaled, found[-1] - scaled @ mean)


def held_out(rows: np.ndarray, labels: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """float64 (n,): the chance of each example by weights fitted on the others' folds."""
    folds = np.random.default_rng(0).permutation(len(rows)) % FOLDS
    scores = np.zeros(len(rows))
    for fold in range(FOLDS):
        away = folds == fold
        fitted = logistic(rows[~away], labels[~away], weights[~away])
        scores[away] = sigmoid(rows[away] @ fitted[:-1] + fitted[-1])
    return scores


def sure_from(scores: np.ndarray, right: np.ndarray, weights: np.ndarray) -> float:
    """The lowest score from which on a share of SURE is right, weighted; above all of them where there is none."""
    order = np.argsort(-scores)
    shares = np.cumsum((weights * right)[order]) / np.cumsum(weights[order])
    good = np.flatnonzero(shares >= SURE)
    return float(scores[order][good[-1]]) if len(good) else 1.01


def sigmoid(values: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-np.clip(values, -60, 60)))
