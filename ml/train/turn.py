"""One more layer at the end of a finished bundle: its vectors turned by a matrix, words and heads along with them."""

import shutil
from pathlib import Path

import numpy as np
import onnx
from onnx import helper, numpy_helper

from ml.encode.heads import Head, Heads, load_heads, save_heads
from ml.manifest import MANIFEST, read_card, read_manifest
from ml.train.export import finish_folder, fresh_folder, seal


def turned_bundle(source: Path, folder: Path, name: str, version: str, matrix: np.ndarray, note: dict) -> Path:
    """matrix float32 (dim, dim): row vectors are multiplied by it and made unit vectors again."""
    manifest, _ = read_manifest(source)
    draft = fresh_folder(folder)
    shutil.copytree(source, draft, dirs_exist_ok=True)
    append(draft / manifest["image"]["file"], matrix)
    if manifest.get("text"):
        append(draft / manifest["text"]["file"], matrix)
    if manifest.get("heads"):
        path = draft / manifest["heads"]["file"]
        save_heads(path, turn_heads(load_heads(path), matrix))
    (draft / MANIFEST).unlink()
    card = {key: value for key, value in read_card(source).items() if key not in ("metrics", "closeness", "check")}
    seal(draft, manifest | {"name": name, "version": version}, card | {"refined": note})
    return finish_folder(draft, folder)


def append(path: Path, matrix: np.ndarray) -> None:
    """MatMul and a division by the length, in place; the output keeps its name."""
    model = onnx.load(path)
    (output,) = [each for each in model.graph.output if each.name == "vectors"]
    for node in model.graph.node:
        node.output[:] = ["vectors_before" if name == output.name else name for name in node.output]
        node.input[:] = ["vectors_before" if name == output.name else name for name in node.input]
    model.graph.initializer.append(numpy_helper.from_array(matrix.astype(np.float32), "turn"))
    model.graph.node.extend(
        [
            helper.make_node("MatMul", ["vectors_before", "turn"], ["vectors_turned"]),
            helper.make_node("ReduceL2", ["vectors_turned"], ["vectors_length"], axes=[1], keepdims=1),
            helper.make_node("Div", ["vectors_turned", "vectors_length"], ["vectors"]),
        ]
    )
    onnx.checker.check_model(model)
    onnx.save(model, path)


def turn_heads(heads: Heads, matrix: np.ndarray) -> Heads:
    """Logits stay as they were, but for the length of what was turned, which is near 1."""
    back = np.linalg.inv(matrix.astype(np.float64))

    def turned(head: Head) -> Head:
        dim = len(back)
        weight = np.concatenate([back @ head.weight[:dim], head.weight[dim:]])
        return Head(head.labels, weight.astype(np.float32), head.bias)

    by_vector = {name: turned(head) for name, head in heads.by_vector.items()}
    return Heads(by_vector, {name: turned(head) for name, head in heads.by_picture.items()})
