"""Weights to a bundle folder: ONNX files, tokenizer, manifest with checksums and canonical vectors, card."""

import shutil
import warnings
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from ml.bundle import canonical_floats, load_bundle
from ml.manifest import CARD, MANIFEST, file_sha256, write_json
from ml.train.patches import PatchTower
from ml.train.quantize import store_int8
from ml.train.text_model import TextTower, minilm_folder

OPSET = 17


def export_detector(graph: nn.Module, path: Path) -> None:
    """`graph`: pixels uint8 (n, h, w, 3), sides multiples of 32 -> (n, cells, 5): x1 y1 x2 y2 in pixels, score."""
    axes = {"pixels": {0: "n", 1: "height", 2: "width"}, "boxes": {0: "n", 1: "cells"}}
    pixels = torch.zeros(1, 320, 416, 3, dtype=torch.uint8)
    export(graph.eval(), (pixels,), path, inputs=["pixels"], outputs=["boxes"], axes=axes)


def export_image(tower: nn.Module, path: Path, *, size_px: int) -> None:
    """A PatchTower gives `patches` and `weights` beside the `vectors`."""
    pixels = torch.zeros(2, size_px, size_px, 3, dtype=torch.uint8)
    outputs = ["vectors", "patches", "weights"] if isinstance(tower, PatchTower) else ["vectors"]
    axes = {name: {0: "n"} for name in ("pixels", *outputs)}
    export(tower.eval(), (pixels,), path, inputs=["pixels"], outputs=outputs, axes=axes)


def export_text(tower: TextTower, path: Path, *, quantized: bool = True) -> None:
    """One graph, its matrices as int8 when `quantized`: a quarter of the size."""
    tokens = torch.ones(2, 8, dtype=torch.int64)
    axes = {name: {0: "n", 1: "length"} for name in ("tokens", "mask")} | {"vectors": {0: "n"}}
    whole = path.with_suffix(".float.onnx") if quantized else path
    export(tower.eval(), (tokens, tokens), whole, inputs=["tokens", "mask"], outputs=["vectors"], axes=axes)
    if quantized:
        store_int8(whole, path)
        whole.unlink()


def export(module: nn.Module, example: tuple, path: Path, *, inputs: list[str], outputs: list[str], axes: dict) -> None:
    with torch.no_grad(), warnings.catch_warnings():
        # The tracing exporter says at each call that it will go one day; the newer one needs onnxscript.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            module, example, str(path), input_names=inputs, output_names=outputs,
            dynamic_axes=axes, opset_version=OPSET, dynamo=False,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Parts:
    """What a bundle of our own is made of. `heads`: an npz file of attribute heads."""

    detector: nn.Module
    image: nn.Module
    text: TextTower
    heads: Path | None = None


def write_bundle(folder: Path, manifest: dict, card: dict, parts: Parts) -> Path:
    """Export all models into `folder`; the manifest gets checksums and canonical vectors."""
    draft = fresh_folder(folder)
    export_detector(parts.detector, draft / manifest["detector"]["file"])
    export_image(parts.image, draft / manifest["image"]["file"], size_px=manifest["image"]["size_px"])
    export_text(parts.text, draft / manifest["text"]["file"])
    shutil.copy(minilm_folder() / "tokenizer.json", draft / manifest["text"]["tokenizer"])
    if parts.heads is not None:
        shutil.copy(parts.heads, draft / manifest["heads"]["file"])
    seal(draft, manifest, card)
    return finish_folder(draft, folder)


def fresh_folder(folder: Path) -> Path:
    """Where `folder` is drafted: one deeper, where nobody looks for bundles."""
    draft = folder.parent / "drafts" / folder.name
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    return draft


def finish_folder(draft: Path, folder: Path) -> Path:
    """The draft takes the place of `folder`, whole."""
    shutil.rmtree(folder, ignore_errors=True)
    draft.rename(folder)
    with suppress(OSError):  # another draft is there
        draft.parent.rmdir()
    return folder


def seal(folder: Path, manifest: dict, card: dict) -> None:
    """Write the manifest last, once without and once with the canonical vectors, then prove that it loads."""
    parts = sorted(path for path in folder.iterdir() if path.name not in (MANIFEST, CARD))
    manifest["files"] = {path.name: file_sha256(path) for path in parts}
    manifest["canonical"] = None
    write_json(folder / CARD, card)
    write_json(folder / MANIFEST, manifest)
    manifest["canonical"] = canonical_floats(load_bundle(folder, threads=1))
    write_json(folder / MANIFEST, manifest)
    load_bundle(folder, threads=1).close()
