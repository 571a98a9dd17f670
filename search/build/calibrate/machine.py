"""What memory, disk and the bundle's models do on this machine."""

import mmap
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from time import perf_counter

import numpy as np
from PIL import Image

from ml.bundle import default_bundle_folder, load_bundle
from search.build.calibrate.timing import core_us, wall_us
from search.capacity.constants import Constant

BLOCK = 4096
FILE_BYTES = 256 * 2**20
READS = 1000
AT_ONCE = 16
MODEL_RUNS = 12
TEXT = "green velvet armchair with oak legs"


def measure_memory() -> dict[str, Constant]:
    numbers = np.ones(64 * 2**20, np.float32)
    best_s = min(core_us(lambda: np.dot(numbers, numbers), 1) for _ in range(5)) / 1e6
    source = "256 MiB read, the best of five, for one core"
    return {"memory_gib_per_s": Constant(numbers.nbytes / 2**30 / best_s, "GiB/s", "measured", source)}


def measure_models(threads: int = 1) -> dict[str, Constant]:
    """Detector and encoders of the bundle that ships, on one core."""
    bundle = load_bundle(default_bundle_folder(), threads=threads)
    photo = Image.effect_noise((1280, 960), 60).convert("RGB")
    part = photo.crop((300, 200, 800, 700))
    calls = {
        "detect_ms": lambda: bundle.detect(photo),
        "encode_image_ms": lambda: bundle.encode_images([part]),
    }
    if bundle.reads_words:
        calls["encode_text_ms"] = lambda: bundle.encode_texts([TEXT])
    found = {}
    for name, call in calls.items():
        call()
        value = core_us(call, MODEL_RUNS) / 1000
        found[name] = Constant(value, "ms", "measured", f"{bundle.id}, one at a time, p50 of core time")
    bundle.close()
    image_s = found["encode_image_ms"].value / 1000
    found["images_per_core_s"] = Constant(1 / image_s, "images/s", "measured", f"{bundle.id}, 1 / encode_image_ms")
    return found


def measure_disk(folder: Path, file_bytes: int = FILE_BYTES) -> dict[str, Constant]:
    """Reads of a fresh file in `folder`, past the page cache where the file system allows it."""
    path = folder / "read.bin"
    block = os.urandom(2**20)
    with path.open("wb") as file:
        for _ in range(file_bytes // len(block)):
            file.write(block)
        os.fsync(file.fileno())
    with opened_uncached(path) as (descriptor, how):
        places = np.random.default_rng(8).integers(0, file_bytes // BLOCK, READS) * BLOCK
        taken = [wall_us(lambda: read_at(descriptor, int(place), BLOCK), 1) for place in places]  # noqa: B023
        places = np.random.default_rng(9).integers(0, file_bytes // BLOCK, READS * 4) * BLOCK
        started = perf_counter()
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(lambda place: read_at(descriptor, int(place), BLOCK), places))
        reads_per_s = len(places) / (perf_counter() - started)
        started = perf_counter()
        for place in range(0, file_bytes, 2**20):
            read_at(descriptor, place, 2**20)
        mib_per_s = file_bytes / 2**20 / (perf_counter() - started)
    path.unlink()
    return {
        "random_read_us": Constant(float(np.median(taken)), "us", "measured", f"4 KiB, one by one, p50, {how}"),
        "random_reads_per_s": Constant(reads_per_s, "per s", "measured", f"4 KiB, {AT_ONCE} at once, {how}"),
        "sequential_mib_per_s": Constant(mib_per_s, "MiB/s", "measured", f"1 MiB at a time, {how}"),
    }


@contextmanager
def opened_uncached(path: Path) -> Iterator[tuple[int, str]]:
    """A descriptor, and in words how the page cache is passed by."""
    how, flags = "O_DIRECT", os.O_RDONLY | getattr(os, "O_DIRECT", 0)
    try:
        descriptor = os.open(path, flags)
    except OSError:  # a file system in memory, for one
        descriptor, how = os.open(path, os.O_RDONLY), "through the page cache: too good"
        with suppress(OSError, AttributeError):
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    try:
        yield descriptor, how
    finally:
        os.close(descriptor)


def read_at(descriptor: int, place: int, size: int) -> int:
    with mmap.mmap(-1, size) as buffer:  # aligned, as O_DIRECT wants it
        return os.preadv(descriptor, [buffer], place)
