"""open_clip's tokenizers as one tokenizer.json, so that serving needs neither open_clip nor transformers."""

import string
from collections.abc import Iterator

import open_clip.tokenizer
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

from ml.train.foreign.adopt import NotExportable

WORD = r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"  # Radford et al., ICML 2021
SAMPLES = (
    "Green VELVET  armchair",
    " it's a 3-seat sofa,\n220 cm\t(oak) ",
    "Köttbullar & café crème 0,5 l",
    "don’t “quote” me",
    "椅子 🛋 стул",
    "snake_case, C++ #1 50% off!!!",
    "",
    "word " * 200,
)


def as_tokenizer(original, context: int) -> tuple[Tokenizer, int]:
    """The same tokens by the `tokenizers` library, and the id it pads with. Raises NotExportable where they differ."""
    for tokenizer, pad_id in candidates(original):
        tokenizer.enable_truncation(context)
        tokenizer.enable_padding(length=context, pad_id=pad_id)
        ours = [row.ids for row in tokenizer.encode_batch(list(SAMPLES))]
        if ours == original(list(SAMPLES), context_length=context).tolist():
            return tokenizer, pad_id
    raise NotExportable(f"the tokenizer {type(original).__name__} cannot be written as a tokenizer.json")


def candidates(original) -> Iterator[tuple[Tokenizer, int]]:
    """With each way in which open_clip cleans a text first; which one it is, only the tokens tell."""
    for cleaning in CLEANINGS:
        if isinstance(original, open_clip.tokenizer.SimpleTokenizer):
            tokenizer, pad_id = byte_pairs(original), 0
        else:
            fast = original.tokenizer
            tokenizer, pad_id = Tokenizer.from_str(fast.backend_tokenizer.to_str()), fast.pad_token_id
        after = [] if tokenizer.normalizer is None else [tokenizer.normalizer]
        tokenizer.normalizer = normalizers.Sequence([*cleaning, *after])
        yield tokenizer, pad_id


def byte_pairs(original: open_clip.tokenizer.SimpleTokenizer) -> Tokenizer:
    """CLIP's own: words, then bytes, then merges; the end of a word is part of its last piece."""
    merges = sorted(original.bpe_ranks, key=original.bpe_ranks.get)
    model = models.BPE(vocab=original.encoder, merges=merges, continuing_subword_prefix="", end_of_word_suffix="</w>")
    tokenizer = Tokenizer(model)
    words = pre_tokenizers.Split(Regex(WORD), behavior="removed", invert=True)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [words, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
    )
    first, last = original.decoder[original.sot_token_id], original.decoder[original.eot_token_id]
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{first} $A {last}",
        special_tokens=[(first, original.sot_token_id), (last, original.eot_token_id)],
    )
    return tokenizer


def replace(pattern: str, text: str) -> normalizers.Normalizer:
    return normalizers.Replace(Regex(pattern), text)


STRAIGHT = [normalizers.NFC(), replace("[‘’‚‛]", "'"), replace("[“”„‟]", '"')]
WHITESPACE = [*STRAIGHT, replace(r"\s+", " "), normalizers.Strip()]
LOWER = [*WHITESPACE, normalizers.Lowercase()]
PUNCTUATION = "".join(rf"\{sign}" for sign in string.punctuation if sign != "_")
CANONICAL = [*STRAIGHT, replace("_", " "), replace(f"[{PUNCTUATION}]", ""), normalizers.Lowercase()]
CANONICAL += [replace(r"\s+", " "), normalizers.Strip()]
CLEANINGS = (LOWER, WHITESPACE, CANONICAL)
