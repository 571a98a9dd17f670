"""A model bundle: one folder whose manifest, weights and preprocessing belong together, checked when it is loaded."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import onnxruntime
from PIL import Image
from tokenizers import Tokenizer

from ml.detect import Detections, Detector, DetectorSpec
from ml.encode import (
    Encoded,
    Heads,
    ImageEncoder,
    ImageSpec,
    TextEncoder,
    TokenPadding,
    fuse_words,
    load_heads,
    texts_once,
)
from ml.errors import BundleError
from ml.manifest import MANIFEST, check_files, identify, read_card, read_manifest, version_key

BUNDLES = Path(__file__).parent / "bundles"
CANONICAL_TEXT = "green velvet armchair"
CANONICAL_ATOL = 1e-3


@dataclass(frozen=True, slots=True)
class Bundle:
    """Loaded models of one version. Vectors of two bundles never compare: keep `id` beside every vector.

    `manifest` is what the id stands for; `card` is what is known of the bundle, and may change (ml.manifest).
    """

    id: str
    manifest: dict
    card: dict
    detector: Detector
    image_encoder: ImageEncoder
    text_encoder: TextEncoder | None
    heads: Heads | None = None

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

    @property
    def reads_words(self) -> bool:
        """False for a bundle that has no text tower: words are then looked for in the catalog's words alone."""
        return self.text_encoder is not None

    @property
    def words_share(self) -> float:
        """How much a product's words count in the vectors of its catalog pictures, 0 for pictures alone."""
        return self.manifest.get("words_share", 0.0)

    @property
    def patch_dim(self) -> int:
        """Numbers a patch of a picture has, 0 where pictures have no patches (ml.encode.patches)."""
        return self.image_encoder.spec.patch_dim

    @property
    def text_scale(self) -> float:
        """What words' scores are multiplied by to spread as far as photos' scores do; 1 where nobody measured it."""
        measured = self.card.get("modalities")
        return measured["image"]["spread"] / measured["text"]["spread"] if measured else 1.0

    def detect(self, image: Image.Image) -> Detections:
        return self.detector.detect(image)

    def encode_images(self, images: Sequence[Image.Image]) -> np.ndarray:
        """float32 (n, dim), unit rows."""
        return self.image_encoder.encode(images)

    def encode_with_patches(self, images: Sequence[Image.Image]) -> Encoded:
        """Vectors, and patches where the bundle has them."""
        return self.image_encoder.encode_with_patches(images)

    def encode_texts(self, texts: Sequence[str]) -> np.ndarray:
        """float32 (n, dim), unit rows, in the pictures' space. Raises BundleError where it reads no words."""
        if self.text_encoder is None:
            raise BundleError(f"{self.id} encodes pictures only: it has no text tower.")
        return self.text_encoder.encode(texts)

    def encode_catalog(self, images: Sequence[Image.Image], words: Sequence[str]) -> np.ndarray:
        """float32 (n, dim), unit rows: each catalog picture with the words of its product (ml.encode.catalog_words)."""
        return self.encode_catalog_with_patches(images, words).vectors

    def encode_catalog_with_patches(self, images: Sequence[Image.Image], words: Sequence[str]) -> Encoded:
        """Catalog pictures as they are stored: the words are in the vectors alone."""
        pictures = self.encode_with_patches(images)
        if not (self.words_share and self.reads_words and len(images)):
            return pictures
        once, places = texts_once(words)
        fused = fuse_words(pictures.vectors, self.encode_texts(once)[places], self.words_share)
        return replace(pictures, vectors=fused)

    def attributes(self, vector: np.ndarray, image: Image.Image | None = None) -> dict[str, tuple[str, float]]:
        """{attribute: (label, probability)} of one picture's vector float32 (dim,); surer of colours with the picture.

        Attributes are colour, category, material and pattern; those that nobody can tell are left out, and all of them
        by a bundle without heads.
        """
        return self.heads.guess(vector, image) if self.heads else {}

    def close(self) -> None:
        """Let the sessions go; ONNX Runtime frees their memory with the last reference."""
        for model in (self.detector, self.image_encoder, self.text_encoder):
            if model is not None:
                model.session = None


def load_bundle(folder: Path, *, threads: int = 2) -> Bundle:
    """Read, verify and warm up the bundle in `folder`. Raises BundleError; never returns a half-working bundle."""
    manifest, manifest_sha256 = read_manifest(folder)
    check_files(folder, manifest)
    try:
        bundle = Bundle(
            id=identify(manifest, manifest_sha256),
            manifest=manifest,
            card=read_card(folder),
            detector=load_detector(folder, manifest, threads),
            image_encoder=load_image_encoder(folder, manifest, threads),
            text_encoder=load_text_encoder(folder, manifest, threads),
            heads=load_heads(folder / manifest["heads"]["file"]) if manifest.get("heads") else None,
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
    patch_dim = part.get("patches", {}).get("dim", 0)
    spec = ImageSpec(part["size_px"], tuple(part["fill"]), manifest["dim"], patch_dim)
    return ImageEncoder(open_session(folder / part["file"], threads), spec)


def load_text_encoder(folder: Path, manifest: dict, threads: int) -> TextEncoder | None:
    """None where the bundle has no text tower."""
    part = manifest["text"]
    if part is None:
        return None
    tokenizer = Tokenizer.from_file(str(folder / part["tokenizer"]))
    session = open_session(folder / part["file"], threads)
    padding = TokenPadding(part.get("pad_to"), part.get("pad_id", 0))
    return TextEncoder(session, tokenizer, max_tokens=part["max_tokens"], dim=manifest["dim"], padding=padding)


def canonical_image() -> Image.Image:
    """A picture every machine makes alike: smooth colour ramps with an edge, 160 x 120."""
    y, x = np.mgrid[0:120, 0:160]
    red, green = x * 255 // 159, y * 255 // 119
    blue = np.where((x - 80) ** 2 + (y - 60) ** 2 < 1600, 230, 40)
    return Image.fromarray(np.stack([red, green, blue], axis=2).astype(np.uint8))


def canonical_floats(bundle: Bundle) -> dict[str, list[float]]:
    """The first five floats of the canonical picture's and the canonical text's vectors."""
    vectors = {"image": bundle.encode_images([canonical_image()])[0]}
    if bundle.reads_words:
        vectors["text"] = bundle.encode_texts([CANONICAL_TEXT])[0]
    return {kind: [float(value) for value in vector[:5]] for kind, vector in vectors.items()}


def check_canonical(bundle: Bundle) -> None:
    """Five floats a tower guard preprocessing and runtime; a bundle that is just being sealed has none yet."""
    if bundle.manifest["canonical"] is None:
        return
    for kind, actual in canonical_floats(bundle).items():
        expected = bundle.manifest["canonical"][kind]
        if not np.allclose(actual, expected, atol=CANONICAL_ATOL):
            raise BundleError(f"The {kind} encoder gives {actual}, the manifest says {expected}: wrong preprocessing?")
