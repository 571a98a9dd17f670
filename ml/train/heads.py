"""Train attribute heads on frozen vectors: logistic regressions, their sureness set by a temperature on other pictures.

The search is not touched by them: the vectors stay what they are.
"""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

import numpy as np
import torch
from torch.nn import functional as F

from ml.encode.heads import Head, Heads, save_heads
from ml.evaluate.calibration import expected_calibration_error
from ml.train.heads_data import Examples, examples, read_words
from ml.train.recipe import HeadsRecipe
from ml.train.text_items import lawful_items
from ml.train.text_pictures import open_pictures

ENOUGH = 100  # pictures to set a temperature by
SURE = 0.8  # as the search has it before it calls a thing by its kind
WITH_COLOURS = ("colour",)
TUNED_EVERY = 5
DECAYS = (3.0, 1.0, 0.3, 0.1, 0.03, 0.01, 0.003)
Weights = tuple[np.ndarray, np.ndarray]
TEMPERATURES = np.geomspace(0.5, 3.0, 60)


@dataclass(frozen=True, slots=True)
class Fitted:
    """One head, and how it does on the held-out pictures of each source."""

    head: Head
    report: dict[str, dict[str, float]]


def train_heads(recipe: HeadsRecipe, *, name: str = "heads") -> tuple[Path, dict]:
    """The npz file of all heads, and {head: {source: accuracy and calibration on held-out products}}.

    Raises LeakedGoldenSet.
    """
    torch.set_num_threads(recipe.threads)
    stocks, words = lawful_items(recipe, lambda source: not recipe.sources or source in recipe.sources), read_words()
    pictures = open_pictures(recipe.image, size_px=recipe.size_px, fill=recipe.fill, kept=recipe.runs / "vectors")
    shown = {name: (pictures.gallery(name, each.items, crops=recipe.crops), each) for name, each in stocks.items()}
    by_vector, by_picture, report = {}, {}, {}
    for head in words:
        rows = enough(examples(head, shown, words[head]), recipe.fewest)
        if len(set(rows.labels.tolist())) < 2:
            continue
        fitted = fit_head(rows, rows.vectors)
        by_vector[head], report[head] = fitted.head, fitted.report
        if head in WITH_COLOURS:
            # A photo's crop shows the floor and the wall as well; the catalog's own picture does not.
            seen = np.concatenate([rows.vectors, pictures.colours(head, tuple(rows.crops))], axis=1)
            fitted = fit_head(rows.only(rows.studio), seen[rows.studio])
            by_picture[head], report[f"{head} with the picture"] = fitted.head, fitted.report
    path = recipe.runs / name / "heads.npz"
    save_heads(path, Heads(by_vector, by_picture))
    return path, report


def enough(rows: Examples, fewest: int) -> Examples:
    """Without labels that too few products have."""
    products = Counter(label for label, _ in set(zip(rows.labels, rows.keys, strict=True)))
    return rows.only(np.array([products[label] >= fewest for label in rows.labels], bool))


def fit_head(rows: Examples, inputs: np.ndarray) -> Fitted:
    """Decay and temperature are chosen on a fifth of the training products, then all of them are learned from.

    The temperature suits catalog pictures, where there are enough: those are what heads suggest words for.
    """
    labels = tuple(sorted(set(rows.labels.tolist())))
    numbers = np.array([labels.index(label) for label in rows.labels.tolist()])
    held = rows.held
    tuned = ~held & np.array([crc32(key[::-1].encode()) % TUNED_EVERY == 0 for key in rows.keys], bool)
    learned, asked = ~held & ~tuned, tuned & rows.studio
    asked = asked if asked.sum() >= ENOUGH else tuned
    tries, found = [], {}
    start = np.zeros((inputs.shape[1], len(labels)), np.float32), np.zeros(len(labels), np.float32)
    for decay in DECAYS:
        weight, bias = start = found[decay] = regress(inputs[learned], numbers[learned], decay, start)
        logits = inputs[asked] @ weight + bias
        temperature = min(TEMPERATURES, key=lambda value: surprise(logits / value, numbers[asked]))
        tries.append((surprise(logits / temperature, numbers[asked]), decay, temperature))
    _, decay, temperature = min(tries)
    weight, bias = regress(inputs[~held], numbers[~held], decay, found[decay])
    head = Head(labels, weight / np.float32(temperature), bias / np.float32(temperature))
    return Fitted(head, judge(head, rows.only(held), inputs[held]))


def regress(inputs: np.ndarray, numbers: np.ndarray, decay: float, start: Weights) -> Weights:
    """Multinomial logistic regression with a squared penalty: weight float32 (d, k), bias float32 (k,)."""
    n, _ = inputs.shape
    x, y = torch.from_numpy(inputs).float(), torch.from_numpy(numbers)
    weight, bias = (torch.tensor(each, requires_grad=True) for each in start)
    optimizer = torch.optim.LBFGS([weight, bias], max_iter=250, history_size=10, line_search_fn="strong_wolfe")

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        loss = F.cross_entropy(x @ weight + bias, y) + decay / (2 * n) * (weight**2).sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    return weight.detach().numpy(), bias.detach().numpy()


def surprise(logits: np.ndarray, numbers: np.ndarray) -> float:
    """Mean negative log-likelihood."""
    return float(F.cross_entropy(torch.from_numpy(logits), torch.from_numpy(numbers)))


def judge(head: Head, rows: Examples, inputs: np.ndarray) -> dict[str, dict[str, float]]:
    """{source: top-1 accuracy, expected calibration error, pictures}, and of all of them; also how many of them it is
    SURE of, and how often it is right then."""
    report = {}
    for source in ("all", *sorted(set(rows.sources.tolist()))):
        wanted = np.ones(len(rows.labels), bool) if source == "all" else rows.sources == source
        if not wanted.any():
            continue
        shares = head.probabilities(inputs[wanted])
        right = np.array(head.labels)[shares.argmax(axis=1)] == rows.labels[wanted]
        sure = shares.max(axis=1) >= SURE
        report[source] = {
            "accuracy": float(right.mean()),
            "calibration_error": expected_calibration_error(shares.max(axis=1), right),
            "pictures": len(right),
            "sure": float(sure.mean()),
            "right_when_sure": float(right[sure].mean()) if sure.any() else 0.0,
        }
    return report
