"""Contrastive losses with several right answers (Khosla et al., NeurIPS 2020)."""

from dataclasses import dataclass

import torch
from torch.nn import functional as F


@dataclass(frozen=True, slots=True)
class Memory:
    """The last rows that were seen: vectors float32 (m, dim) without gradient, labels and kinds int64 (m,)."""

    vectors: torch.Tensor
    labels: torch.Tensor
    kinds: torch.Tensor

    @classmethod
    def empty(cls, dim: int) -> "Memory":
        none = torch.zeros(0, dtype=torch.long)
        return cls(torch.zeros(0, dim), none, none)

    def then(self, vectors: torch.Tensor, labels: torch.Tensor, kinds: torch.Tensor, *, limit: int) -> "Memory":
        """With these rows added and the oldest forgotten."""
        rows = torch.cat([self.vectors, vectors.detach()])[-limit:]
        return Memory(rows, torch.cat([self.labels, labels])[-limit:], torch.cat([self.kinds, kinds])[-limit:])


def same_product_loss(
    vectors: torch.Tensor,
    labels: torch.Tensor,
    *,
    temperature: float,
    margin: float = 0.0,
    memory: Memory | None = None,
) -> torch.Tensor:
    """vectors float (n, dim) unit rows, labels int64 (n,): views of one product together, all else apart.

    A right pair counts as if it were less alike by `margin` (cosine; Wang et al., CVPR 2018). `memory` holds rows of
    earlier batches to be told apart from too (Wang et al., CVPR 2020).
    """
    n, _ = vectors.shape
    itself = torch.eye(n, dtype=torch.bool)
    right = (labels[:, None] == labels[None, :]) & ~itself
    alike = (vectors @ vectors.T).masked_fill(itself, -1e4)
    if memory is not None and len(memory.labels):
        alike = torch.cat([alike, vectors @ memory.vectors.T], dim=1)
        right = torch.cat([right, labels[:, None] == memory.labels[None, :]], dim=1)
    return many_right((alike - margin * right) / temperature, right)


def same_kind_loss(
    vectors: torch.Tensor, kinds: torch.Tensor, *, temperature: float, memory: Memory | None = None
) -> torch.Tensor:
    """As `same_product_loss`, for kinds int64 (n,): a lamp of another colour is nearer than a chair of this one."""
    kept = None if memory is None else Memory(memory.vectors, memory.kinds, memory.kinds)
    return same_product_loss(vectors, kinds, temperature=temperature, memory=kept)


def keep_loss(vectors: torch.Tensor, before: torch.Tensor) -> torch.Tensor:
    """How far cosines among vectors float (n, dim) have moved from those among `before` (n, any), mean square.

    Relational distillation (Park et al., CVPR 2019) from the tower that was not trained on any of this.
    """
    n, _ = vectors.shape
    moved = (vectors @ vectors.T - before @ before.T)[~torch.eye(n, dtype=torch.bool)]
    return moved.square().mean()


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
