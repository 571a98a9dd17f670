"""A bundle made worse on purpose: noise on the image tower's weights. To see that a gate refuses it."""

import shutil
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper

from ml.manifest import MANIFEST, read_card, read_manifest
from ml.train.export import finish_folder, fresh_folder, seal


def noisy_bundle(source: Path, bundles: Path, amount: float, seed: int = 7) -> Path:
    """A copy whose name ends in -noise; `amount`: of each weight matrix's own deviation. The folder."""
    manifest, _ = read_manifest(source)
    folder = bundles / f"{manifest['name']}-noise-{manifest['version']}"
    draft = fresh_folder(folder)
    shutil.copytree(source, draft, dirs_exist_ok=True)
    add_noise(draft / manifest["image"]["file"], amount, seed)
    (draft / MANIFEST).unlink()
    seal(draft, manifest | {"name": f"{manifest['name']}-noise"}, read_card(source) | {"noise": amount})
    return finish_folder(draft, folder)


def add_noise(path: Path, amount: float, seed: int) -> None:
    """To every float matrix and kernel of an ONNX file, in place."""
    model, random = onnx.load(path), np.random.default_rng(seed)
    for tensor in model.graph.initializer:
        values = numpy_helper.to_array(tensor)
        if values.dtype == np.float32 and values.ndim >= 2:
            moved = values + amount * values.std() * random.standard_normal(values.shape)
            tensor.CopyFrom(numpy_helper.from_array(moved.astype(np.float32), tensor.name))
    onnx.save(model, path)
