"""Towers out of a finished bundle, to go on training from."""

import json

import pytest
import torch

from ml.errors import BundleError
from ml.manifest import MANIFEST
from ml.train.checkpoint import load_checkpoint
from ml.train.export import export_image
from ml.train.image_model import ImageTower, Towers, load_tower
from ml.train.pair import pair_towers
from ml.train.patches import PatchTower
from ml.train.recover import recover_towers

SIZE_PX = 96


@pytest.fixture(scope="module")
def towers() -> list[ImageTower]:
    """Two that share their first stages, as towers with frozen stages do."""
    torch.manual_seed(3)
    one, other = ImageTower(24).eval(), ImageTower(24).eval()
    other.stem.load_state_dict(one.stem.state_dict())
    other.stages[0].load_state_dict(one.stages[0].state_dict())
    torch.nn.init.zeros_(one.project.bias)
    torch.nn.init.zeros_(other.project.bias)
    return [one, other]


def in_bundle(folder, module: torch.nn.Module):
    """As much of a bundle as is read."""
    export_image(module, folder / "image.onnx", size_px=SIZE_PX)
    (folder / MANIFEST).write_text(json.dumps({"image": {"file": "image.onnx"}}))
    return folder


@torch.no_grad()
@pytest.mark.parametrize("form", ["alone", "pair", "patches of one", "patches of a pair"])
def test_recovered_towers_are_the_same(towers, tmp_path, form):
    both = Towers(towers, [1.0, 1.0])
    whole = {"alone": towers[0], "pair": both, "patches of one": towers[0], "patches of a pair": both}[form]
    made = len(towers) if whole is both else 1
    patches = PatchTower(whole, torch.zeros(made, 24), torch.eye(24 * made)[:10])
    found = recover_towers(in_bundle(tmp_path, patches if "patches" in form else whole), tmp_path / "to")
    assert [path.name for path in found] == [f"tower-{number}.pt" for number in range(1, made + 1)]
    for path, tower in zip(found, towers, strict=False):
        again = load_tower(path).state_dict()
        assert all(torch.equal(value, again[name]) for name, value in tower.state_dict().items())
        assert load_checkpoint(path)["dim"] == 24
    assert load_tower(pair_towers(found, tmp_path / "pair.pt")).dim == 24 * made


def test_a_foreign_tower_is_refused(tmp_path):
    class Foreign(torch.nn.Module):
        def forward(self, pixels: torch.Tensor) -> torch.Tensor:
            return pixels.float().mean(dim=(1, 2))

    with pytest.raises(ValueError, match="not trained here"):
        recover_towers(in_bundle(tmp_path, Foreign()), tmp_path / "to")
    with pytest.raises(BundleError):
        recover_towers(tmp_path / "nowhere", tmp_path / "to")
