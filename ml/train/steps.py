"""The steps from data to a bundle, each a section of a recipe, and all of them in one go."""

import json
import time
import tomllib
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ml.manifest import CARD, MANIFEST, file_sha256, write_json
from ml.train.recipe import (
    COMMON,
    AverageRecipe,
    BundleRecipe,
    CheckRecipe,
    CommonRecipe,
    DetectorRecipe,
    HeadsRecipe,
    ImageRecipe,
    PairRecipe,
    PatchesRecipe,
    ProjectionRecipe,
    ProtocolRecipe,
    RefineRecipe,
    TextRecipe,
    WhitenRecipe,
    read_recipe,
)


class StepRefused(ValueError):
    """This step cannot be run; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Step:
    """`run` gets the section's values, its name and the recipe file, and returns what to print.

    `made` says where its outcome lies. `resumes`: what an earlier call has trained is gone on with, so it must have
    started from the same files.
    """

    kind: type
    run: Callable[[Any, str, Path], object]
    made: Callable[[Any, str], Path] = lambda values, section: values.runs / section
    resumes: bool = True


def detector(values: DetectorRecipe, section: str, _: Path) -> object:
    from ml.train.detector import train_detector

    return train_detector(values, name=section)


def image(values: ImageRecipe, section: str, _: Path) -> object:
    from ml.train.image import train_image

    return train_image(values, name=section)


def projection(values: ProjectionRecipe, section: str, _: Path) -> object:
    from ml.train.projection import train_projection

    return train_projection(values, name=section)


def refine(values: RefineRecipe, section: str, _: Path) -> object:
    from ml.train.refine import refine

    return refine(values, name=section)


def protocol(values: ProtocolRecipe, section: str, _: Path) -> object:
    from ml.train.compare import compare

    return compare(values, name=section)


def text(values: TextRecipe, section: str, _: Path) -> object:
    from ml.train.text import train_text

    return train_text(values, name=section)


def heads(values: HeadsRecipe, section: str, _: Path) -> object:
    from ml.train.heads import train_heads

    path, report = train_heads(values, name=section)
    return f"{path}\n{json.dumps(report, indent=2)}"


def average(values: AverageRecipe, section: str, _: Path) -> object:
    from ml.train.average import average_checkpoints

    to = values.runs / section / "last.pt"
    return average_checkpoints(values.checkpoints, to, weights=values.weights, part=values.part)


def pair(values: PairRecipe, section: str, _: Path) -> object:
    from ml.train.pair import pair_towers

    return pair_towers(values.checkpoints, values.runs / section / "last.pt", weights=values.weights)


def whiten(values: WhitenRecipe, section: str, _: Path) -> object:
    from ml.train.whiten import train_whitening

    return train_whitening(values, name=section)


def patches(values: PatchesRecipe, section: str, _: Path) -> object:
    from ml.train.patches import train_patches

    return train_patches(values, name=section)


def bundle(values: BundleRecipe, _: str, file: Path) -> object:
    from ml.train.assemble import assemble

    return assemble(values, tomllib.loads(file.read_text()))


def check(values: CheckRecipe, _: str, __: Path) -> object:
    from ml.train.check import measure, note

    report = measure(values)
    note(values.bundle, "check", report)
    return json.dumps(report, indent=2)


STEPS = {
    "detector": Step(DetectorRecipe, detector),
    "projection": Step(ProjectionRecipe, projection),
    "image": Step(ImageRecipe, image),
    "refine": Step(RefineRecipe, refine, lambda values, _: values.folder, resumes=False),
    "protocol": Step(ProtocolRecipe, protocol, resumes=False),
    "text": Step(TextRecipe, text),
    "heads": Step(HeadsRecipe, heads, resumes=False),
    "average": Step(AverageRecipe, average, resumes=False),
    "pair": Step(PairRecipe, pair, resumes=False),
    "whiten": Step(WhitenRecipe, whiten, resumes=False),
    "patches": Step(PatchesRecipe, patches, resumes=False),
    "bundle": Step(BundleRecipe, bundle, lambda values, _: values.folder, resumes=False),
    "check": Step(CheckRecipe, check, lambda values, _: values.bundle / CARD, resumes=False),
}


def step_of(section: str) -> Step:
    """A section is called like its step, and more after an underscore: image_rooms. Raises StepRefused."""
    step = STEPS.get(section.split("_")[0])
    if step is None:
        raise StepRefused(f"[{section}] is no step; they begin with {', '.join(STEPS)}")
    return step


def run_section(file: Path, section: str) -> object:
    """One step; what it says. Raises StepRefused, ValueError for an unknown key."""
    step, values = read_section(file, section)
    return step.run(values, section, file)


def read_section(file: Path, section: str) -> tuple[Step, Any]:
    """The step and its values. Raises StepRefused, also for a world that is to be learned from and is not there."""
    step = step_of(section)
    values = read_recipe(file, section, step.kind)
    if missing := [folder for folder in getattr(values, "extra", ()) if not folder.is_dir()]:
        raise StepRefused(f"[{section}] learns from {missing[0]}, which is not there. Render it, or take it out.")
    return step, values


def run_all(file: Path, say: Callable[[str], None] = print) -> None:
    """Every section in the file's order. One that was finished with the same values and files is skipped."""
    sections = [name for name in tomllib.loads(file.read_text()) if name != COMMON]
    record = read_recipe(file, COMMON, CommonRecipe).runs / "done.json"
    # All of them before the first hour goes by.
    read = [(section, *read_section(file, section)) for section in sections]
    for number, (section, step, values) in enumerate(read, 1):
        place = f"[{number}/{len(sections)}] {section}"
        state, made = state_of(values), step.made(values, section)
        before = read_record(record).get(section) if made.exists() else None
        if before == state:
            say(f"{place}: finished before")
            continue
        if before and step.resumes and before["files"] != state["files"]:
            raise StepRefused(f"[{section}] was begun from other files. Remove {made} to begin again.")
        say(f"{place} ...")
        started = time.monotonic()
        said = step.run(values, section, file)
        say(f"{place}: {said} ({time.monotonic() - started:.0f} s)")
        write_record(record, read_record(record) | {section: state})


def state_of(values: Any) -> dict[str, dict[str, str]]:
    """What a step's outcome depends on: its values, and the bytes of the files that it starts from."""
    named = asdict(values)
    paths = [path for value in named.values() for path in (value if isinstance(value, tuple) else (value,))]
    files = [path if path.is_file() else path / MANIFEST for path in paths if isinstance(path, Path)]
    return {
        "values": {name: str(value) for name, value in named.items()},
        "files": {str(path): file_sha256(path) for path in files if path.is_file()},
    }


def read_record(path: Path) -> dict:
    return json.loads(path.read_text()) if path.exists() else {}


def write_record(path: Path, done: dict) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_json(path, done)
