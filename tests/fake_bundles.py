"""Bundles without models, of any dimension: what they encode is known, so a test can tell whose vectors answered.

Pictures and texts belong to a group; each bundle groups them in its own way, and everything of one group lies close
together. So the first results of a search say which bundle made the vectors that were compared.
"""

import hashlib
import io
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL import Image as Picture

from catalog.models import Image, Product
from ml.detect import Detections
from ml.encode import Encoded
from search import serving


@dataclass(frozen=True)
class FakeBundle:
    """`group_of` item number -> group. Texts name an item: "item 17"; pictures do so by the colour of a pixel."""

    id: str
    dim: int
    group_of: Callable[[int], int] = lambda number: number
    confident: float = 0.3
    margin: float = 0.1
    text_scale: float = 1.0
    reads_words: bool = True
    manifest: dict = field(default_factory=dict)
    card: dict = field(default_factory=dict)

    def vector(self, number: int, *, noise: float = 0.2) -> np.ndarray:
        """float32 (dim,), unit: near its group's centre, each item at a place of its own."""
        centre = random_unit(self.dim, self.id, self.group_of(number))
        own = random_unit(self.dim, self.id, "own", number)
        mixed = centre + noise * own
        return mixed / np.linalg.norm(mixed)

    def encode_texts(self, texts) -> np.ndarray:
        return np.stack([self.vector(int(re.search(r"\d+", text)[0]), noise=0.0) for text in texts])

    def encode_images(self, images) -> np.ndarray:
        return np.stack([self.vector(image.getpixel((0, 0))[0] * 256 + image.getpixel((0, 0))[1]) for image in images])

    def encode_with_patches(self, images) -> Encoded:
        return Encoded(self.encode_images(images))

    def encode_catalog_with_patches(self, images, words) -> Encoded:
        return self.encode_with_patches(images)

    def attributes(self, vector, image=None) -> dict:
        return {}

    def detect(self, image) -> Detections:
        raise AssertionError("no test asks for that")


def random_unit(dim: int, *seed) -> np.ndarray:
    vector = np.random.default_rng(abs(hash_of(seed))).normal(size=dim).astype(np.float32)
    return vector / np.linalg.norm(vector)


def hash_of(seed: tuple) -> int:
    return int.from_bytes(repr(seed).encode()[-64:], "big")


def make_bundle(name: str, dim: int, group_of: Callable[[int], int] = lambda number: number) -> FakeBundle:
    """A folder that names it, as `find_folder` looks for, and the object in the place of its models."""
    manifest = json.dumps({"name": name, "version": "1.0", "dim": dim})
    bundle_id = f"{name}-1.0-{hashlib.sha256(manifest.encode()).hexdigest()[:12]}"
    folder = Path(settings.SIGHTLINE_BUNDLES_DIR) / bundle_id
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "manifest.json").write_text(manifest)
    bundle = FakeBundle(bundle_id, dim, group_of)
    serving.install(bundle)
    return bundle


def make_item(number: int) -> Image:
    """A product without words, with one picture that every fake bundle knows."""
    product = Product.objects.create(sku=f"I-{number}", title="Thing")
    file = io.BytesIO()
    Picture.new("RGB", (4, 4), (number // 256, number % 256, 7)).save(file, "PNG")
    name = default_storage.save(f"products/item-{number}.png", ContentFile(file.getvalue()))
    return Image.objects.create(product=product, source=name, file=name, status=Image.Status.INSPECTED)
