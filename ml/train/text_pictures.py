"""Pictures of the training sources as vectors of a finished image tower: encoded once, kept beside the checkpoints."""

import hashlib
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from ml.bundle import open_session
from ml.crop import crop as cut_box
from ml.encode.heads import COLOUR_SETTINGS, colour_features
from ml.encode.images import BATCH, ImageEncoder, ImageSpec
from ml.images import open_image
from ml.train.export import export_image
from ml.train.image_model import load_tower
from ml.train.items import Crop, Item

MARGIN = 0.05  # of a box's own size, as it is cut when it serves


@dataclass(frozen=True, slots=True)
class Gallery:
    """Pictures of one source. Row by row: whose it is (a place in `items`), whether it is a studio shot, the picture
    itself, and its vector, float32 (n, dim)."""

    name: str
    items: tuple[Item, ...]
    owner: np.ndarray
    studio: np.ndarray
    crops: tuple[Crop, ...]
    vectors: np.ndarray

    @property
    def photos(self) -> np.ndarray:
        """float32 (m, dim): the pictures that are no studio shots."""
        return self.vectors[~self.studio]

    def of(self, places: Collection[int], *, catalog: bool = False) -> "Gallery":
        """The pictures of some items, which keep their places. Catalog: studio shots where an item has any."""
        wanted = np.isin(self.owner, list(places))
        if catalog:
            wanted &= self.studio | ~np.isin(self.owner, self.owner[self.studio])
        crops = tuple(self.crops[row] for row in np.flatnonzero(wanted))
        return Gallery(self.name, self.items, self.owner[wanted], self.studio[wanted], crops, self.vectors[wanted])


@dataclass(frozen=True, slots=True)
class Pictures:
    """A finished image tower as it serves, and the folder that remembers what was made of which picture."""

    encoder: ImageEncoder
    kept: Path
    stamp: str

    @property
    def dim(self) -> int:
        return self.encoder.spec.dim

    def gallery(self, name: str, items: Sequence[Item], *, crops: int) -> Gallery:
        """All studio shots of the items and at most `crops` photos of each."""
        chosen = [(place, Crop(path), True) for place, item in enumerate(items) for path in item.studio]
        chosen += [
            (place, each, False)
            for place, item in enumerate(items)
            for each in item.crops[:: max(1, -(-len(item.crops) // max(1, crops)))][:crops]
        ]
        owner, shots = [place for place, *_ in chosen], [shot for *_, shot in chosen]
        pictures = tuple(each for _, each, _ in chosen)
        return Gallery(name, tuple(items), np.array(owner), np.array(shots), pictures, self.vectors(name, pictures))

    def vectors(self, name: str, crops: Sequence[Crop]) -> np.ndarray:
        """float32 (n, dim)."""
        return self.remembered(f"{name}-{self.stamp} {self.encoder.spec}", crops, self.encoder.encode)

    def colours(self, name: str, crops: Sequence[Crop]) -> np.ndarray:
        """Colour features float32 (n, m)."""
        return self.remembered(
            f"{name}-colours {COLOUR_SETTINGS}",
            crops,
            lambda images: np.array([colour_features(image) for image in images], np.float32),
        )

    def remembered(
        self, what: str, crops: Sequence[Crop], make: Callable[[list[Image.Image]], np.ndarray]
    ) -> np.ndarray:
        """`make` of all pictures, from the kept file where it was made of these very ones before."""
        name, digest = what.split()[0], hashlib.sha256(f"{what} {MARGIN} {crops}".encode()).hexdigest()[:12]
        path = self.kept / f"{name}-{digest}.npy"
        if not path.exists():
            self.kept.mkdir(parents=True, exist_ok=True)
            np.save(path, np.concatenate([make(images) for images in batches(crops, self.encoder.spec.size_px)]))
        return np.load(path)


def batches(crops: Sequence[Crop], size_px: int) -> Iterator[list[Image.Image]]:
    for start in range(0, max(1, len(crops)), BATCH):
        yield [cut(each, size_px) for each in crops[start : start + BATCH]]


def cut(each: Crop, size_px: int) -> Image.Image:
    if each.box is None:
        return open_image(each.path.read_bytes(), max_side_px=2 * size_px)
    return cut_box(open_image(each.path.read_bytes()), each.box, MARGIN)


def open_pictures(checkpoint: Path, *, size_px: int, fill: tuple[int, ...], kept: Path) -> Pictures:
    """The averaged tower of an image checkpoint."""
    stamp = hashlib.sha256(checkpoint.read_bytes()).hexdigest()[:12]
    graph = kept / f"tower-{stamp}-{size_px}.onnx"
    if not graph.exists():
        kept.mkdir(parents=True, exist_ok=True)
        export_image(load_tower(checkpoint), graph, size_px=size_px)
    session = open_session(graph, 1)
    spec = ImageSpec(size_px, fill, session.get_outputs()[0].shape[1])
    return Pictures(ImageEncoder(session, spec), kept, stamp)
