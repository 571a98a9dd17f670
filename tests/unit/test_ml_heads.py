"""Attribute heads: what a vector says of a product, and how sure it is."""

import numpy as np
import pytest
from PIL import Image

from ml.encode.heads import COLOURS, NOTHING_KNOWN, Head, Heads, colour_features, load_heads, save_heads
from ml.errors import BundleError
from ml.evaluate.calibration import expected_calibration_error

KIND = Head(("Lamps", "Sofas", NOTHING_KNOWN), np.eye(4, 3, dtype=np.float32) * 8, np.zeros(3, np.float32))
FEATURES = COLOURS
PLAIN = Head(("red", "blue"), np.zeros((4, 2), np.float32), np.array([0.0, 1.0], np.float32))
RED = Image.new("RGB", (20, 20), (185, 35, 40))


def colour_head() -> Head:
    """Says red where the picture is red, whatever the vector says."""
    weight = np.zeros((4 + FEATURES, 2), np.float32)
    weight[4 : FEATURES // 2 + 1, 0] = 9 * (colour_features(RED)[: FEATURES // 2 - 3] > 0)
    return Head(("red", "blue"), weight, np.array([-1.0, 0.0], np.float32))


def one_hot(place: int) -> np.ndarray:
    return np.eye(4, dtype=np.float32)[place]


def test_the_likeliest_label_comes_with_its_probability():
    label, probability = Heads({"category": KIND}, {}).guess(one_hot(1))["category"]
    assert label == "Sofas"
    assert probability == pytest.approx(np.exp(8) / (np.exp(8) + 2))
    assert np.allclose(KIND.probabilities(np.eye(4, dtype=np.float32)).sum(axis=1), 1)


def test_what_is_none_of_the_labels_is_left_out():
    assert Heads({"category": KIND}, {}).guess(one_hot(2)) == {}


def test_a_head_with_colours_needs_the_picture():
    heads = Heads({"colour": PLAIN}, {"colour": colour_head()})
    assert heads.guess(one_hot(0))["colour"][0] == "blue"
    assert heads.guess(one_hot(0), RED)["colour"][0] == "red"
    assert heads.guess(one_hot(0), Image.new("RGB", (20, 20), (55, 110, 180)))["colour"][0] == "blue"


def test_heads_come_back_from_their_file(tmp_path):
    heads = Heads({"category": KIND, "colour": PLAIN}, {"colour": colour_head()})
    save_heads(tmp_path / "heads.npz", heads)
    found = load_heads(tmp_path / "heads.npz")
    assert found.by_vector["category"].labels == KIND.labels
    assert found.guess(one_hot(0), Image.new("RGB", (9, 9))).keys() == {"category", "colour"}
    assert np.allclose(found.by_picture["colour"].weight, heads.by_picture["colour"].weight, atol=1e-2)


def test_heads_for_other_colour_features_are_refused(tmp_path):
    short = Head(PLAIN.labels, np.zeros((4 + 42, 2), np.float32), PLAIN.bias)
    save_heads(tmp_path / "heads.npz", Heads({"colour": PLAIN}, {"colour": short}))
    with pytest.raises(BundleError, match="colour features"):
        load_heads(tmp_path / "heads.npz")


@pytest.mark.parametrize("size", [(1, 1), (3, 500), (64, 64)])
def test_colour_features_of_any_picture(size):
    found = colour_features(Image.new("RGB", size, (30, 45, 85)))
    assert found.shape == (FEATURES,)
    whole, middle = found[: FEATURES // 2], found[FEATURES // 2 :]
    assert np.isclose((whole[:-3] ** 2).sum(), 1) and np.allclose(whole, middle, atol=1e-3)


def test_calibration_error_is_the_distance_of_sureness_from_accuracy():
    right = np.array([True, True, False, False])
    assert expected_calibration_error(np.full(4, 0.5), right) == 0
    assert expected_calibration_error(np.full(4, 0.9), right) == pytest.approx(0.4)
    assert expected_calibration_error(np.array([1.0, 1.0, 0.0, 0.0]), right) == 0
    assert expected_calibration_error(np.empty(0), np.empty(0, bool)) == 0
