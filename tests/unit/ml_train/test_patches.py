"""A tower's vectors of patches: beside its own, and refused where they belong to another tower."""

import pytest
import torch

from ml.train.checkpoint import save_checkpoint
from ml.train.image_model import ImageTower, Towers
from ml.train.patches import PatchTower, load_patch_tower

SIZE_PX = 96
CELLS = (SIZE_PX // 32) ** 2


@pytest.fixture(scope="module")
def towers() -> Towers:
    torch.manual_seed(3)
    return Towers([ImageTower(24).eval(), ImageTower(24).eval()], [0.6, 0.4]).eval()


@pytest.fixture(scope="module")
def pixels() -> torch.Tensor:
    return torch.randint(0, 256, (3, SIZE_PX, SIZE_PX, 3), dtype=torch.uint8)


@torch.no_grad()
@pytest.mark.parametrize("form", ["alone", "both", "whitened"])
def test_vectors_stay_what_the_tower_says_and_patches_are_unit_rows(towers, pixels, form):
    whitened = Towers(list(towers.towers), [0.6, 0.4], torch.rand(48, 48))
    tower = {"alone": towers.towers[0], "both": towers, "whitened": whitened}[form]
    count = 1 if form == "alone" else 2
    vectors, patches, weights = PatchTower(tower, torch.zeros(count, 24), torch.eye(24 * count)[:10])(pixels)
    assert torch.allclose(vectors, tower(pixels), atol=1e-5)
    assert patches.shape == (3, CELLS, 10) and weights.shape == (3, CELLS)
    assert torch.allclose(patches.norm(dim=2), torch.ones(3, CELLS), atol=1e-5)
    assert torch.allclose(weights.sum(dim=1), torch.ones(3), atol=1e-5)


def test_axes_of_another_tower_are_refused(tmp_path, towers):
    image, patches = tmp_path / "image.pt", tmp_path / "patches.pt"
    parts = [{"dim": 24, "weights": tower.state_dict()} for tower in towers.towers]
    save_checkpoint(image, towers=parts, weights=[1.0, 1.0], dim=48)
    with pytest.raises(ValueError, match=r"no checkpoint of a \[patches\] step"):
        load_patch_tower(image, patches)
    save_checkpoint(patches, means=torch.zeros(1, 24), axes=torch.eye(24)[:10])
    with pytest.raises(ValueError, match="another tower"):
        load_patch_tower(image, patches)
    save_checkpoint(patches, means=torch.zeros(2, 24), axes=torch.eye(48)[:10])
    assert load_patch_tower(image, patches).dim == 48
