"""Small models of open_clip and timm with random weights, saved as others save theirs."""

import json
from pathlib import Path

import open_clip
import timm
import torch

TINY = {
    "embed_dim": 24,
    "vision_cfg": {"image_size": 64, "layers": 1, "width": 64, "head_width": 32, "patch_size": 16},
    "text_cfg": {"context_length": 20, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 1},
}
TIMM = "mobilenetv3_small_050"


def save_open_clip(folder: Path, config: dict = TINY) -> str:
    """A folder with config and weights; its name as open_clip reads it."""
    torch.manual_seed(3)
    folder.mkdir()
    described = {"model_cfg": config, "preprocess_cfg": {"std": [0.3] * 3}}
    (folder / "open_clip_config.json").write_text(json.dumps(described))
    model = open_clip.create_model(f"local-dir:{folder}")
    torch.save(model.state_dict(), folder / "open_clip_pytorch_model.bin")
    return f"local-dir:{folder}"


def save_timm(path: Path) -> Path:
    """A checkpoint of TIMM with a classifier."""
    torch.manual_seed(3)
    torch.save(timm.create_model(TIMM, pretrained=False, num_classes=5).state_dict(), path)
    return path
