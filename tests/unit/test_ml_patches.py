"""Late interaction, and the patches of the bundle that ships."""

import numpy as np
import pytest
from PIL import Image

from ml.bundle import canonical_image, default_bundle_folder, load_bundle
from ml.encode.patches import max_sim, pack, unpack

CELLS, DIM = 9, 16


def unit(rows: np.ndarray) -> np.ndarray:
    return (rows / np.linalg.norm(rows, axis=-1, keepdims=True)).astype(np.float32)


def patches_of(*seed: int) -> np.ndarray:
    return unit(np.random.default_rng(seed).normal(size=(CELLS, DIM)))


def alike(queries: np.ndarray, *stored: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    weights = np.full((1, CELLS), 1 / CELLS, np.float32) if weights is None else weights
    return max_sim(queries[None], weights, np.stack(stored))[0]


def test_packed_patches_take_a_byte_an_entry_and_stay_what_they_are():
    patches = patches_of(1)
    data = pack(patches)
    assert len(data) == CELLS * DIM
    again = unpack(data, DIM)
    assert again.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(again, axis=1), 1, atol=1e-6)
    assert (again * patches).sum(axis=1).min() > 0.999


def test_a_patch_of_nothing_is_packed_and_alike_to_nothing():
    again = unpack(pack(np.zeros((CELLS, DIM), np.float32)), DIM)
    assert alike(patches_of(1), again) == 0


def test_what_pack_did_not_write_is_refused():
    with pytest.raises(ValueError):
        unpack(b"12345", DIM)


def test_patches_are_found_again_wherever_they_lie():
    own = patches_of(1)
    same, other = alike(own, own[::-1], patches_of(2))
    assert same == pytest.approx(1, abs=1e-5)
    assert 0 <= other < 0.6


def test_what_is_half_hidden_agrees_in_the_other_half():
    own, hidden = patches_of(1), patches_of(1)
    hidden[: CELLS // 2] = patches_of(3)[: CELLS // 2]
    assert alike(hidden, own)[0] > alike(hidden, patches_of(2))[0] + 0.2


def test_patches_without_weight_do_not_count():
    query = patches_of(1)
    query[1:] = patches_of(2)[1:]
    weights = np.zeros((1, CELLS), np.float32)
    weights[0, 0] = 1
    assert alike(query, patches_of(1), weights=weights) == pytest.approx(1, abs=1e-5)


def test_each_view_has_values_of_its_own():
    queries = np.stack([patches_of(1), patches_of(2)])
    weights = np.full((2, CELLS), 1 / CELLS, np.float32)
    values = max_sim(queries, weights, np.stack([patches_of(1), patches_of(2), patches_of(3)]))
    assert values.shape == (2, 3)
    assert values.argmax(axis=1).tolist() == [0, 1]


@pytest.fixture(scope="module")
def bundle():
    return load_bundle(default_bundle_folder(), threads=1)


def test_the_bundle_that_ships_has_patches(bundle):
    pictures = [canonical_image().rotate(90 * turn, expand=True) for turn in range(5)]
    encoded = bundle.encode_with_patches(pictures)
    assert encoded.patches.shape == (5, *encoded.weights.shape[1:], bundle.patch_dim)
    np.testing.assert_allclose(np.linalg.norm(encoded.patches, axis=2), 1, atol=1e-3)
    np.testing.assert_allclose(encoded.weights.sum(axis=1), 1, atol=1e-3)
    np.testing.assert_allclose(encoded.vectors, bundle.encode_images(pictures), atol=1e-6)
    stored = bundle.encode_catalog_with_patches(pictures[:1], ["a disc on a ramp of colours"])
    np.testing.assert_allclose(stored.patches, encoded.patches[:1], atol=1e-3)
    assert bundle.encode_with_patches([]).vectors.shape == (0, bundle.dim)


def test_a_part_of_a_picture_is_found_in_it_by_its_patches(bundle):
    pictures = [
        canonical_image(),
        Image.effect_noise((160, 120), 90).convert("RGB"),
        Image.new("RGB", (99, 99), "teal"),
    ]
    whole = bundle.encode_with_patches(pictures)
    part = bundle.encode_with_patches([canonical_image().crop((0, 0, 110, 120))])
    stored = np.stack([unpack(pack(each), bundle.patch_dim) for each in whole.patches])
    assert max_sim(part.patches, part.weights, stored)[0].argmax() == 0
