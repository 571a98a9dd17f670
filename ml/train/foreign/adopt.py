"""Foreign towers and the detector of another bundle to a bundle of their own, proved against the originals."""

import re
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from tokenizers import Tokenizer
from torch import nn

from ml.bundle import CANONICAL_TEXT, canonical_image, load_bundle
from ml.encode.images import ImageSpec, to_square
from ml.manifest import check_files, read_card, read_manifest
from ml.train.export import export, export_image, finish_folder, fresh_folder, seal

MAX_DISTANCE = 1e-4  # of cosine, between the original's vectors and the bundle's
TEXTS = (CANONICAL_TEXT, "lamp", "50% off: Köttbullar & café crème, 3-seat sofa", "")


class NotExportable(ValueError):
    """This model cannot be made into a bundle; the message says why."""


@dataclass(frozen=True, slots=True)
class Words:
    """A text tower, tokens int64 (n, context) -> unit rows, and its tokenizer; `original` gives its own tokens."""

    tower: nn.Module
    tokenizer: Tokenizer
    context: int
    pad_id: int
    original: Callable[[list[str]], torch.Tensor]


@dataclass(frozen=True, slots=True)
class Towers:
    """An image tower, pixels uint8 (n, size, size, 3) -> unit rows with normalisation inside; words if it has any."""

    image: nn.Module
    size_px: int
    words: Words | None
    source: str


@dataclass(frozen=True, slots=True)
class Described:
    """What only a person can say of the bundle. `licence` is that of the weights."""

    name: str
    version: str
    licence: str
    detector_from: Path
    bundles: Path
    margin: float | None = None

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z0-9][a-z0-9.-]*", self.name) or not re.fullmatch(r"\d+(\.\d+)*", self.version):
            raise NotExportable(f"{self.name} {self.version}: a name is small letters, digits, dots and dashes; 1.0.0")


def adopt(towers: Towers, described: Described) -> Path:
    """Write and check the bundle; its folder. Raises NotExportable, BundleError."""
    other, _ = read_manifest(described.detector_from)
    check_files(described.detector_from, other)
    folder = described.bundles / f"{described.name}-{described.version}"
    draft = fresh_folder(folder)
    shutil.copyfile(described.detector_from / other["detector"]["file"], draft / other["detector"]["file"])
    export_image(towers.image, draft / "image.onnx", size_px=towers.size_px)
    if towers.words is not None:
        export_words(towers.words, draft)
    fill, margin = other["image"]["fill"], other["image"]["margin"] if described.margin is None else described.margin
    manifest = {
        "name": described.name,
        "version": described.version,
        "dim": width(towers),
        "detector": other["detector"],
        "image": {"file": "image.onnx", "size_px": towers.size_px, "fill": fill, "margin": margin},
        "text": words_entry(towers.words),
    }
    seal(draft, manifest, card_of(towers, described))
    check_parity(draft, towers)
    return finish_folder(draft, folder)


def plain_name(model: str) -> str:
    """A bundle's name for a model's: "local-dir:/models/ViT-B-32" is vit-b-32."""
    return re.sub(r"[^a-z0-9.]+", "-", Path(model.split(":")[-1]).name.lower()).strip("-.")


def export_words(words: Words, folder: Path) -> None:
    tokens = words.original(list(TEXTS[:2]))
    axes = {"tokens": {0: "n"}, "vectors": {0: "n"}}
    export(words.tower.eval(), (tokens,), folder / "text.onnx", inputs=["tokens"], outputs=["vectors"], axes=axes)
    words.tokenizer.save(str(folder / "tokenizer.json"))


def words_entry(words: Words | None) -> dict | None:
    if words is None:
        return None
    files = {"file": "text.onnx", "tokenizer": "tokenizer.json"}
    return files | {"max_tokens": words.context, "pad_to": words.context, "pad_id": words.pad_id}


@torch.no_grad()
def width(towers: Towers) -> int:
    """Numbers in a vector. Raises NotExportable where pictures and words have not the same."""
    pixels = torch.zeros(1, towers.size_px, towers.size_px, 3, dtype=torch.uint8)
    dims = {towers.image.eval()(pixels).shape[1]}
    if towers.words is not None:
        dims.add(towers.words.tower.eval()(towers.words.original(["lamp"])).shape[1])
    if len(dims) != 1:
        raise NotExportable(f"pictures and words have vectors of different lengths: {sorted(dims)}")
    return int(dims.pop())


def card_of(towers: Towers, described: Described) -> dict:
    """Licences of the weights and of whatever the detector was made from."""
    theirs = read_card(described.detector_from)
    detector = [each for each in theirs.get("training", []) if "detector" in each.get("used_for", [])]
    own = {"name": towers.source, "licence": described.licence, "used_for": ["image", "text"][: 1 + bool(towers.words)]}
    made = {name: str(value) for name, value in asdict(described).items() if value is not None}
    licence = f"{described.licence} (encoders); {theirs.get('licence', 'not said')} (detector)"
    return {"licence": licence, "training": [own, *detector], "recipe": {"source": towers.source} | made, "metrics": {}}


def check_parity(folder: Path, towers: Towers) -> None:
    """What the bundle computes is what the original computes. Raises NotExportable."""
    bundle = load_bundle(folder, threads=1)
    spec = ImageSpec(towers.size_px, tuple(bundle.manifest["image"]["fill"]), bundle.dim)
    images = [canonical_image(), canonical_image().rotate(90, expand=True), Image.new("RGB", (40, 90), (200, 30, 60))]
    with torch.no_grad():
        pixels = torch.from_numpy(np.stack([to_square(image, spec) for image in images]))
        compare("image", bundle.encode_images(images), towers.image(pixels).numpy())
        if towers.words is not None:
            texts = list(TEXTS)
            compare("text", bundle.encode_texts(texts), towers.words.tower(towers.words.original(texts)).numpy())
    bundle.close()


def compare(kind: str, ours: np.ndarray, theirs: np.ndarray) -> None:
    distance = float(1 - (ours * theirs).sum(axis=1).min())
    if not distance <= MAX_DISTANCE:  # nan is no parity either
        raise NotExportable(f"the exported {kind} tower is {distance:.2g} from the original (cosine distance)")
