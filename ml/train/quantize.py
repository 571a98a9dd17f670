"""Store large matrices as int8 and compute in float: a quarter of the size, and no dependence on the batch.

Dynamic quantization would scale each activation by what else is in the batch, so that one text's vector would
change with its neighbours; and it is slower on processors without VNNI.
"""

from pathlib import Path

import numpy as np
import onnx
from onnx import helper, numpy_helper

MIN_VALUES = 4096


def store_int8(source: Path, target: Path) -> None:
    """Every two-dimensional weight becomes int8 rows or columns and a DequantizeLinear before its use."""
    model = onnx.load(source)
    graph = model.graph
    kept, nodes = [], []
    for tensor in graph.initializer:
        values = numpy_helper.to_array(tensor)
        if values.ndim != 2 or values.size < MIN_VALUES or values.dtype != np.float32:
            kept.append(tensor)
            continue
        axis = 0 if is_table(graph, tensor.name) else 1
        whole, scale = to_int8(values, axis)
        parts = {"int8": whole, "scale": scale, "zero": np.zeros(scale.shape, dtype=np.int8)}
        kept += [numpy_helper.from_array(part, f"{tensor.name}_{name}") for name, part in parts.items()]
        inputs = [f"{tensor.name}_{name}" for name in parts]
        nodes.append(helper.make_node("DequantizeLinear", inputs, [tensor.name], axis=axis))
    del graph.initializer[:]
    graph.initializer.extend(kept)
    for node in reversed(nodes):
        graph.node.insert(0, node)
    onnx.checker.check_model(model)
    onnx.save(model, target)


def is_table(graph: onnx.GraphProto, name: str) -> bool:
    """Whether the weight is looked up by row (an embedding), not multiplied."""
    return any(node.op_type == "Gather" and node.input[0] == name for node in graph.node)


def to_int8(values: np.ndarray, axis: int) -> tuple[np.ndarray, np.ndarray]:
    """int8 of the same shape and float32 scales along `axis`."""
    scale = np.abs(values).max(axis=1 - axis) / 127 + 1e-12
    spread = scale[:, None] if axis == 0 else scale[None, :]
    return np.clip(np.round(values / spread), -127, 127).astype(np.int8), scale.astype(np.float32)
