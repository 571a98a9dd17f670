"""What inspection gets right and wrong: false alarms on good pictures, and whether what is wrong is found.

    python bench/inspection.py near|flaws|safety [--data FOLDER] [--each 300]

`--data` is a folder of folders with photos (photos/ or images/ inside each), beside the demo catalog that ships;
without it the demo alone is measured. Needs no database. Every figure counts pictures, drawn with one seed.
"""

import argparse
import io
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import psutil
from PIL import Image, ImageEnhance, ImageFilter

from ml.images import open_image, phash
from ml.inspect import flaws
from ml.inspect.near import differing_bits, thumbnail, thumbnail_distance

ROOT = Path(__file__).resolve().parents[1]
SEED = 1
MAX_SIDE_PX = 1024
ENDINGS = {".jpg", ".jpeg", ".png", ".webp"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=sorted(MEASURES))
    parser.add_argument("--data", type=Path)
    parser.add_argument("--each", type=int, default=300, help="pictures of each folder")
    arguments = parser.parse_args()
    MEASURES[arguments.what](list(sets(arguments.data, arguments.each)))


def sets(data: Path | None, each: int) -> Iterator[tuple[str, list[Path]]]:
    """Name and pictures of the demo's catalog and of each folder below `data`."""
    folders = [("demo catalog", ROOT / "demo" / "images"), ("demo rooms", ROOT / "demo" / "photos")]
    for folder in sorted(data.iterdir()) if data else ():
        folders += [(f"{folder.name} {part}", folder / part) for part in ("images", "photos")]
    for name, folder in folders:
        paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in ENDINGS)
        if paths:
            yield name, random.Random(SEED).sample(paths, min(each, len(paths)))


def load(path: Path) -> Image.Image:
    return open_image(path.read_bytes(), max_side_px=MAX_SIDE_PX)


def jpeg(image: Image.Image, quality: int) -> Image.Image:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality)
    return open_image(out.getvalue())


def cut(image: Image.Image, share: float) -> Image.Image:
    """Without a rim of this share of each side."""
    x, y = round(image.width * share), round(image.height * share)
    return image.crop((x, y, image.width - x, image.height - y))


COPIES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "JPEG 40": lambda image: jpeg(image, 40),
    "half size": lambda image: image.resize((image.width // 2, image.height // 2), Image.Resampling.LANCZOS),
    "third, JPEG 60": lambda image: jpeg(image.resize((image.width // 3, image.height // 3)), 60),
    "1 % cut off": lambda image: cut(image, 0.01),
    "3 % cut off": lambda image: cut(image, 0.03),
    "8 % brighter": lambda image: ImageEnhance.Brightness(image).enhance(1.08),
}


def near(found: list[tuple[str, list[Path]]]) -> None:
    """Copies of one picture against any two pictures of a set, by hash and thumbnail."""
    for name, paths in found:
        looks = [(phash(image), thumbnail(image)) for image in map(load, paths)]
        kinds: dict[str, list[tuple[int, float]]] = {kind: [] for kind in COPIES}
        for path, (bits, cells) in list(zip(paths, looks, strict=True))[:120]:
            for kind, change in COPIES.items():
                copy = change(load(path))
                kinds[kind].append((differing_bits(bits, phash(copy)), thumbnail_distance(cells, thumbnail(copy))))
        others = [
            (differing_bits(one[0], other[0]), thumbnail_distance(one[1], other[1]), paths[i].name, paths[j].name)
            for i, one in enumerate(looks)
            for j, other in enumerate(looks[:i])
            if differing_bits(one[0], other[0]) <= 10
        ]
        print(f"\n{name}, {len(paths)} pictures")
        for kind, pairs in kinds.items():
            bits, distance = np.array(pairs).T
            tops = ", ".join(f"p{p} {np.percentile(bits, p):.0f}, {np.percentile(distance, p):.1f}" for p in (50, 95))
            for most, far in ((6, 4.0), (6, 6.0), (7, 8.0)):
                tops += f"; within {most} bits and {far}: {np.mean((bits <= most) & (distance <= far)):.1%}"
            print(f"  {kind:16} {tops}")
        for limit in (4.0, 6.0, 8.0, 12.0):
            within = sorted((pair for pair in others if pair[0] <= 6 and pair[1] <= limit), key=lambda pair: -pair[1])
            shown = " ".join(f"{one}/{other}:{far:.1f}" for _, far, one, other in within[:4])
            print(f"  two pictures within 6 bits and {limit}: {len(within)} {shown}")
        print(f"  two pictures within 6 bits at all: {sum(pair[0] <= 6 for pair in others)}")


def flaw_alarms(found: list[tuple[str, list[Path]]]) -> None:
    """Each flaw on pictures as they are, and on the same ones blurred or made small."""
    from ml.inspect.text import reader

    for name, paths in found:
        counts = dict.fromkeys(flaws.KINDS, 0)
        blurred = dict.fromkeys((3, 5, 8), 0)
        lows, seconds, examples = [], 0.0, []
        for path in paths:
            image = load(path)
            begun = time.process_time()
            told = flaws.find_flaws(image, reader())
            seconds += time.process_time() - begun
            for flaw in told:
                counts[flaw.kind] += 1
                examples += [f"{flaw.kind}:{path.name}"] if flaw.kind not in ("small", "tiny") else []
            lows.append(
                (
                    flaws.sharpness(image),
                    flaws.flat_share(image),
                    flaws.share_of(reader().look(image, flaws.GLANCE_PX), image),
                )
            )
            for radius in blurred:
                changed = image.filter(ImageFilter.GaussianBlur(radius * max(image.size) / 512))
                blurred[radius] += any(flaw.kind == "blurred" for flaw in flaws.find_flaws(changed))
        told = ", ".join(f"{kind} {count}" for kind, count in counts.items() if count) or "nothing"
        print(f"\n{name}, {len(paths)} pictures, {1000 * seconds / len(paths):.0f} ms each: {told}")
        print("  blurred found, by radius in 512 px:", {r: f"{n / len(paths):.0%}" for r, n in blurred.items()})
        for place, (what, points) in enumerate(
            (("sharpness", (0, 0.5, 1, 5, 50)), ("flat", (50, 95, 99, 100)), ("text", (50, 95, 99, 100)))
        ):
            values = [low[place] for low in lows if low[place] is not None]
            print(f"  {what}:", {p: round(float(np.percentile(values, p)), 3) for p in points} if values else "none")
        print("  e.g.", *examples[:8])


def safety(found: list[tuple[str, list[Path]]]) -> None:
    """What the strict policy does to pictures of nothing explicit, and what the detector costs."""
    from ml.inspect.safety import SafetyPolicy, skin_detector
    from webapp.settings import inspection as policy

    strict = SafetyPolicy(policy.SIGHTLINE_SAFETY_HOLD, policy.SIGHTLINE_SAFETY_REJECT)
    tolerant = SafetyPolicy(policy.SIGHTLINE_SAFETY_TOLERANT_HOLD, {})
    load(found[0][1][0])
    before = psutil.Process().memory_info().rss
    detector = skin_detector()
    detector.find(load(found[0][1][0]))
    print(f"the detector takes {(psutil.Process().memory_info().rss - before) / 1e6:.0f} MB")
    for name, paths in found:
        seconds, tallies, highest, seen = [], {"held": 0, "rejected": 0, "tolerant": 0}, {}, []
        faces = 0
        for path in paths:
            image = load(path)
            begun = time.process_time()
            parts = detector.find(image)
            seconds.append(time.process_time() - begun)
            outcome, part = strict.judge(parts)
            if part:
                tallies[outcome] += 1
                seen.append(f"{path.name}:{part.label}:{part.score}")
            tallies["tolerant"] += tolerant.judge(parts)[0] != "fine"
            faces += any(part.label.startswith("FACE") for part in parts)
            for part in parts:
                highest[part.label] = max(highest.get(part.label, 0), part.score)
        print(f"\n{name}, {len(paths)} pictures, {1000 * np.median(seconds):.0f} ms each: {tallies}, faces in {faces}")
        print("  highest:", {label: score for label, score in sorted(highest.items()) if "EXPOSED" in label})
        print("  e.g.", *seen[:6])


MEASURES = {"near": near, "flaws": flaw_alarms, "safety": safety}

if __name__ == "__main__":
    main()
