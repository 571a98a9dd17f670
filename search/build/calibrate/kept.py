"""The constants of this machine: measured once, kept in a file beside the machine's name and the date."""

import json
import os
import platform
import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter, time

import faiss

from search.build.calibrate.filters import measure_filters
from search.build.calibrate.hot import NoHotTier, measure_hot
from search.build.calibrate.index import ROWS, build, measure_index
from search.build.calibrate.machine import measure_disk, measure_memory, measure_models
from search.capacity.constants import PUBLISHED, Constant, Constants, Tuning

FORMAT = 4
FILE = "capacity.json"
WORK = "capacity-"
ABANDONED_S = 3600
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Calibration:
    """`skipped`: in words, what could not be measured."""

    machine: str
    dim: int
    measured_at: str
    seconds: float
    skipped: tuple[str, ...]
    by_name: dict[str, Constant]
    tunings: tuple[Tuning, ...]

    @property
    def constants(self) -> Constants:
        return Constants(self.by_name | PUBLISHED, self.tunings)

    def fits(self, dim: int) -> bool:
        return (self.machine, self.dim) == (this_machine(), dim)


def this_machine() -> str:
    """Name, processor and cores: measured elsewhere means measured anew."""
    processor = platform.processor() or platform.machine()
    with suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        processor = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), processor)
    return f"{platform.node()}, {processor}, {os.cpu_count()} cores"


def calibrate(folder: Path, dim: int, progress: Progress, rows: tuple[int, int] = ROWS) -> Calibration:
    """Measures everything. `folder` is where the index would lie; what is written there is removed again."""
    started, skipped, figures = perf_counter(), [], {}
    folder.mkdir(parents=True, exist_ok=True)
    remove_leftovers(folder)
    work = Path(tempfile.mkdtemp(prefix=WORK, dir=folder))
    try:
        progress("memory and disk")
        figures |= measure_memory() | measure_disk(work)
        progress("detector and encoders")
        figures |= measure_models()
        progress(f"building shards of {rows[0]:,} and {rows[1]:,} rows")
        small, large = (build(work / str(count), count, dim) for count in rows)
        progress("searching them")
        index, tunings = measure_index(small, large)
        figures |= index | measure_filters(large)
        progress("the hot tier in PostgreSQL")
        try:
            figures |= measure_hot(dim)
        except NoHotTier as error:
            skipped.append(f"The hot tier was not measured: {error}")
            bare = Constant(2.0 * dim + 8, "bytes", "formula", "halfvec alone, without the rest of the row")
            figures["truth_bytes_per_row"] = bare
    finally:
        shutil.rmtree(work, ignore_errors=True)
    at = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    return Calibration(this_machine(), dim, at, perf_counter() - started, tuple(skipped), figures, tunings)


def remove_leftovers(folder: Path) -> None:
    """Of calibrations that were killed; one that may still be running is left alone."""
    for work in folder.glob(f"{WORK}*/"):
        if time() - work.stat().st_mtime > ABANDONED_S:
            shutil.rmtree(work, ignore_errors=True)


def read(folder: Path) -> Calibration | None:
    """What was kept; None where nothing was, or where it cannot be used any more."""
    try:
        kept = json.loads((folder / FILE).read_text())
        if kept.pop("format") != FORMAT or kept.pop("faiss") != faiss.__version__:
            return None
        kept["by_name"] = {name: Constant(**constant) for name, constant in kept["by_name"].items()}
        kept["tunings"] = tuple(Tuning(**tuning) for tuning in kept["tunings"])
        return Calibration(**kept | {"skipped": tuple(kept["skipped"])})
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def keep(folder: Path, calibration: Calibration) -> None:
    """Whole or not at all."""
    draft = folder / f"{FILE}.new"
    draft.write_text(json.dumps({"format": FORMAT, "faiss": faiss.__version__} | asdict(calibration), indent=2))
    draft.replace(folder / FILE)


def constants_of(folder: Path, dim: int, progress: Progress, again: bool = False) -> Calibration:
    """The kept calibration where it is of this machine and dimension; else, or if asked to, a new one."""
    kept = read(folder)
    if kept is None or again or not kept.fits(dim):
        kept = calibrate(folder, dim, progress)
        keep(folder, kept)
    return kept
