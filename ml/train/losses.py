"""Contrastive losses with several right answers (Khosla et al., NeurIPS 2020)."""

from dataclasses import dataclass

import torch
from torch.nn import functional as F


@dataclass(frozen=True, slots=True)
class Memory:
    """The last rows that were seen: vectors float32 (m, dim) without gradient, labels int64 (m,)."""

    vectors: torch.Tensor
    labels: torch.Tensor

    def then(self, vectors: torch.Tensor, labels: torch.Tensor, *, limit: int) -> "Memory":
        """With these rows added and the oldest forgotten."""
        rows = torch.cat([self.vectors, vectors.detach()])[-limit:]
        return Memory(rows, torch.cat([self.labels, labels])[-limit:])


def same_product_loss(
    vectors: torch.Tensor, labels: torch.Tensor, *, temperature: float, memory: Memory | None = None
) -> torch.Tensor:
    """vectors float (n, dim) unit rows, labels int64 (n,): views of one product together, all else apart.

    `memory` holds rows of earlier batches to be told apart from too (Wang et al., CVPR 2020).
    """
    n, _ = vectors.shape
    itself = torch.eye(n, dtype=torch.bool)
    right = (labels[:, None] == labels[None, :]) & ~itself
    logits = (vectors @ vectors.T / temperature).masked_fill(itself, -1e4)
    if memory is not None and len(memory.labels):
        logits = torch.cat([logits, vectors @ memory.vectors.T / temperature], dim=1)
        right = torch.cat([right, labels[:, None] == memory.labels[None, :]], dim=1)
    return many_right(logits, right)


def words_loss(images: torch.Tensor, texts: torch.Tensor, matches: torch.Tensor, *, temperature: float) -> torch.Tensor:
    """images float (n, dim), texts float (m, dim), unit rows, matches bool (m, n): both ways."""
    logits = texts @ images.T / temperature
    return (many_right(logits, matches) + many_right(logits.T, matches.T)) / 2


def many_right(logits: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
    """Mean over rows of the mean log-probability of the right columns; rows without a right one do not count."""
    count = right.sum(dim=1)
    if not bool(count.any()):
        return logits.sum() * 0
    shares = F.log_softmax(logits, dim=1).masked_fill(~right, 0).sum(dim=1) / count.clamp(min=1)
    return -shares[count > 0].mean()
