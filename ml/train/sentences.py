"""Sentence vectors of MiniLM for training: computed once per text."""

import torch
from tokenizers import Tokenizer

from ml.train.text_model import TextTower, minilm_folder

MAX_TOKENS = 64


class Sentences:
    """texts -> float32 (n, 384), with a memory of what was asked before."""

    def __init__(self, tower: TextTower) -> None:
        self.tower = tower.eval()
        self.tokenizer = Tokenizer.from_file(str(minilm_folder() / "tokenizer.json"))
        self.tokenizer.enable_padding()
        self.tokenizer.enable_truncation(MAX_TOKENS)
        self.known: dict[str, torch.Tensor] = {}

    @torch.no_grad()
    def __call__(self, texts: tuple[str, ...]) -> torch.Tensor:
        if new := [text for text in dict.fromkeys(texts) if text not in self.known]:
            rows = self.tokenizer.encode_batch(new)
            tokens = torch.tensor([row.ids for row in rows])
            mask = torch.tensor([row.attention_mask for row in rows])
            self.known.update(zip(new, self.tower.sentences(tokens, mask), strict=True))
        return torch.stack([self.known[text] for text in texts])
