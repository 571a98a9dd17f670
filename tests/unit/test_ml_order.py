"""What is likely meant comes first: features by hand, and the order that they give."""

import numpy as np
import pytest
from PIL import Image

from ml.detect import likely_meant
from ml.detect.order import FEATURES, box_features


def features(image: Image.Image, boxes: list, scores: list) -> list[dict[str, float]]:
    rows = box_features(image, np.array(boxes, np.float32), np.array(scores, np.float32))
    return [dict(zip(FEATURES, row, strict=True)) for row in rows]


def test_features_of_known_boxes():
    middle, corner = features(Image.new("RGB", (200, 100)), [[50, 25, 150, 75], [0, 0, 20, 10]], [0.5, 0.2])
    assert middle["score"] == pytest.approx(0.0, abs=1e-6)
    assert corner["score"] == pytest.approx(np.log(0.25), abs=1e-6)
    assert middle["area"] == pytest.approx(np.log(0.25))
    assert middle["off_centre"] == pytest.approx(0.0)
    assert corner["off_centre"] == pytest.approx(0.9)
    assert (middle["cut"], corner["cut"]) == (0.0, 0.5)
    assert middle["sharp"] == pytest.approx(0.0)


def test_a_part_knows_that_it_is_one():
    whole, part = features(Image.new("RGB", (100, 100)), [[10, 10, 90, 90], [20, 20, 40, 40]], [0.5, 0.5])
    assert (whole["part"], part["part"]) == (0.0, 1.0)


def test_what_is_in_focus_is_sharp():
    image = Image.new("RGB", (128, 128), (128, 128, 128))
    image.paste(Image.effect_noise((40, 40), 90).convert("RGB"), (10, 10))
    noisy, plain = features(image, [[10, 10, 50, 50], [70, 70, 120, 120]], [0.5, 0.5])
    assert noisy["sharp"] > 1 > 0 > plain["sharp"]


def test_a_large_thing_in_the_middle_is_meant_before_a_small_one_at_the_rim():
    boxes = np.array([[0, 0, 12, 12], [20, 15, 85, 90]], np.float32)
    assert likely_meant(Image.new("RGB", (100, 100)), boxes, np.array([0.3, 0.28], np.float32)).tolist() == [1, 0]
    assert likely_meant(Image.new("RGB", (100, 100)), boxes[:0], np.zeros(0, np.float32)).tolist() == []
