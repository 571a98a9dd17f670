"""How many planted copies of golden photos are caught, and how many pictures that are none are called copies.

    python -m bench.leaks [--demo demo] [--photos 120]

Each golden photo is copied as a leak would be: resized, encoded again, cropped to shares of its sides, mirrored. False
alarms are counted on the demo's training rooms and catalog pictures, which show other photos of the same products.
"""

import argparse
import io
import json
from pathlib import Path
from random import Random
from time import perf_counter

from PIL import Image, ImageOps

from ml.images import open_image
from ml.leaks import Forbidden, forbid
from ml.train.photos import read_jsonl


def encoded(image: Image.Image, quality: int = 88) -> bytes:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality)
    return file.getvalue()


def resized(image: Image.Image, share: float) -> Image.Image:
    return image.resize([max(32, round(side * share)) for side in image.size], Image.Resampling.LANCZOS)


def squeezed(image: Image.Image, share: float) -> Image.Image:
    return image.resize((round(image.width * share), image.height), Image.Resampling.LANCZOS)


def cropped(image: Image.Image, share: float, random: Random) -> Image.Image:
    """Of each side; anywhere in the photo."""
    width, height = (round(side * share) for side in image.size)
    left, top = random.randint(0, image.width - width), random.randint(0, image.height - height)
    return image.crop((left, top, left + width, top + height))


def copies(image: Image.Image, random: Random) -> dict[str, bytes]:
    return {
        "encoded again, quality 30": encoded(image, 30),
        "resized to a half": encoded(resized(image, 0.5)),
        "resized to a quarter": encoded(resized(image, 0.25)),
        "mirrored": encoded(ImageOps.mirror(image)),
        "cropped to 0.9 of its sides": encoded(cropped(image, 0.9, random)),
        "cropped to 0.7": encoded(cropped(image, 0.7, random)),
        "cropped to 0.5": encoded(cropped(image, 0.5, random)),
        "cropped to 0.35": encoded(cropped(image, 0.35, random)),
        "cropped to 0.25": encoded(cropped(image, 0.25, random)),
        "cropped to 0.7, then squeezed by a fifth": encoded(squeezed(cropped(image, 0.7, random), 0.8)),
        "cropped to 0.7, a half, quality 40": encoded(resized(cropped(image, 0.7, random), 0.5), 40),
    }


def objects(row: dict, image: Image.Image, random: Random) -> bytes | None:
    """A crop around one of the photo's objects, as a shopper's box would cut it."""
    boxes = [each["bbox"] for each in row["objects"] if each["visible"] >= 0.5]
    if not boxes:
        return None
    x1, y1, x2, y2 = random.choice(boxes)
    return encoded(image.crop((round(x1), round(y1), round(x2), round(y2))))


def measure(demo: Path, photos: int) -> dict:
    rows = read_jsonl(demo / "golden" / "rooms.jsonl")[:photos]
    golden = {row["photo"]: (demo / row["photo"]).read_bytes() for row in rows}
    started = perf_counter()
    forbidden = forbid(golden.items())
    figures = {
        "golden_photos": len(golden),
        "fingerprint_ms": round((perf_counter() - started) * 1000 / len(golden), 1),
    }
    random = Random(7)
    caught: dict[str, list[bool]] = {}
    for row in rows:
        image = open_image(golden[row["photo"]])
        planted = copies(image, random)
        if (cut := objects(row, image, random)) is not None:
            planted["cropped to one object"] = cut
        for name, data in planted.items():
            leak = forbidden.find(data)
            caught.setdefault(name, []).append(leak is not None and leak.photo == row["photo"])
    figures["caught"] = {name: f"{sum(found)} of {len(found)}" for name, found in caught.items()}
    figures["false_alarms"] = false_alarms(demo, forbidden)
    return figures


def false_alarms(demo: Path, forbidden: Forbidden) -> dict:
    rooms = [demo / row["photo"] for row in read_jsonl(demo / "rooms.jsonl") if row["split"] == "train"]
    groups = {"training rooms": rooms, "catalog pictures": sorted((demo / "images").glob("*.jpg"))}
    found = {}
    for name, paths in groups.items():
        started = perf_counter()
        wrong = [(path.name, leak) for path in paths if (leak := forbidden.find(path.read_bytes()))]
        found[name] = {
            "pictures": len(paths),
            "called_copies": len(wrong),
            "which": [f"{path}: {leak.how} as {leak.photo}" for path, leak in wrong[:10]],
            "ms_each": round((perf_counter() - started) * 1000 / max(1, len(paths)), 1),
        }
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--demo", type=Path, default=Path("demo"))
    parser.add_argument("--photos", type=int, default=120)
    print(json.dumps(measure(**vars(parser.parse_args())), indent=2))
