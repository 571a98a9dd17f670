"""int8 arithmetic for whole graphs, calibrated with pictures or dynamic, and bundles with it: made to be measured.

docs/models.md says what was measured, and what ships.
"""

import shutil
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_dynamic, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

from ml.bundle import Bundle, load_bundle
from ml.detect.detector import letterbox
from ml.encode.images import to_square
from ml.images import open_image
from ml.manifest import MANIFEST, read_card, read_manifest
from ml.train.export import finish_folder, fresh_folder, seal
from ml.train.photos import read_jsonl

HEAVY = ["Conv", "MatMul", "Gemm"]
CALIBRATION_PICTURES = 100


class Pictures(CalibrationDataReader):
    """One input at a time: pixels uint8 (1, h, w, 3)."""

    def __init__(self, pixels: Iterable[np.ndarray]) -> None:
        self.rest: Iterator[np.ndarray] = iter(pixels)

    def get_next(self) -> dict[str, np.ndarray] | None:
        pixels = next(self.rest, None)
        return None if pixels is None else {"pixels": pixels}


def static_int8(source: Path, target: Path, pixels: Iterable[np.ndarray]) -> None:
    """Convolutions and matrices as int8, activations by what the calibration pictures show (QDQ).

    Weights get seven bits: with AVX2 alone, eight would overflow where products are added in pairs.
    """
    with TemporaryDirectory() as folder:
        plain = Path(folder) / "plain.onnx"
        quant_pre_process(str(source), str(plain), skip_symbolic_shape=True)
        quantize_static(
            str(plain), str(target), Pictures(pixels), quant_format=QuantFormat.QDQ, op_types_to_quantize=HEAVY,
            per_channel=True, reduce_range=True, activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8,
        )  # fmt: skip


def dynamic_int8(source: Path, target: Path) -> None:
    """Weights as int8, activations scaled by what is in the batch."""
    quantize_dynamic(
        str(source), str(target), op_types_to_quantize=HEAVY, per_channel=True, reduce_range=True,
        weight_type=QuantType.QInt8,
    )  # fmt: skip


def int8_bundle(source: Path, bundles: Path, models: Sequence[str], demo: Path) -> Path:
    """A copy of a bundle whose `models` (detector, image) compute in int8; its name ends in -int8. The folder."""
    manifest, _ = read_manifest(source)
    bundle = load_bundle(source, threads=1)
    folder = bundles / f"{bundle.name}-int8-{bundle.version}"
    draft = fresh_folder(folder)
    shutil.copytree(source, draft, dirs_exist_ok=True)
    for model in models:
        file = manifest[model]["file"]
        static_int8(source / file, draft / file, calibration(model, bundle, demo))
    bundle.close()
    (draft / MANIFEST).unlink()
    seal(draft, manifest | {"name": f"{manifest['name']}-int8"}, read_card(source))
    return finish_folder(draft, folder)


def calibration(model: str, bundle: Bundle, demo: Path) -> Iterator[np.ndarray]:
    """pixels uint8 (1, h, w, 3) of training rooms for the detector, of catalog pictures for the image tower."""
    rooms = [demo / row["photo"] for row in read_jsonl(demo / "rooms.jsonl") if row["split"] == "train"]
    paths = rooms if model == "detector" else sorted((demo / "images").glob("*.*"))
    for path in paths[:: max(1, len(paths) // CALIBRATION_PICTURES)]:
        picture = open_image(path.read_bytes(), max_side_px=1280)
        if model == "detector":
            yield letterbox(picture, bundle.detector.spec.size_px, bundle.detector.spec.fill)[0][None]
        else:
            yield to_square(picture, bundle.image_encoder.spec)[None]
