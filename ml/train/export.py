"""Weights to a bundle folder: ONNX files, tokenizer, manifest with checksums and canonical vectors, card."""

import shutil
import warnings
from contextlib import suppress
from pathlib import Path

import torch
from torch import nn

from ml.bundle import canonical_floats, load_bundle
from ml.manifest import CARD, MANIFEST, file_sha256, write_json
from ml.train.quantize import store_int8
from ml.train.text_model import TextTower, minilm_folder

OPSET = 17


class DetectorGraph(nn.Module):
    """pixels uint8 (n, h, w, 3), sides multiples of 32 -> float32 (n, anchors, 5): x1 y1 x2 y2 in pixels, score."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model.float().eval()
        head = self.model.model[-1]
        head.export, head.dynamic, head.format = True, True, "onnx"

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        rows = self.model(pixels.permute(0, 3, 1, 2).float() / 255)
        rows = (rows[0] if isinstance(rows, (tuple, list)) else rows).transpose(1, 2)
        centre, half = rows[:, :, :2], rows[:, :, 2:4] / 2
        return torch.cat([centre - half, centre + half, rows[:, :, 4:5]], dim=2)


def export_detector(model: nn.Module, path: Path) -> None:
    from ultralytics.nn.modules import C2f

    graph = DetectorGraph(model)
    graph.model.fuse(verbose=False)
    for part in graph.modules():
        if isinstance(part, C2f):
            part.forward = part.forward_split
    axes = {"pixels": {0: "n", 1: "height", 2: "width"}, "boxes": {0: "n", 1: "anchors"}}
    pixels = torch.zeros(1, 320, 416, 3, dtype=torch.uint8)
    export(graph, (pixels,), path, inputs=["pixels"], output="boxes", axes=axes)


def export_image(tower: nn.Module, path: Path, *, size_px: int) -> None:
    pixels = torch.zeros(2, size_px, size_px, 3, dtype=torch.uint8)
    axes = {"pixels": {0: "n"}, "vectors": {0: "n"}}
    export(tower.eval(), (pixels,), path, inputs=["pixels"], output="vectors", axes=axes)


def export_text(tower: TextTower, path: Path, *, quantized: bool = True) -> None:
    """One graph, its matrices as int8 when `quantized`: a quarter of the size."""
    tokens = torch.ones(2, 8, dtype=torch.int64)
    axes = {name: {0: "n", 1: "length"} for name in ("tokens", "mask")} | {"vectors": {0: "n"}}
    whole = path.with_suffix(".float.onnx") if quantized else path
    export(tower.eval(), (tokens, tokens), whole, inputs=["tokens", "mask"], output="vectors", axes=axes)
    if quantized:
        store_int8(whole, path)
        whole.unlink()


def export(module: nn.Module, example: tuple, path: Path, *, inputs: list[str], output: str, axes: dict) -> None:
    with torch.no_grad(), warnings.catch_warnings():
        # The tracing exporter says at each call that it will go one day; the newer one needs onnxscript.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            module, example, str(path), input_names=inputs, output_names=[output],
            dynamic_axes=axes, opset_version=OPSET, dynamo=False,
        )  # fmt: skip


def write_bundle(
    folder: Path, manifest: dict, card: dict, *, detector: nn.Module, image: nn.Module, text: nn.Module
) -> Path:
    """Export all three models into `folder`; the manifest gets checksums and canonical vectors."""
    draft = fresh_folder(folder)
    export_detector(detector, draft / manifest["detector"]["file"])
    export_image(image, draft / manifest["image"]["file"], size_px=manifest["image"]["size_px"])
    export_text(text, draft / manifest["text"]["file"])
    shutil.copy(minilm_folder() / "tokenizer.json", draft / manifest["text"]["tokenizer"])
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
    manifest["files"] = {path.name: file_sha256(path) for path in sorted(folder.iterdir())}
    manifest["canonical"] = None
    write_json(folder / CARD, card)
    write_json(folder / MANIFEST, manifest)
    manifest["canonical"] = canonical_floats(load_bundle(folder, threads=1))
    write_json(folder / MANIFEST, manifest)
    load_bundle(folder, threads=1).close()
