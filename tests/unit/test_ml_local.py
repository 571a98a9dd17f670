"""Local features and their verification, on drawn prints and simulated photos of them."""

import numpy as np
import pytest
from PIL import Image, ImageFilter

from ml.inspect.local import CATALOG_POINTS, POINT, QUERY_POINTS, QUERY_SIDE_PX, basis, local_features, pack, unpack
from ml.inspect.spatial import MIN_POINTS, colour_likeness, count_inliers
from ml.train.local_axes import fit
from tests.prints import label, photographed

LABELS = range(6)


@pytest.fixture(scope="module")
def catalog() -> list[np.ndarray]:
    return [local_features(label(seed)) for seed in LABELS]


def look(image: Image.Image) -> np.ndarray:
    return local_features(image, QUERY_SIDE_PX, QUERY_POINTS)


@pytest.mark.parametrize("seed", LABELS)
def test_a_photo_agrees_with_its_own_print_far_better_than_with_any_other(catalog, seed):
    counts = count_inliers(look(photographed(label(seed), seed)), catalog)
    others = np.delete(counts, seed)
    assert counts.argmax() == seed
    assert counts[seed] >= 20
    assert others.max() <= counts[seed] / 3  # they share words in the same letters


def test_a_print_is_found_turned_small_and_half_hidden(catalog):
    turned = label(2).rotate(90, expand=True).resize((180, 135))
    assert count_inliers(look(turned), catalog).argmax() == 2
    half = label(3).crop((0, 0, 240, 150))
    assert count_inliers(look(half), catalog).argmax() == 3


def test_a_mirrored_print_is_another_one(catalog):
    assert count_inliers(look(label(1).transpose(Image.Transpose.FLIP_LEFT_RIGHT)), catalog)[1] < 10


def test_plain_things_have_nothing_to_compare(catalog):
    y, x = np.mgrid[0:200, 0:300]
    ramp = Image.fromarray((np.stack([x, y, x + y], axis=2) // 3).astype(np.uint8))
    points = look(ramp.filter(ImageFilter.GaussianBlur(2)))
    assert len(points) < MIN_POINTS
    assert count_inliers(points, catalog).tolist() == [0] * len(catalog)


def test_noise_agrees_with_no_print(catalog):
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (240, 240, 3)).astype(np.uint8))
    assert count_inliers(look(noise), catalog).max() <= 4


def test_features_survive_their_bytes(catalog):
    data = pack(catalog[0])
    assert len(data) == POINT.itemsize * len(catalog[0]) <= 73 * CATALOG_POINTS
    assert (unpack(data) == catalog[0]).all()
    assert len(unpack(b"")) == 0
    with pytest.raises(ValueError):
        unpack(data[:-1])


def test_the_same_picture_gives_the_same_bytes_whatever_its_mode():
    assert pack(local_features(label(4))) == pack(local_features(label(4)))
    grey = label(4).convert("L")
    assert len(count_inliers(look(grey), [local_features(label(4))])) == 1


def test_no_candidates_and_bare_candidates(catalog):
    assert count_inliers(catalog[0], []).tolist() == []
    assert count_inliers(catalog[0], [np.empty(0, POINT), catalog[0]]).tolist()[0] == 0


def test_a_large_picture_costs_no_more_points_and_places_stay_inside():
    points = local_features(label(5, 1600))
    assert len(points) <= CATALOG_POINTS
    assert (points["place"][:, 0] <= 0.76 * 65535).all()


def test_the_axes_that_ship_are_orthonormal_and_come_out_of_the_fit():
    _, axes = basis()
    assert np.allclose(axes @ axes.T, np.eye(len(axes)), atol=2e-3)
    spread = np.random.default_rng(0).normal(0, [5, 3, 1, 0.1], (500, 4)) + 7
    mean, fitted = fit(spread, 2)
    assert np.allclose(mean, 7, atol=0.6)
    assert np.allclose(np.abs(fitted), np.eye(2, 4), atol=0.1)


def test_the_same_print_in_other_colours_counts_for_less(catalog):
    red, green, blue = label(2).split()
    recoloured = Image.merge("RGB", (blue, red, green))
    same, other = count_inliers(look(photographed(label(2), 2)), [catalog[2], local_features(recoloured)])
    assert other < same * 0.6


def test_warm_light_is_forgiven_and_another_colour_is_not():
    paint = np.array([[200, 60, 60], [60, 160, 60], [220, 220, 220], [120, 120, 40]], np.uint8)
    warm = (paint * [0.8, 0.7, 0.62]).astype(np.uint8)
    assert colour_likeness(warm, paint).min() > 0.9
    assert colour_likeness(paint[:, ::-1], paint)[0] < 0.05
    assert colour_likeness(paint[:0], paint[:0]).shape == (0,)


@pytest.mark.parametrize("size", [(1, 1), (8, 8), (1, 300), (2000, 3)])
def test_slivers_are_looked_at_without_harm(catalog, size):
    noise = np.random.default_rng(1).integers(0, 256, (size[1], size[0], 3)).astype(np.uint8)
    assert count_inliers(look(Image.fromarray(noise)), catalog).max() <= 4
