"""The text encoder: words to a unit vector in the pictures' space."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

BATCH = 32
MAX_CHARACTERS = 2000


@dataclass(frozen=True, slots=True)
class TokenPadding:
    """Rows of a batch get one length: `to` tokens, as some towers need it, else that of the longest row."""

    to: int | None = None
    token: int = 0


LONGEST_ROW = TokenPadding()


class TextEncoder:
    """Holds the tokenizer and one ONNX session; safe to call from several threads.

    The tokenizer is a tokenizer.json, which holds word pieces, byte pairs and sentence pieces alike.
    """

    def __init__(
        self,
        session: onnxruntime.InferenceSession,
        tokenizer: Tokenizer,
        *,
        max_tokens: int,
        dim: int,
        padding: TokenPadding = LONGEST_ROW,
    ) -> None:
        self.session = session
        self.inputs = frozenset(each.name for each in session.get_inputs())
        self.tokenizer = tokenizer
        self.tokenizer.enable_truncation(max_tokens)
        self.tokenizer.enable_padding(length=padding.to, pad_id=padding.token)
        self.dim = dim

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """float32 (n, dim), unit rows in the order given; (0, dim) for none. Long texts are cut at the token limit."""
        vectors = [np.empty((0, self.dim), dtype=np.float32)]
        for start in range(0, len(texts), BATCH):
            short = [clean(text) for text in texts[start : start + BATCH]]
            rows = self.tokenizer.encode_batch(short)
            given = {
                "tokens": np.array([row.ids for row in rows], dtype=np.int64),
                "mask": np.array([row.attention_mask for row in rows], dtype=np.int64),
            }
            vectors.append(self.session.run(None, {name: given[name] for name in self.inputs})[0])
        return np.concatenate(vectors)


def clean(text: str) -> str:
    """Short enough for the tokenizer to be quick, and without the lone surrogates that it refuses."""
    return text[:MAX_CHARACTERS].encode("utf-8", "replace").decode("utf-8")
