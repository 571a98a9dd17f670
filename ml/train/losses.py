"""Contrastive losses with several right answers (Khosla et al., NeurIPS 2020)."""

import torch
from torch.nn import functional as F


def same_product_loss(vectors: torch.Tensor, labels: torch.Tensor, *, temperature: float) -> torch.Tensor:
    """vectors float (n, dim) unit rows, labels int64 (n,): views of one product together, all else apart."""
    n, _ = vectors.shape
    itself = torch.eye(n, dtype=torch.bool)
    right = (labels[:, None] == labels[None, :]) & ~itself
    logits = (vectors @ vectors.T / temperature).masked_fill(itself, -1e4)
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
