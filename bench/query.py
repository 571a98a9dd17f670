"""How long a shopper waits for the server: one photo of 1280 px at a time, detection and then search by its best box.

    python bench/query.py                   in this process, through the functions that the API calls
    python bench/query.py --http URL        through a running server
    python bench/query.py --photos FOLDER   other photos than the demo's

Needs a shop with products in it (make demo). Wall-clock milliseconds; `cpu` is what this process burnt in all its
threads, which other work on the machine does not change.
"""

import argparse
import io
import os
import sys
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter, process_time

os.environ.setdefault("OMP_WAIT_POLICY", "passive")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webapp.settings.local")
ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import django  # noqa: E402
import httpx  # noqa: E402
import numpy as np  # noqa: E402
from PIL import Image, ImageOps  # noqa: E402

SIDE_PX = 1280
WARM_UP = 5
TARGET_MS = {50: 150, 99: 300}


@dataclass
class Timings:
    """Milliseconds of every request, by what was timed."""

    total_ms: list[float] = field(default_factory=list)
    cpu_ms: list[float] = field(default_factory=list)
    bare_ms: list[float] = field(default_factory=list)
    share: list[float] = field(default_factory=list)
    stages_ms: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def add_stages(self, call: str, stages_ms: dict[str, float]) -> None:
        stages = dict(stages_ms)
        total = stages.pop("total")
        self.share.append(sum(stages.values()) / total)
        for name, ms in stages.items():
            self.stages_ms[f"{call}.{name}"].append(ms)
        self.stages_ms[f"{call}.total"].append(total)


def photos(folder: Path, limit: int) -> list[bytes]:
    """JPEG files, the longer side SIDE_PX, as the browser sends them."""
    paths = sorted(folder.glob("golden-*.jpg")) or sorted(folder.rglob("*.jpg"))
    return [as_sent(path) for path in paths[:limit]]


def as_sent(path: Path) -> bytes:
    image = ImageOps.exif_transpose(Image.open(path)).convert("RGB")
    scale = SIDE_PX / max(image.size)
    image = image.resize((round(image.width * scale), round(image.height * scale)), Image.Resampling.LANCZOS)
    file = io.BytesIO()
    image.save(file, "JPEG", quality=85)
    return file.getvalue()


def ask_in_process(data: bytes, timings: Timings) -> None:
    from search.pipeline import find_objects, find_products
    from search.types import Query

    cpu, started = process_time(), perf_counter()
    found = find_objects(data)
    answer = find_products(Query(photo=found.photo, bbox=found.objects[0].bbox))
    timings.total_ms.append((perf_counter() - started) * 1000)
    timings.cpu_ms.append((process_time() - cpu) * 1000)
    timings.bare_ms.append(bare_models_ms(data, found.objects[0].bbox, found.width))
    timings.add_stages("find_objects", found.stages_ms)
    timings.add_stages("find_products", answer.stages_ms)


def bare_models_ms(data: bytes, box, width: int) -> float:
    """The two ONNX runs alone, on the very pixels of this request."""
    from ml.crop import crop
    from ml.detect.detector import letterbox
    from ml.encode.images import to_square
    from search import photos as kept
    from search.serving import live_bundle

    bundle, photo = live_bundle(), kept.decode(data)
    spec = bundle.detector.spec
    pixels = letterbox(photo.image, spec.size_px, spec.fill)[0][None]
    square = to_square(crop(photo.image, photo.to_image(box), bundle.margin), bundle.image_encoder.spec)[None]
    started = perf_counter()
    bundle.detector.session.run(None, {"pixels": pixels})
    bundle.image_encoder.session.run(None, {"pixels": square})
    return (perf_counter() - started) * 1000


def ask_over_http(client: httpx.Client, data: bytes, timings: Timings) -> None:
    started = perf_counter()
    found = (
        client.post("/api/v1/detections", files={"image": ("photo.jpg", data, "image/jpeg")}).raise_for_status().json()
    )
    asked = {"photo": found["photo"], "bbox": found["objects"][0]["bbox"]}
    answer = client.post("/api/v1/searches", json=asked).raise_for_status().json()
    timings.total_ms.append((perf_counter() - started) * 1000)
    timings.add_stages("find_objects", found["stages_ms"])
    timings.add_stages("find_products", answer["stages_ms"])


def percentiles(values: list[float]) -> tuple[float, float]:
    p50, p99 = np.percentile(values, [50, 99])
    return float(p50), float(p99)


def report(timings: Timings) -> None:
    print(f"{'stage':<28}{'p50 ms':>9}{'p99 ms':>9}")
    for name, values in timings.stages_ms.items():
        print(f"{name:<28}{percentiles(values)[0]:>9.1f}{percentiles(values)[1]:>9.1f}")
    p50, p99 = percentiles(timings.total_ms)
    print(f"\n{'detection plus search':<28}{p50:>9.1f}{p99:>9.1f}   target {TARGET_MS[50]} and {TARGET_MS[99]}")
    if timings.cpu_ms:
        bare50, bare99 = percentiles(timings.bare_ms)
        cpu50, cpu99 = percentiles(timings.cpu_ms)
        print(f"{'cpu of it, all threads':<28}{cpu50:>9.1f}{cpu99:>9.1f}")
        print(f"{'bare models':<28}{bare50:>9.1f}{bare99:>9.1f}")
        print(f"whole to bare models: {p50 / bare50:.2f} (aim 1.15)")
    print(f"sum of the stages to the total: {min(timings.share):.3f} to {max(timings.share):.3f}")
    print(f"{len(timings.total_ms)} photos of {SIDE_PX} px, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--http", help="address of a running server")
    parser.add_argument("--photos", type=Path, default=ROOT / "demo" / "photos")
    parser.add_argument("-n", type=int, default=100)
    arguments = parser.parse_args()
    files = photos(arguments.photos, arguments.n)
    if not files:
        sys.exit(f"No photos in {arguments.photos}.")
    if arguments.http:
        client = httpx.Client(base_url=arguments.http, timeout=30, trust_env=False)
        ask = lambda data, timings: ask_over_http(client, data, timings)  # noqa: E731
    else:
        django.setup()
        from webapp.start import start_database

        start_database()
        ask = ask_in_process
    for data in files[:WARM_UP]:
        ask(data, Timings())
    timings = Timings()
    for data in (files * (arguments.n // len(files) + 1))[: arguments.n]:
        ask(data, timings)
    report(timings)


if __name__ == "__main__":
    main()
