"""The generalisation protocol, and the views that it and the trainer make."""

from random import Random

import numpy as np
import pytest
import torch
from PIL import Image

from ml.encode.images import ImageSpec
from ml.train.capture import bend, part_of, taken_by_hand, tilt
from ml.train.checkpoint import save_checkpoint
from ml.train.compare import candidates
from ml.train.early import Early, early_of, graph_of, run_early
from ml.train.image_model import POOLED, ImageTower, load_tower
from ml.train.items import Crop, Item, demo_items, held_out
from ml.train.pair import pair_towers
from ml.train.poolings import POOLINGS, PooledGraph, features_of, fit
from ml.train.projection import train_projection
from ml.train.protocol import append_row, as_markdown, measure
from ml.train.recipe import ProjectionRecipe, ProtocolRecipe
from ml.train.trials import Shot, Trial, captured_trial, kept_trials, kinds_trial


@pytest.fixture(scope="module")
def tower() -> ImageTower:
    torch.manual_seed(3)
    return ImageTower(16).eval()


def colour(red: int, green: int, blue: int) -> Image.Image:
    return Image.new("RGB", (20, 20), (red, green, blue))


def mean_colour(images) -> np.ndarray:
    rows = np.array([np.asarray(image, dtype=np.float32).mean(axis=(0, 1)) + 1 for image in images])
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_measures_of_a_trial():
    gallery = [Shot(colour(250, 0, 0), ("red",), "warm"), Shot(colour(0, 0, 250), ("blue",), "cold")]
    queries = [Shot(colour(200, 20, 0), ("red",), "warm", "seen"), Shot(colour(200, 0, 20), ("blue",), "cold")]
    values = measure(Trial("t", gallery, queries), mean_colour)
    assert (values["t/seen@1"], values["t/unseen@1"], values["t/unseen@5"], values["t/kind@1"]) == (1, 0, 1, 0.5)


def test_kinds_are_judged_by_the_nearest_other_picture():
    shots = [Shot(colour(250, value, 0), (str(value),), "red") for value in (0, 9)]
    shots += [Shot(colour(0, 250, 0), ("g",), "alone")]
    assert measure(Trial("t", shots, []), mean_colour) == {"t/kind@1": 1.0}


def test_trials_are_kept(world, tmp_path):
    items, made = demo_items(world), []

    def make() -> Trial:
        made.append(1)
        return captured_trial("captured", items, [], queries=3)

    for _ in range(2):
        (trial,) = kept_trials(tmp_path, {"captured": make})
        assert (len(trial.gallery), len(trial.queries), trial.queries[0].products) == (8, 3, (items[0].key,))
    assert made == [1]
    assert not kinds_trial("kinds", items).queries


def test_a_table_keeps_the_last_measure(tmp_path):
    for value in (0.1, 0.75):
        append_row(tmp_path / "table.jsonl", "tower", {"t/unseen@1": value})
    assert as_markdown(tmp_path / "table.jsonl").splitlines()[2:] == ["| tower | 0.750 |"]


def test_what_is_held_out_does_not_depend_on_the_rest():
    assert held_out(Item("caltech101-0", "anchor")) == held_out(Item("caltech101-9", "anchor"))
    assert sum(held_out(Item(f"grocery-{number:02}", "")) for number in range(81)) in range(12, 30)
    assert not any(held_out(Item(f"SL-{number:04}", "")) for number in range(99))


def test_frozen_stages_give_what_torch_gives(tower):
    pixels = torch.randint(0, 255, (3, 64, 64, 3), dtype=torch.uint8)
    with torch.no_grad():
        whole = tower.pooled(pixels)
        for stages in (0, 4):
            maps = run_early(early_of(tower, stages).open(), pixels.numpy())
            assert torch.allclose(tower.late(maps, stages), whole, atol=1e-4)
    assert whole.shape == (3, sum(POOLED.values()))


def test_poolings_of_untrained_features(tower):
    random = np.random.default_rng(1)
    images = [Image.fromarray(random.integers(0, 255, (40, 30, 3), dtype=np.uint8)) for _ in range(6)]
    session = Early(graph_of(PooledGraph(tower))).open()
    features = features_of(session, images, ImageSpec(64, (255, 255, 255), 16))
    for pooling in POOLINGS:
        rows = fit(pooling, features)(features)
        assert len(rows) == 6
        assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-4)


def test_the_projection_learns_on_features_that_are_kept(world, tmp_path):
    recipe = ProjectionRecipe(
        runs=tmp_path, data=tmp_path / "none", demo=world, size_px=64, dim=8, batch=12, looks=2, steps=4, memory=24,
        save_every=2, frozen_stages=1, hold_out=False, kinds=0.2, keep=1.0, whiten=0.5,
    )  # fmt: skip
    path = train_projection(recipe)
    assert (path.with_name("features.pt").exists(), len(path.with_name("log.csv").read_text().splitlines())) == (
        True,
        3,
    )
    changed = path.stat().st_mtime_ns
    assert train_projection(recipe).stat().st_mtime_ns == changed


@pytest.mark.parametrize("change", [bend, part_of, tilt, taken_by_hand])
def test_captures_are_pictures(change):
    view = Image.fromarray(np.random.default_rng(2).integers(0, 255, (50, 70, 3), dtype=np.uint8))
    seen = [change(view, Random(seed)) for seed in range(6)]
    assert all(each.mode == "RGB" and min(each.size) >= 8 for each in seen)
    assert any(each.tobytes() != view.tobytes() for each in seen)


def test_a_crop_item_is_its_own_gallery(world):
    item = Item("box-1", "thing", crops=(Crop(world / "photos" / "train-0.jpg", (10, 10, 66, 66)),))
    trial = captured_trial("boxes", [item], [], queries=1)
    assert trial.gallery[0].image.width in range(56, 66)


def test_towers_side_by_side_agree_by_their_weights(tmp_path):
    paths = []
    for seed in (1, 2):
        torch.manual_seed(seed)
        state = {f"tower.{name}": value for name, value in ImageTower(8).state_dict().items()}
        paths.append(tmp_path / f"{seed}.pt")
        save_checkpoint(paths[-1], best=state, dim=8)
    pair = load_tower(pair_towers(paths, tmp_path / "pair.pt", weights=[1, 3]))
    pixels = torch.randint(0, 255, (2, 64, 64, 3), dtype=torch.uint8)
    with torch.no_grad():
        both, (one, other) = pair(pixels), (load_tower(path)(pixels) for path in paths)
    assert (pair.dim, both.shape) == (16, (2, 16))
    assert torch.allclose(both[0] @ both[1], 0.25 * one[0] @ one[1] + 0.75 * other[0] @ other[1], atol=1e-5)
    with pytest.raises(ValueError, match="as many weights"):
        pair_towers(paths, tmp_path / "pair.pt", weights=[1])
    with pytest.raises(FileNotFoundError):
        pair_towers([tmp_path / "gone.pt"], tmp_path / "pair.pt")


def test_a_tower_is_measured_once(world, tmp_path, tower):
    save_checkpoint(tmp_path / "tower.pt", best={f"tower.{k}": v for k, v in tower.state_dict().items()}, dim=16)
    recipe = ProtocolRecipe(
        runs=tmp_path, data=tmp_path, demo=world, towers={"mine": tmp_path / "tower.pt"}, sizes_px=(64,), poolings=False
    )
    trials = [captured_trial("captured", demo_items(world), [], queries=2), kinds_trial("kinds", demo_items(world))]
    ((name, values),) = candidates(recipe, trials, known="")
    assert (name, len(values)) == ("mine 64px", 5)
    assert all(0 <= value <= 1 for value in values.values())
    assert not list(candidates(recipe, trials, known='{"candidate": "mine 64px", "captured/kind@1": 1.0}'))
