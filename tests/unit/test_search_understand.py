"""What was asked, without a database."""

import numpy as np
import pytest
from PIL import Image

from ml.detect import Detections
from search.errors import BadQuery, BoxOutside, EmptyQuery, TextTooLong
from search.photo_memory import DecodedPhotos
from search.timing import Stopwatch
from search.types import Photo, Query
from search.understand.asked import check_kind, fuse_views
from search.understand.objects import check_box, choose_objects, choose_target, kind_of
from search.understand.words import clean_text

PHOTO = Photo(Image.new("RGB", (640, 480)), 1280, 960)


def detections(*scores: float) -> Detections:
    boxes = [[10 * n, 10, 10 * n + 100, 200] for n in range(len(scores))]
    return Detections(np.array(boxes, np.float32).reshape(-1, 4), np.array(scores, np.float32))


def test_confident_boxes_come_in_pixels_of_the_original():
    objects, fallback = choose_objects(detections(0.9, 0.6, 0.1), PHOTO, confident=0.5)
    assert [found.bbox for found in objects] == [(0.0, 20.0, 200.0, 400.0), (20.0, 20.0, 220.0, 400.0)]
    assert not fallback
    *best, middle, whole = choose_target((*objects, *objects), fallback, PHOTO).boxes
    assert best == [found.bbox for found in objects]
    assert middle == (160.0, 120.0, 1120.0, 840.0)
    assert whole == (0.0, 0.0, 1280.0, 960.0)


@pytest.mark.parametrize("scores", [(), (0.2,)])
def test_no_confident_box_is_a_best_guess_and_never_an_error(scores):
    objects, fallback = choose_objects(detections(*scores), PHOTO, confident=0.5)
    assert fallback
    assert [found.bbox for found in objects] == [(160.0, 120.0, 1120.0, 840.0), (0.0, 0.0, 1280.0, 960.0)]
    assert len(choose_target(objects, fallback, PHOTO).boxes) == 2


def test_a_box_is_cut_at_the_photos_edge():
    assert check_box((-50, -50, 100, 2000), PHOTO) == (0.0, 0.0, 100, 960.0)


@pytest.mark.parametrize(
    "box", [(1300, 0, 1400, 100), (200, 200, 100, 300), (0, 0, 0, 0), (-9, -9, -1, -1), (float("nan"), 0, 9, 9)]
)
def test_a_box_without_area_in_the_photo_is_refused(box):
    with pytest.raises(BoxOutside):
        check_box(box, PHOTO)


class Sees:
    """A bundle that is so and so sure of a lamp."""

    def __init__(self, probability: float) -> None:
        self.probability = probability

    def attributes(self, vector, image=None) -> dict:
        return {"category": ("Lamps", self.probability)}


def test_a_kind_is_named_where_the_bundle_is_sure():
    views = np.ones((2, 4), np.float32)
    assert kind_of(Sees(0.9), views) == "Lamps"
    assert kind_of(Sees(0.5), views) == ""
    assert kind_of(Sees(0.9), views[:0]) == ""


def test_words_are_one_clean_line():
    assert clean_text(" green\0\n velvet\u200b  chair ") == "green velvet chair"
    assert clean_text("\0 \n") is None
    assert clean_text(None) is None


@pytest.mark.parametrize("length", [501, 100_000])
def test_long_texts_are_refused(length):
    with pytest.raises(TextTooLong):
        clean_text("x" * length)


def test_a_query_starts_from_one_thing():
    assert check_kind(Query(photo="t"), "in blue") == "photo+text"
    assert check_kind(Query(product_id=3), None) == "product"
    assert check_kind(Query(), "lamp") == "text"
    with pytest.raises(EmptyQuery):
        check_kind(Query(), None)
    with pytest.raises(BadQuery):
        check_kind(Query(photo="t", product_id=3), None)
    with pytest.raises(BadQuery):
        check_kind(Query(bbox=(0, 0, 9, 9)), "lamp")


def test_weights_turn_a_fused_vector_towards_the_text():
    image, text = np.array([[1.0, 0.0]], np.float32), np.array([0.0, 1.0], np.float32)
    assert fuse_views(image, None, (0.6, 0.4)) is image
    mostly_text = fuse_views(image, text, (0.1, 0.9))[0]
    assert mostly_text[1] > mostly_text[0]
    louder = fuse_views(image, text, (0.5, 0.5), 3.0)[0]
    assert louder[1] == pytest.approx(3 * louder[0])
    assert np.isclose(np.linalg.norm(mostly_text), 1)


def test_decoded_photos_are_bounded_by_their_bytes():
    kept = DecodedPhotos(max_bytes=2 * 640 * 480 * 3)
    for token in "abc":
        kept.put(token, PHOTO)
    assert kept.get("a") is None
    assert kept.get("c") is PHOTO
    assert kept.held_bytes == 2 * 640 * 480 * 3


def test_a_stage_that_runs_twice_counts_both_times_and_failures_count_too():
    watch = Stopwatch()
    for _ in range(2):
        with pytest.raises(ValueError), watch.stage("detect"):
            raise ValueError
    assert list(watch.report_ms()) == ["detect", "total"]
    assert watch.report_ms()["total"] >= watch.report_ms()["detect"] >= 0
