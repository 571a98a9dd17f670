"""Bare skin and faces in a picture, by NudeNet's detector (Bedapudi Praneeth, MIT; its weights come with the package).

What is found is judged by a policy that is not decided here: labels, and the score from which each counts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import nudenet
import numpy as np
import onnxruntime
from nudenet import NudeDetector
from PIL import Image

from ml.inspect.local import shrink

WEIGHTS = Path(nudenet.__file__).parent / "320n.onnx"
SIDE_PX = 320  # that the detector looks at
FACES = ("FACE_FEMALE", "FACE_MALE")
LABELS = frozenset(
    f"{part}_{state}"
    for part in ("FEMALE_GENITALIA", "FEMALE_BREAST", "BUTTOCKS", "ANUS", "FEET", "BELLY", "ARMPITS")
    for state in ("COVERED", "EXPOSED")
) | {"MALE_GENITALIA_EXPOSED", "MALE_BREAST_EXPOSED", *FACES}

Outcome = Literal["fine", "held", "rejected"]


@dataclass(frozen=True, slots=True)
class Part:
    """Something the detector saw: its label, how sure it is (0..1), and x1, y1, x2, y2 in pixels of the picture."""

    label: str
    score: float
    box: tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class SafetyPolicy:
    """From which score a label holds a picture for a person to look at, or rejects it. A missing label never counts."""

    hold: Mapping[str, float]
    reject: Mapping[str, float]

    def judge(self, parts: Sequence[Part]) -> tuple[Outcome, Part | None]:
        """What is to happen, and the part that it is for."""
        for outcome, limits in (("rejected", self.reject), ("held", self.hold)):
            over = [part for part in parts if part.score >= limits.get(part.label, 2.0)]
            if over:
                return outcome, max(over, key=lambda part: part.score)
        return "fine", None


class SkinDetector:
    """Holds one ONNX session; safe to call from several threads."""

    def __init__(self, threads: int = 1) -> None:
        self.detector = NudeDetector()
        self.detector.onnx_session = open_session(threads)  # the library's own would take every core, and spin

    def find(self, image: Image.Image) -> tuple[Part, ...]:
        """Parts of an upright RGB picture with a score of 0.25 or more, surest first."""
        small = shrink(image.convert("RGB"), 2 * SIDE_PX)
        scale = max(image.size) / max(small.size)
        found = self.detector.detect(np.asarray(small))  # it swaps channels twice: given RGB, the model sees RGB
        parts = [Part(each["class"], round(each["score"], 3), corners(each["box"], scale)) for each in found]
        return tuple(sorted(parts, key=lambda part: -part.score))


def corners(box: Sequence[float], scale: float) -> tuple[int, int, int, int]:
    """x, y, width, height of a shrunken picture to x1, y1, x2, y2 of the whole one."""
    x, y, width, height = box
    return tuple(round(edge * scale) for edge in (x, y, x + width, y + height))


def faces(image: Image.Image, min_score: float = 0.4) -> tuple[Part, ...]:
    """Faces in an upright RGB picture, surest first: what has to be blurred before a stranger's photo is shown."""
    return tuple(part for part in skin_detector().find(image) if part.label in FACES and part.score >= min_score)


@cache
def skin_detector(threads: int = 1) -> SkinDetector:
    """The detector of this process, loaded at first use."""
    return SkinDetector(threads)


def open_session(threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # as in ml.bundle
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(WEIGHTS), options, providers=["CPUExecutionProvider"])
