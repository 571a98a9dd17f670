"""Any image tower of timm from a checkpoint file. It has no words."""

from pathlib import Path

import timm
from timm.data import resolve_model_data_config
from timm.models import load_state_dict
from torch import nn

from ml.train.foreign.adopt import NotExportable, Towers
from ml.train.foreign.pixels import FromPixels, square


def timm_towers(name: str, checkpoint: Path) -> Towers:
    """The image tower without its classifier. Raises NotExportable."""
    try:
        model = timm.create_model(name, pretrained=False, num_classes=0, exportable=True).eval()
        state = load_state_dict(str(checkpoint), device="cpu")
    except (RuntimeError, FileNotFoundError, OSError) as error:
        raise NotExportable(f"timm {name} {checkpoint}: {error}") from error
    load_features(model, state, f"timm {name} {checkpoint}")
    config = resolve_model_data_config(model)
    tower = FromPixels(model, model, config["mean"], config["std"])
    return Towers(tower, square(config["input_size"][1:]), None, f"timm {name} {checkpoint.name}")


def load_features(model: nn.Module, state: dict, what: str) -> None:
    """All weights but the classifier's. Raises NotExportable where one is missing or left over."""
    named = model.pretrained_cfg.get("classifier") or ()
    classifiers = tuple(f"{each}." for each in ((named,) if isinstance(named, str) else named))
    kept = {key: value for key, value in state.items() if not key.startswith(classifiers)}
    try:
        model.load_state_dict(kept)
    except RuntimeError as error:
        raise NotExportable(f"{what}: {error}") from error
