"""The solids and the camera of the demo world, against what can be worked out by hand."""

import numpy as np
import pytest

from ml.world import camera as cameras
from ml.world.mesh import Mesh, normals
from ml.world.palette import SURFACES, Finish
from ml.world.spec import Camera
from ml.world.textures import SIZE, picture, tile

LEVEL = Camera(eye=(0, -2, 1), target=(0, 0, 1), roll=0.0, focal_mm=18.0, portrait=False)


def test_a_box_has_its_size_and_its_normals_point_out():
    mesh = Mesh()
    mesh.box((0, 0, 1), (0.4, 0.6, 2.0), "body", r=0.02)
    low, high = mesh.bounds()
    assert np.allclose(high - low, (0.4, 0.6, 2.0), atol=0.002)
    verts, outward, quads, uv, roles = mesh.arrays()
    assert uv.shape == (len(quads), 4, 2) and roles.max() == 0
    assert ((verts - (0, 0, 1)) * outward).sum(1).min() > 0


def test_a_lathe_is_round_and_faces_out():
    mesh = Mesh()
    mesh.lathe([(0.1, 0), (0.1, 0.5)], "body", seg=64)
    verts, quads, _, _ = mesh.parts[0]
    assert np.allclose(np.hypot(verts[:, 0], verts[:, 1]), 0.1)
    assert (normals(verts, quads)[:, :2] * verts[:, :2]).sum(1).min() > 0


def test_projection_and_rays_are_inverse():
    pixels, depth = cameras.project(LEVEL, [(0.5, 0.0, 1.2)], 800, 600)
    assert depth[0] == pytest.approx(2.0)
    assert pixels[0] == pytest.approx((400 + 0.25 * 400, 300 - 0.1 * 400))
    ray = cameras.rays(LEVEL, pixels[:, 0], pixels[:, 1], 800, 600)[0]
    assert np.array(LEVEL.eye) + ray * (2.0 / ray[1]) == pytest.approx((0.5, 0.0, 1.2))


def test_portrait_pictures_are_upright():
    assert cameras.picture_size(LEVEL) == (800, 600)
    assert cameras.picture_size(Camera((0, 0, 1), (0, 1, 1), 0.0, 26.0, portrait=True)) == (600, 800)


@pytest.mark.parametrize("material", ["velvet", "oak", "marble", "rattan", "cane", "planks", "brick"])
def test_tiles_are_seamless_pictures(material):
    colour, height = tile(Finish(material, "green"))
    assert colour.shape == (SIZE, SIZE, 3) and height.shape == (SIZE, SIZE)
    assert colour.min() >= 0 and colour.max() <= 1
    assert SURFACES[material].tile_m > 0


@pytest.mark.parametrize("pattern", ["plain", "striped", "medallion", "abstract", "landscape", "scallop"])
def test_pictures_keep_the_aspect_of_what_they_are_fitted_to(pattern):
    wide = picture(Finish("print", "navy", pattern), 1.5, size=96)
    assert wide.shape == (64, 96, 3)
    assert np.array_equal(wide, picture(Finish("print", "navy", pattern), 1.5, size=96))
