"""Write the detector's training set as the folder that ultralytics reads: images/, labels/, data.yaml."""

from collections.abc import Iterable
from pathlib import Path
from random import Random

from PIL import Image

from ml.images import open_image, to_jpeg
from ml.train.composites import composite, cut_out, open_size
from ml.train.items import demo_items
from ml.train.photos import LabelledPhoto, annotated, read_jsonl, rooms
from ml.train.pseudo import pseudo_labelled
from ml.train.recipe import DetectorRecipe

SIDE_PX = 640


def build_dataset(recipe: DetectorRecipe, out: Path) -> Path:
    """The path of data.yaml. What is already written stays, so a second call only adds new photos."""
    written = write_sources(recipe, out)
    random = Random(recipe.seed)
    for part in ("train", "val"):
        images = sorted((out / "images" / part).glob("*.jpg"))
        often = {} if part == "val" else recipe.repeat
        drawn = [path for path in images for _ in range(times(often.get(path.name.split("-")[0], 1), random))]
        (out / f"{part}.txt").write_text("".join(f"{path}\n" for path in drawn))
    val = "val.txt" if (out / "images" / "val").exists() else "train.txt"
    (out / "data.yaml").write_text(f"path: {out}\ntrain: train.txt\nval: {val}\nnames:\n  0: product\n")
    print(f"detector data: {written} new photos in {out}")
    return out / "data.yaml"


def times(often: float, random: Random) -> int:
    """A whole number that is `often` on average: 2.5 is twice or thrice."""
    return int(often) + (random.random() < often % 1)


def write_sources(recipe: DetectorRecipe, out: Path) -> int:
    data, random = recipe.data, Random(recipe.seed)
    coco = list(annotated(data / "coco256" / "train2017.jsonl"))
    garments = list(annotated(data / "garments" / "photos.jsonl", holdout=False))
    written = write_all(coco, out, "train", "coco") + write_all(garments, out, "train", "garments")
    written += write_all(annotated(data / "coco256" / "val2017.jsonl"), out, "val", "coco")
    written += write_all(rooms(recipe.demo, split="train"), out, "train", "rooms")
    for number, folder in enumerate(recipe.extra):
        written += write_all(rooms(folder, split="train"), out, "train", f"extra{number}")
    if data.exists() and not list((out / "images" / "train").glob("clothing-*")):
        written += write_pseudo(recipe, out, random)
    return written + write_composites(recipe, out, coco + garments, random)


def write_pseudo(recipe: DetectorRecipe, out: Path, random: Random) -> int:
    data = recipe.data
    weights = data / "weights" / "mobile_object_localizer.onnx"
    written = 0
    for name, index, sure in (("clothing", "photos.jsonl", 0.8), ("grocery", "train.jsonl", 0.6)):
        paths = [data / name / row["photo"] for row in read_jsonl(data / name / index)]
        chosen = random.sample(paths, min(len(paths), recipe.pseudo))
        written += write_all(pseudo_labelled(chosen, weights, sure=sure), out, "train", name)
    return written


def write_composites(recipe: DetectorRecipe, out: Path, backgrounds: list[LabelledPhoto], random: Random) -> int:
    """Studio shots pasted into real photos: the demo world's in the one half, fashion and groceries in the other."""
    fashion = sorted(recipe.data.glob("fashion/photos/*.jpg")) + sorted(recipe.data.glob("grocery/images/*.jpg"))
    furniture = [path for item in demo_items(recipe.demo) for path in item.studio]
    written = 0
    for name, shots in (("composite", fashion), ("furniture", furniture)):
        if shots and backgrounds and not list((out / "images" / "train").glob(f"{name}-*")):
            chosen = random.sample(shots, min(len(shots), recipe.composites))
            cuts = [cut for path in chosen if (cut := cut_out(path))]
            for number in range(recipe.composites):
                scene, boxes = composite(random.choice(backgrounds), cuts, random)
                write_one(scene, scene.size, boxes, out, "train", f"{name}-{number:05d}")
            written += recipe.composites
    return written


def write_all(photos: Iterable[LabelledPhoto], out: Path, part: str, source: str) -> int:
    written = 0
    for photo in photos:
        name = f"{source}-{photo.path.stem}"
        if not (out / "labels" / part / f"{name}.txt").exists():
            image = open_image(photo.path.read_bytes(), max_side_px=SIDE_PX)
            write_one(image, open_size(photo.path), photo.boxes, out, part, name)
            written += 1
    return written


def write_one(image: Image.Image, size: tuple[int, int], boxes: Iterable, out: Path, part: str, name: str) -> None:
    """One JPEG and its label file: class, centre x, centre y, width, height, as shares of `size`."""
    images, labels = out / "images" / part, out / "labels" / part
    images.mkdir(parents=True, exist_ok=True)
    labels.mkdir(parents=True, exist_ok=True)
    width, height = size
    lines = []
    for x1, y1, x2, y2 in boxes:
        x1, x2, y1, y2 = max(0, x1) / width, min(width, x2) / width, max(0, y1) / height, min(height, y2) / height
        lines.append(f"0 {(x1 + x2) / 2:.5f} {(y1 + y2) / 2:.5f} {x2 - x1:.5f} {y2 - y1:.5f}\n")
    (images / f"{name}.jpg").write_bytes(to_jpeg(image, max_side_px=SIDE_PX))
    (labels / f"{name}.txt").write_text("".join(lines))
