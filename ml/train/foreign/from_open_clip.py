"""Any open_clip model: by name and a pretrained tag or a checkpoint file, or a local-dir: with config and weights."""

import open_clip
import torch
from torch import nn

from ml.train.foreign.adopt import NotExportable, Towers, Words
from ml.train.foreign.byte_pairs import as_tokenizer
from ml.train.foreign.pixels import FromPixels, square


class TextHalf(nn.Module):
    """tokens int64 (n, context) -> float32 (n, dim), unit rows."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        return self.model.encode_text(tokens, normalize=True)


def open_clip_towers(name: str, pretrained: str | None) -> Towers:
    """Both towers with their weights. Raises NotExportable."""
    if pretrained is None and ":" not in name:
        raise NotExportable(f"open_clip {name} has no weights: name a tag that open_clip knows, or a checkpoint file")
    torch.backends.mha.set_fastpath_enabled(False)  # its fused operator has no ONNX counterpart
    try:
        model = open_clip.create_model(name, pretrained=pretrained, require_pretrained=True).float().eval()
        original = open_clip.get_tokenizer(name)
    except (RuntimeError, FileNotFoundError, ValueError, OSError) as error:
        raise NotExportable(f"open_clip {name} {pretrained or ''}: {error}") from error
    config = model.visual.preprocess_cfg
    tokenizer, pad_id = as_tokenizer(original, original.context_length)
    return Towers(
        image=FromPixels(model, model.encode_image, config["mean"], config["std"]),
        size_px=square(config["size"]),
        words=Words(TextHalf(model), tokenizer, original.context_length, pad_id, original),
        source=f"open_clip {name} {pretrained or ''}".strip(),
    )
