"""Write the detector's training set: one folder and one index a source, so that a stopped run goes on where it was."""

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from random import Random

import numpy as np
from PIL import Image

from ml.images import open_image, to_jpeg
from ml.train.composites import composite, cut_out, open_size
from ml.train.detector_views import View
from ml.train.items import demo_items, is_world, refuse_own_products, room_sets
from ml.train.photos import LabelledPhoto, annotated, read_jsonl, rooms
from ml.train.pseudo import Teachers, pseudo_labelled, with_people
from ml.train.recipe import DetectorRecipe

SIDE_PX = 512
Made = tuple[Image.Image, tuple[int, int], Iterable, Iterable]  # picture, size that the boxes are in, boxes, unsure

# Sources of photos with one main thing, and how sure the localizer must be of it.
PSEUDO = (("clothing", "photos.jsonl", 0.8), ("grocery", "train.jsonl", 0.5), ("caltech101", "photos.jsonl", 0.6))


def build_dataset(recipe: DetectorRecipe, out: Path) -> dict[str, list[dict]]:
    """{source: rows of its index}; what is already written stays."""
    for name, photos in sources(recipe).items():
        write_source(out, name, photos)
    indexes = {path.stem: read_jsonl(path) for path in sorted(out.glob("*.jsonl"))}
    return {name: [row | {"photo": str(out / name / row["photo"])} for row in rows] for name, rows in indexes.items()}


def sources(recipe: DetectorRecipe) -> dict[str, Callable[[], Iterable[Made]]]:
    """What each source is made of; nothing is read before it is called."""
    data, everyday = recipe.data, lambda: annotated(recipe.data / "coco256" / "train2017.jsonl")
    made: dict[str, Callable[[], Iterable[Made]]] = {
        "rooms": lambda: map(opened, rooms(recipe.demo, split="train")),
        "furniture": lambda: composites(recipe, furniture(recipe)),
    }
    for number, folder in enumerate(recipe.extra):
        made[f"extra{number}"] = lambda folder=folder: map(opened, all_rooms(folder, recipe.demo))
    if data.exists():
        made["coco"] = lambda: map(opened, everyday())
        made["garments"] = lambda: map(opened, with_people(street(data), data / "weights"))
        made["composite"] = lambda: composites(recipe, studio_shots(data))
    if (data / "weights").exists():
        for name, index, sure in PSEUDO:
            made[name] = lambda name=name, index=index, sure=sure: pseudo(recipe, data / name / index, sure)
    return made


def all_rooms(folder: Path, demo: Path) -> Iterable[LabelledPhoto]:
    """The rooms of an `extra` folder, those of another world whole."""
    if is_world(folder):
        refuse_own_products(folder, demo)
    return (photo for rooms_at, split in room_sets(folder) for photo in rooms(rooms_at, split=split))


def furniture(recipe: DetectorRecipe) -> list[Path]:
    return [path for item in demo_items(recipe.demo) for path in item.studio]


def studio_shots(data: Path) -> list[Path]:
    return sorted(data.glob("fashion/photos/*.jpg")) + 20 * sorted(data.glob("grocery/images/*.jpg"))


def street(data: Path) -> Iterable[LabelledPhoto]:
    """Clothes on people, but for the held-out quarter."""
    return annotated(data / "garments" / "photos.jsonl", holdout=False)


def pseudo(recipe: DetectorRecipe, index: Path, sure: float) -> Iterable[Made]:
    paths = [index.parent / row["photo"] for row in read_jsonl(index)]
    chosen = Random(recipe.seed).sample(paths, min(len(paths), recipe.pseudo))
    yield from map(opened, pseudo_labelled(chosen, Teachers(recipe.data / "weights"), sure=sure))


def composites(recipe: DetectorRecipe, shots: list[Path]) -> Iterable[Made]:
    """Studio shots pasted into real photos."""
    random = Random(recipe.seed)
    backgrounds = [*annotated(recipe.data / "coco256" / "train2017.jsonl"), *street(recipe.data)]
    if shots and backgrounds and recipe.composites:
        chosen = random.sample(shots, min(len(shots), recipe.composites))
        cuts = [cut for path in chosen if (cut := cut_out(path))]
        drawn = random.choices(backgrounds, k=recipe.composites)
        for background in with_people(drawn, recipe.data / "weights"):
            scene, boxes, unsure = composite(background, cuts, random)
            yield scene, scene.size, boxes, unsure


def opened(photo: LabelledPhoto) -> Made:
    image = open_image(photo.path.read_bytes(), max_side_px=SIDE_PX)
    return image, open_size(photo.path), photo.boxes, photo.unsure


def write_source(out: Path, name: str, photos: Callable[[], Iterable[Made]]) -> None:
    """JPEGs under out/name and, when all are there, out/name.jsonl."""
    index = out / f"{name}.jsonl"
    if index.exists():
        return
    (out / name).mkdir(parents=True, exist_ok=True)
    lines = []
    for number, (image, size, boxes, unsure) in enumerate(photos()):
        photo = f"{number:05d}.jpg"
        (out / name / photo).write_bytes(to_jpeg(image, max_side_px=SIDE_PX))
        row = {"photo": photo, "boxes": shares(boxes, size), "unsure": shares(unsure, size)}
        lines.append(json.dumps(row) + "\n")
    index.write_text("".join(lines))
    print(f"detector data: {len(lines)} photos of {name}", flush=True)


def shares(boxes: Iterable, size: tuple[int, int]) -> list[list[float]]:
    """Boxes as shares of the photo's sides, cut at its rim."""
    rows = np.array(list(boxes), dtype=np.float64).reshape(-1, 4) / ([size[0], size[1]] * 2)
    return np.clip(rows, 0, 1).round(5).tolist()


def read_view(row: dict) -> View:
    """A photo of the index with its boxes in pixels."""
    image = Image.open(row["photo"]).convert("RGB")
    sides = np.array([image.width, image.height] * 2, np.float32)
    boxes, unsure = (np.array(row[name], np.float32).reshape(-1, 4) * sides for name in ("boxes", "unsure"))
    return View(image, boxes, unsure)
