"""A model bundle: one folder whose manifest, weights and preprocessing belong together, checked when it is loaded."""

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime
from PIL import Image
from tokenizers import Tokenizer

from ml.detect import Detections, Detector, DetectorSpec
from ml.encode import ImageEncoder, ImageSpec, TextEncoder
from ml.errors import BundleError

BUNDLES = Path(__file__).parent / "bundles"
MANIFEST = "manifest.json"
CANONICAL_TEXT = "green velvet armchair"
CANONICAL_ATOL = 1e-3


@dataclass(frozen=True, slots=True)
class Bundle:
    """Loaded models of one version. Vectors of two bundles never compare: keep `id` beside every vector."""

    id: str
    manifest: dict
    detector: Detector
    image_encoder: ImageEncoder
    text_encoder: TextEncoder

    @property
    def name(self) -> str:
        return self.manifest["name"]

    @property
    def version(self) -> str:
        return self.manifest["version"]

    @property
    def dim(self) -> int:
        return self.manifest["dim"]

    @property
    def confident(self) -> float:
        """Boxes with at least this score are shown as objects."""
        return self.manifest["detector"]["confident"]

    @property
    def margin(self) -> float:
        """How much of its own size a box is widened by before it is encoded."""
        return self.manifest["image"]["margin"]

    def detect(self, image: Image.Image) -> Detections:
        return self.detector.detect(image)

    def encode_images(self, images: Sequence[Image.Image]) -> np.ndarray:
        """float32 (n, dim), unit rows."""
        return self.image_encoder.encode(images)

    def encode_texts(self, texts: Sequence[str]) -> np.ndarray:
        """float32 (n, dim), unit rows, in the same space as the pictures."""
        return self.text_encoder.encode(texts)

    def close(self) -> None:
        """Let the sessions go; ONNX Runtime frees their memory with the last reference."""
        self.detector.session = self.image_encoder.session = self.text_encoder.session = None


def load_bundle(folder: Path, *, threads: int = 2) -> Bundle:
    """Read, verify and warm up the bundle in `folder`. Raises BundleError; never returns a half-working bundle."""
    manifest, manifest_sha256 = read_manifest(folder)
    check_files(folder, manifest)
    try:
        bundle = Bundle(
            id=f"{manifest['name']}-{manifest['version']}-{manifest_sha256[:12]}",
            manifest=manifest,
            detector=load_detector(folder, manifest, threads),
            image_encoder=load_image_encoder(folder, manifest, threads),
            text_encoder=load_text_encoder(folder, manifest, threads),
        )
    except BundleError:
        raise
    except Exception as error:  # ONNX Runtime and tokenizers raise their own classes
        raise BundleError(f"The bundle in {folder} cannot be loaded: {error}. Install or export it again.") from error
    check_canonical(bundle)
    return bundle


def default_bundle_folder() -> Path:
    """$SIGHTLINE_BUNDLE, or the highest version under ml/bundles/. Raises BundleError where there is none."""
    if chosen := os.environ.get("SIGHTLINE_BUNDLE"):
        return Path(chosen)
    folders = [path.parent for path in BUNDLES.glob(f"*/{MANIFEST}")]
    if not folders:
        raise BundleError(f"No bundle in {BUNDLES}. Set SIGHTLINE_BUNDLE or run python -m ml.train export.")
    return max(folders, key=lambda folder: version_key(read_manifest(folder)[0]["version"]))


def version_key(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("-")[0].split("."))


def read_manifest(folder: Path) -> tuple[dict, str]:
    """The manifest and the sha256 of its bytes."""
    try:
        data = (folder / MANIFEST).read_bytes()
        return json.loads(data), hashlib.sha256(data).hexdigest()
    except (OSError, ValueError) as error:
        raise BundleError(f"{folder / MANIFEST} cannot be read: {error}") from error


def check_files(folder: Path, manifest: dict) -> None:
    for name, expected in manifest["files"].items():
        path = folder / name
        if not path.is_file():
            raise BundleError(f"{path} is missing. Install or export the bundle again.")
        if file_sha256(path) != expected:
            raise BundleError(f"{path} does not match its checksum. Install or export the bundle again.")


def file_sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def open_session(path: Path, threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Spinning threads starve whatever else runs on a small machine, the database first of all.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def load_detector(folder: Path, manifest: dict, threads: int) -> Detector:
    part = manifest["detector"]
    spec = DetectorSpec(part["size_px"], part["fill"], part["iou"], part["floor"], part["max_boxes"])
    return Detector(open_session(folder / part["file"], threads), spec)


def load_image_encoder(folder: Path, manifest: dict, threads: int) -> ImageEncoder:
    part = manifest["image"]
    spec = ImageSpec(part["size_px"], tuple(part["fill"]), manifest["dim"])
    return ImageEncoder(open_session(folder / part["file"], threads), spec)


def load_text_encoder(folder: Path, manifest: dict, threads: int) -> TextEncoder:
    part = manifest["text"]
    tokenizer = Tokenizer.from_file(str(folder / part["tokenizer"]))
    session = open_session(folder / part["file"], threads)
    return TextEncoder(session, tokenizer, max_tokens=part["max_tokens"], dim=manifest["dim"])


def canonical_image() -> Image.Image:
    """A picture every machine makes alike: smooth colour ramps with an edge, 160 x 120."""
    y, x = np.mgrid[0:120, 0:160]
    red, green = x * 255 // 159, y * 255 // 119
    blue = np.where((x - 80) ** 2 + (y - 60) ** 2 < 1600, 230, 40)
    return Image.fromarray(np.stack([red, green, blue], axis=2).astype(np.uint8))


def canonical_floats(bundle: Bundle) -> dict[str, list[float]]:
    """The first five floats of the canonical picture's and the canonical text's vectors."""
    image, text = bundle.encode_images([canonical_image()])[0], bundle.encode_texts([CANONICAL_TEXT])[0]
    return {"image": [float(x) for x in image[:5]], "text": [float(x) for x in text[:5]]}


def check_canonical(bundle: Bundle) -> None:
    """Five floats a tower guard preprocessing and runtime; a bundle that is just being sealed has none yet."""
    if bundle.manifest["canonical"] is None:
        return
    for kind, actual in canonical_floats(bundle).items():
        expected = bundle.manifest["canonical"][kind]
        if not np.allclose(actual, expected, atol=CANONICAL_ATOL):
            raise BundleError(f"The {kind} encoder gives {actual}, the manifest says {expected}: wrong preprocessing?")
