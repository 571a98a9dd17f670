"""Boxes: suppression, crops at the rim, matching with the truth."""

import numpy as np
import pytest
from PIL import Image

from ml.crop import centre_box, clip_box, crop
from ml.detect.detector import letterbox
from ml.detect.nms import box_iou, non_maximum_suppression
from ml.evaluate import detection_recall, match_boxes

BOXES = np.array([[0, 0, 10, 10], [1, 0, 11, 10], [20, 20, 30, 30]], dtype=np.float32)


def test_the_better_of_two_that_overlap_stays():
    assert non_maximum_suppression(BOXES, np.array([0.5, 0.9, 0.1]), iou=0.6).tolist() == [1, 2]
    assert non_maximum_suppression(BOXES, np.array([0.5, 0.9, 0.1]), iou=0.95).tolist() == [1, 0, 2]
    assert non_maximum_suppression(BOXES[:0], np.zeros(0), iou=0.6).tolist() == []


def test_iou_of_known_boxes():
    assert box_iou(BOXES, BOXES)[0] == pytest.approx([1.0, 90 / 110, 0.0])


def test_letterbox_pads_to_the_stride_and_knows_its_scale():
    pixels, scale = letterbox(Image.new("RGB", (800, 500), (255, 0, 0)), 416, 114)
    assert pixels.shape == (288, 416, 3)
    assert scale == 416 / 800
    assert pixels[0, 0].tolist() == [255, 0, 0]
    assert pixels[-1, 0].tolist() == [114, 114, 114]


@pytest.mark.parametrize(
    ("box", "expected"),
    [
        ((10, 10, 50, 40), (10, 10, 50, 40)),
        ((-20, -5, 500, 400), (0, 0, 100, 80)),
        ((50, 40, 10, 10), (10, 10, 50, 40)),
        ((99.5, 79.5, 99.6, 79.6), (92, 72, 100, 80)),
        ((200, 200, 300, 300), (92, 72, 100, 80)),
    ],
)
def test_clip_box_always_leaves_a_picture(box, expected):
    assert clip_box(box, 100, 80) == expected


def test_crop_widens_by_the_margin_where_there_is_room():
    assert crop(Image.new("RGB", (100, 80)), (40, 20, 60, 60), 0.1).size == (24, 48)
    assert crop(Image.new("RGB", (100, 80)), (0, 0, 100, 80), 0.1).size == (100, 80)
    assert centre_box(100, 80) == (12, 10, 88, 70)


def test_a_prediction_counts_once():
    truth = np.array([[0, 0, 10, 10], [0, 0, 10, 11]], dtype=np.float32)
    assert match_boxes(truth, BOXES[:1]).tolist() == [0, -1]
    assert detection_recall(truth, BOXES[:1]) == 0.5
    assert detection_recall(truth, BOXES[:0]) == 0.0
    assert detection_recall(truth[:0], BOXES) == 1.0
