"""The frozen first stages of a tower, run by ONNX Runtime: most of a step, at twice the speed."""

import io
import warnings
from dataclasses import dataclass

import numpy as np
import onnxruntime
import torch
from torch import nn

from ml.train.image_model import ImageTower

OPSET = 17


class EarlyGraph(nn.Module):
    def __init__(self, tower: ImageTower, stages: int) -> None:
        super().__init__()
        self.tower = tower
        self.stages = stages

    def forward(self, pixels: torch.Tensor) -> list[torch.Tensor]:
        return self.tower.early(pixels, self.stages)


@dataclass(frozen=True, slots=True)
class Early:
    """The graph of the stages that are not trained. Loader processes open it where they run."""

    graph: bytes

    def open(self) -> onnxruntime.InferenceSession:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        return onnxruntime.InferenceSession(self.graph, options, providers=["CPUExecutionProvider"])


def early_of(tower: ImageTower, stages: int) -> Early:
    return Early(graph_of(EarlyGraph(tower, stages)))


def graph_of(module: nn.Module) -> bytes:
    """The ONNX graph of a module that takes pixels uint8 (n, size, size, 3), of any size, to a list of tensors."""
    pixels, file = torch.zeros(2, 64, 64, 3, dtype=torch.uint8), io.BytesIO()
    with torch.no_grad(), warnings.catch_warnings():
        # The tracing exporter says at each call that it will go one day; the newer one needs onnxscript.
        warnings.simplefilter("ignore")
        example = module.eval()(pixels)
        axes = {"pixels": {0: "n", 1: "height", 2: "width"}}
        axes |= {f"map{number}": dict.fromkeys((0, *range(2, map.dim()))) for number, map in enumerate(example)}
        axes = {name: {axis: f"{name}_{axis}" for axis in kept} for name, kept in axes.items()}
        torch.onnx.export(
            module, (pixels,), file, input_names=["pixels"], output_names=list(axes)[1:],
            dynamic_axes=axes, opset_version=OPSET, dynamo=False,
        )  # fmt: skip
    return file.getvalue()


def run_early(session: onnxruntime.InferenceSession, pixels: np.ndarray) -> tuple[torch.Tensor, ...]:
    """pixels uint8 (n, size, size, 3) -> what `ImageTower.early` gives."""
    return tuple(torch.from_numpy(each) for each in session.run(None, {"pixels": pixels}))
