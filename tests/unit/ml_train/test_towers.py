"""Image tower, text head and the bundle made of them."""

import csv
from dataclasses import replace

import numpy as np
import pytest
import torch

from ml.bundle import canonical_image, load_bundle
from ml.encode.images import ImageSpec, to_square
from ml.train.assemble import card_of, manifest_of
from ml.train.batches import Batches
from ml.train.check import check_demo
from ml.train.checkpoint import load_checkpoint, part
from ml.train.detector_model import build_detector
from ml.train.export import write_bundle
from ml.train.image import WARM_STEPS, Trainer, read_sources, train_image
from ml.train.image_model import ImageTower
from ml.train.recipe import BundleRecipe, ImageRecipe, TextRecipe
from ml.train.text import train_text
from ml.train.text_model import TextTower


@pytest.fixture(scope="module")
def recipe(world, tmp_path_factory):
    runs = tmp_path_factory.mktemp("runs")
    return ImageRecipe(
        runs=runs, data=runs / "none", demo=world, size_px=64, dim=32, batch=12, steps=2, save_every=1,
        check_every=2, frozen_stages=0, hold_out=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def trained(recipe):
    return train_image(recipe)


def test_steps_on_one_batch_lower_the_loss(recipe):
    torch.manual_seed(1)
    sources, _ = read_sources(recipe)
    trainer = Trainer(recipe, sources, None)
    spec = ImageSpec(recipe.size_px, recipe.fill, recipe.dim)
    batch = next(iter(Batches(sources, spec, size=12, seed=1, fillers=[])))
    logged = [trainer.learn(batch) for _ in range(6)]
    assert logged[-1]["same"] + logged[-1]["words"] < logged[0]["same"] + logged[0]["words"]


def test_training_goes_on_where_it_stopped(recipe, trained):
    train_image(replace(recipe, steps=WARM_STEPS + 1, check_every=100))
    assert load_checkpoint(trained)["step"] == WARM_STEPS + 1
    with (trained.parent / "log.csv").open() as file:
        assert [row["step"] for row in csv.DictReader(file)] == [str(step + 1) for step in range(WARM_STEPS + 1)]


def test_the_bundle_computes_what_torch_computes(recipe, trained, tmp_path):
    text = train_text(
        TextRecipe(
            runs=recipe.runs,
            data=recipe.data,
            demo=recipe.demo,
            image=trained,
            size_px=64,
            batch=4,
            steps=3,
            check_every=3,
            hold_out=False,
        )  # fmt: skip
    )
    state = load_checkpoint(trained)
    tower, words = ImageTower(32), TextTower(32)
    tower.load_state_dict(part(state["best"], "tower"))
    words.head.load_state_dict(load_checkpoint(text)["head"])
    described = BundleRecipe(
        bundles=tmp_path, name="tiny", version="0.0.1", detector=trained, image=trained,
        detect={"size_px": 96, "fill": 114, "iou": 0.6, "floor": 0.05, "max_boxes": 5, "confident": 0.3},
        encode={"size_px": 64, "fill": [255, 255, 255], "margin": 0.05},
    )  # fmt: skip
    parts = {"detector": build_detector(None), "image": tower, "text": words}
    folder = write_bundle(tmp_path / "tiny", manifest_of(described, 32), card_of(described), **parts)
    bundle = load_bundle(folder, threads=1)
    assert bundle.id.startswith("tiny-0.0.1-")
    pixels = to_square(canonical_image(), ImageSpec(64, (255, 255, 255), 32))
    with torch.no_grad():
        expected = tower.eval()(torch.from_numpy(pixels)[None]).numpy()
    assert np.abs(bundle.encode_images([canonical_image()]) - expected).max() < 1e-3
    tokens = bundle.text_encoder.tokenizer.encode("green lamp").ids
    with torch.no_grad():
        exact = words.eval()(torch.tensor([tokens]), torch.ones(1, len(tokens), dtype=torch.int64)).numpy()[0]
    # The matrices are stored as int8, so the vector is near and not equal.
    assert bundle.encode_texts(["green lamp"])[0] @ exact > 0.99
    assert bundle.detect(canonical_image()).boxes.shape[1] == 4
    report = check_demo(bundle, recipe.demo, split="train", confident=0.0)
    assert (report["rooms"], report["same_product"]["queries"], report["detection"]["objects"]) == (8, 16, 16)
