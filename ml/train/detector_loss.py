"""What the detector is punished for: task-aligned assignment (TOOD, Feng et al., 2021), focal scores, GIoU boxes."""

from typing import NamedTuple

import torch
from torchvision.ops import box_iou, generalized_box_iou_loss

from ml.train.product_detector import Predictions, log_score

CANDIDATES = 10
SCORE_POWER, IOU_POWER = 0.5, 6.0
BOX_WEIGHT = 4.0
SAME = 0.5


class Targets(NamedTuple):
    """One photo's boxes (m, 4) in pixels of the input, and boxes (k, 4) of which nobody knows whether they count."""

    boxes: torch.Tensor
    unsure: torch.Tensor


def detector_loss(predicted: Predictions, targets: list[Targets]) -> tuple[torch.Tensor, dict[str, float]]:
    """The loss of a batch, per unit of target score, and its parts."""
    logs = log_score(predicted)
    scores = logs.exp()
    wanted = torch.zeros_like(scores)
    counted = torch.ones_like(scores)
    box_losses = []
    for row, target in enumerate(targets):
        boxes = predicted.boxes[row]
        with torch.no_grad():
            cells, numbers, worth = assign(boxes, scores[row], target.boxes)
            wanted[row, cells] = worth
            counted[row] = 1.0 - is_one_of(boxes, target.unsure).float()
            counted[row, cells] = 1.0
        box_losses.append((generalized_box_iou_loss(boxes[cells], target.boxes[numbers]) * worth).sum())
    total = wanted.sum().clamp(min=1.0)
    box = torch.stack(box_losses).sum() / total
    score = (focal(logs, scores, wanted) * counted).sum() / total
    return score + BOX_WEIGHT * box, {"box_loss": box.item(), "score_loss": score.item()}


def focal(logs: torch.Tensor, scores: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    """Cross-entropy, weighted by how wrong the score is (quality focal loss, Li et al., 2020)."""
    entropy = -(wanted * logs + (1 - wanted) * torch.log1p(-scores.clamp(max=1 - 1e-6)))
    return (scores.detach() - wanted).abs().pow(1.5) * entropy


def assign(boxes: torch.Tensor, scores: torch.Tensor, truth: torch.Tensor) -> tuple[torch.Tensor, ...]:
    """Cells (k,) that answer for a true box, its number (k,), and the score that each should have (k,).

    A true box takes the cells inside it whose score and overlap are best; a cell between two takes the nearer one. The
    best cell of a box should score its overlap, the others less.
    """
    if not len(truth):
        nothing = torch.zeros(0, dtype=torch.long)
        return nothing, nothing, torch.zeros(0)
    centre = (boxes[:, :2] + boxes[:, 2:]) / 2
    inside = torch.stack(
        [(centre[:, axis] > truth[:, None, axis]) & (centre[:, axis] < truth[:, None, axis + 2]) for axis in (0, 1)]
    ).all(0)
    overlap = box_iou(truth, boxes) * inside
    fit = scores.clamp(min=1e-9).pow(SCORE_POWER) * overlap.pow(IOU_POWER)
    top = fit.topk(min(CANDIDATES, fit.shape[1]), dim=1)
    chosen = torch.zeros_like(inside).scatter_(1, top.indices, top.values > 1e-9)
    nearest = torch.where(chosen, overlap, -1.0).max(0)
    cells = (nearest.values > 0).nonzero()[:, 0]
    numbers = nearest.indices[cells]
    fit = torch.where(chosen, fit, 0.0)
    worth = fit[numbers, cells] / fit.amax(1)[numbers].clamp(min=1e-9) * (overlap * chosen).amax(1)[numbers]
    return cells, numbers, worth


def is_one_of(boxes: torch.Tensor, others: torch.Tensor) -> torch.Tensor:
    """bool (cells,): the box is the same as one of `others`."""
    if not len(others):
        return torch.zeros(len(boxes), dtype=torch.bool)
    return (box_iou(boxes, others) > SAME).any(1)
