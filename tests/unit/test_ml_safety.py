"""Bare skin: the policy decides over what the detector saw; the detector itself runs on harmless pictures."""

import csv

import numpy as np
import pytest

from ml.images import open_image
from ml.inspect.safety import LABELS, Part, SafetyPolicy, faces, skin_detector
from tests.shop import DEMO

POLICY = SafetyPolicy(hold={"FEET_EXPOSED": 0.3, "BELLY_EXPOSED": 0.5}, reject={"FEET_EXPOSED": 0.7})


def part(label: str, score: float) -> Part:
    return Part(label, score, (0, 0, 10, 10))


@pytest.mark.parametrize(
    ("parts", "outcome"),
    [
        ([], "fine"),
        ([part("FEET_EXPOSED", 0.29)], "fine"),
        ([part("FEET_EXPOSED", 0.3)], "held"),
        ([part("FEET_EXPOSED", 0.7)], "rejected"),
        ([part("BELLY_EXPOSED", 0.99)], "held"),  # never rejected by itself
        ([part("FACE_FEMALE", 0.99)], "fine"),
        ([part("BELLY_EXPOSED", 0.9), part("FEET_EXPOSED", 0.8)], "rejected"),
    ],
)
def test_the_policy_decides(parts, outcome):
    assert POLICY.judge(parts)[0] == outcome


def test_the_surest_part_is_the_reason():
    parts = [part("FEET_EXPOSED", 0.4), part("BELLY_EXPOSED", 0.6)]
    assert POLICY.judge(parts) == ("held", parts[1])


def test_furniture_has_no_skin_and_no_face():
    with open(DEMO / "feed.csv", newline="", encoding="utf-8") as file:
        paths = [DEMO / row["image_link"] for row in list(csv.DictReader(file))[::90]]
    for path in paths:
        picture = open_image(path.read_bytes(), max_side_px=1024)
        assert all(part.label in LABELS for part in skin_detector().find(picture))
        assert POLICY.judge(skin_detector().find(picture))[0] == "fine"
        assert faces(picture) == ()


def test_boxes_are_pixels_of_the_picture_that_was_given(monkeypatch):
    """The detector sees a shrunken picture; what it says is scaled back."""
    seen = {}

    class Detector:
        def detect(self, pixels: np.ndarray) -> list[dict]:
            seen["shape"] = pixels.shape
            return [{"class": "FACE_MALE", "score": 0.8, "box": [64, 32, 128, 64]}]

    monkeypatch.setattr(skin_detector(), "detector", Detector())
    picture = open_image((DEMO / "images" / "SL-0001-1.jpg").read_bytes()).resize((1280, 960))
    (face,) = faces(picture)
    assert seen["shape"] == (480, 640, 3)
    assert face.box == (128, 64, 384, 192)
