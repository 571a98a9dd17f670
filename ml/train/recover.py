"""The image towers of a finished bundle as checkpoints to go on from: for whoever has the bundle, and not its runs."""

from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper

from ml.manifest import read_manifest
from ml.train.checkpoint import part, save_checkpoint
from ml.train.image_model import ImageTower
from ml.train.text_model import TextHead


def recover_towers(bundle: Path, to: Path) -> list[Path]:
    """Write `tower-1.pt` and so on into the folder `to`: checkpoints that `start`, `pair` and `average` read.

    The weights are those of the bundle to the last bit, without its whitening. The text head of each checkpoint is new.
    Raises ValueError for an image tower that is not one of ours, BundleError for a folder that is no bundle.
    """
    manifest, _ = read_manifest(bundle)
    weights = read_weights(onnx.load(bundle / manifest["image"]["file"]).graph)
    names = sorted({name.split(".")[1] for name in weights if name.startswith("towers.")}, key=int)
    parts = [part(weights, f"towers.{name}") for name in names] or [weights]
    return [save_tower(values, to / f"tower-{number}.pt") for number, values in enumerate(parts, 1)]


def save_tower(weights: dict[str, torch.Tensor], path: Path) -> Path:
    """Raises ValueError where they are not an ImageTower's."""
    bias = weights.get("project.bias")
    models = torch.nn.ModuleDict({"tower": ImageTower(1 if bias is None else len(bias))})
    known = models["tower"].state_dict()
    if missing := [name for name, value in known.items() if name not in weights or weights[name].shape != value.shape]:
        raise ValueError(f"This image tower was not trained here: it has no {missing[0]}, or one of another shape.")
    models["tower"].load_state_dict({name: weights[name] for name in known})
    dim = models["tower"].dim
    models["head"] = TextHead(dim)
    save_checkpoint(path, best=models.state_dict(), dim=dim)
    return path


def read_weights(graph: onnx.GraphProto) -> dict[str, torch.Tensor]:
    """By the names that they had in torch. What two towers share is stored once, and a linear map of cells turned."""
    values = {each.name: numpy_helper.to_array(each) for each in graph.initializer}
    for node in reversed(graph.node):  # a name may stand for one that stands for another
        if node.op_type == "Identity" and node.input[0] in values:
            values[node.output[0]] = values[node.input[0]]
    makers = {name: node for node in graph.node for name in node.output}
    for node in graph.node:
        if node.op_type == "Add" and (bias := next((name for name in node.input if name.endswith("project.bias")), "")):
            product = makers[next(name for name in node.input if name != bias)]
            matrix = next(name for name in product.input if name in values)
            values[f"{bias.removesuffix('bias')}weight"] = values[matrix].T
    return {name: torch.from_numpy(np.array(value)) for name, value in values.items()}
