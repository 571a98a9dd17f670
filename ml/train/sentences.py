"""Sentence vectors of MiniLM for training: computed once per text."""

from pathlib import Path
from random import Random

import torch
from tokenizers import Tokenizer

from ml.train.checkpoint import save_checkpoint
from ml.train.text_model import TextTower, minilm_folder

MAX_TOKENS = 64
BATCH = 64


class Sentences:
    """texts -> float32 (n, 384), with a memory of what was asked before; `kept` remembers it for the next run."""

    def __init__(self, tower: TextTower, kept: Path | None = None) -> None:
        self.tower = tower.eval()
        self.tokenizer = Tokenizer.from_file(str(minilm_folder() / "tokenizer.json"))
        self.tokenizer.enable_padding()
        self.tokenizer.enable_truncation(MAX_TOKENS)
        self.kept = kept
        self.known: dict[str, torch.Tensor] = {}
        if kept is not None and kept.exists():
            found = torch.load(kept, weights_only=True)
            self.known = dict(zip(found["texts"], found["vectors"].float(), strict=True))

    @torch.no_grad()
    def __call__(self, texts: tuple[str, ...]) -> torch.Tensor:
        if new := [text for text in dict.fromkeys(texts) if text not in self.known]:
            new.sort(key=len)  # texts of one length need no padding
            for start in range(0, len(new), BATCH):
                self.learn(new[start : start + BATCH])
        return torch.stack([self.known[text] for text in texts])

    def learn(self, texts: list[str]) -> None:
        rows = self.tokenizer.encode_batch(texts)
        tokens = torch.tensor([row.ids for row in rows])
        mask = torch.tensor([row.attention_mask for row in rows])
        self.known.update(zip(texts, self.tower.sentences(tokens, mask), strict=True))

    def save(self) -> None:
        """Remember for the next run; half the digits are enough to learn from."""
        if self.kept is not None and self.known:
            save_checkpoint(self.kept, texts=list(self.known), vectors=torch.stack([*self.known.values()]).half())


def vocabulary(tokenizer: Tokenizer, count: int, *, seed: int = 7) -> tuple[str, ...]:
    """`count` whole words that the tokenizer has a piece of its own for: what people write, of any kind."""
    words = sorted(word for word in tokenizer.get_vocab() if len(word) > 2 and word.isascii() and word.isalpha())
    return tuple(Random(seed).sample(words, min(count, len(words))))
