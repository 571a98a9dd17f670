"""A whole recipe in one go, to a bundle that computes what torch computes; a second time nothing is done again."""

import csv
import json

import numpy as np
import pytest
import torch

from ml.bundle import canonical_image, load_bundle, open_session
from ml.encode.images import ImageSpec, to_square
from ml.train.__main__ import RECIPES
from ml.train.assemble import load_text
from ml.train.check import note
from ml.train.image_model import load_tower
from ml.train.int8 import dynamic_int8, int8_bundle
from ml.train.plot import plot_runs
from ml.train.steps import StepRefused, run_all

pytestmark = pytest.mark.filterwarnings("ignore::Warning:torch", "ignore::Warning:matplotlib")


@pytest.fixture(scope="module")
def recipe(world, tmp_path_factory):
    """tiny.toml on the tiny world."""
    folder = tmp_path_factory.mktemp("tiny")
    text = (RECIPES / "tiny.toml").read_text().replace("var/tiny", str(folder))
    text = text.replace('demo = "demo"', f'demo = "{world}"').replace('split = "golden"', 'split = "train"')
    path = folder / "recipe.toml"
    path.write_text(text)
    return path


@pytest.fixture(scope="module")
def made(recipe):
    said = []
    run_all(recipe, said.append)
    return said


@pytest.fixture(scope="module")
def bundle(recipe, made):
    return load_bundle(recipe.parent / "tiny-0.0.1", threads=1)


def test_every_step_runs_and_says_so(made):
    assert [line.split("]")[1].split(":")[0] for line in made if "..." not in line] == [
        f" {name}" for name in ("detector", "image", "whiten", "text", "heads", "patches", "bundle", "check")
    ]


def test_pictures_are_encoded_as_by_torch(recipe, bundle):
    tower = load_tower(recipe.parent / "whiten" / "last.pt")
    pixels = to_square(canonical_image(), ImageSpec(64, (255, 255, 255), 32))
    with torch.no_grad():
        expected = tower(torch.from_numpy(pixels)[None]).numpy()
    assert np.abs(bundle.encode_images([canonical_image()]) - expected).max() < 1e-3


def test_words_are_encoded_as_by_torch(recipe, bundle):
    words, _ = load_text(recipe.parent / "text" / "last.pt", 32)
    tokens = bundle.text_encoder.tokenizer.encode("green lamp").ids
    with torch.no_grad():
        exact = words.eval()(torch.tensor([tokens]), torch.ones(1, len(tokens), dtype=torch.int64)).numpy()[0]
    # The matrices are stored as int8, so the vector is near and not equal.
    assert bundle.encode_texts(["green lamp"])[0] @ exact > 0.99


def test_the_card_says_what_went_in_and_what_was_measured(recipe, bundle):
    assert bundle.card["recipe"]["image"]["steps"] == 4
    assert {each["name"] for each in bundle.card["training"]} >= {"Sightline demo world, training part"}
    report = bundle.card["metrics"]["check"]["demo_train"]
    assert (report["rooms"], report["same_product"]["queries"], report["detection"]["objects"]) == (8, 16, 16)
    assert "metrics" not in bundle.manifest
    note(recipe.parent / "tiny-0.0.1", "elsewhere", {"precision_at_1": 0.5})
    again = load_bundle(recipe.parent / "tiny-0.0.1", threads=1)
    assert again.id == bundle.id
    assert set(again.card["metrics"]) == {"check", "elsewhere"}


def test_int8_arithmetic_gives_a_bundle_of_its_own(recipe, bundle, world, tmp_path):
    folder = int8_bundle(recipe.parent / "tiny-0.0.1", tmp_path, ["image", "detector"], world)
    small = load_bundle(folder, threads=1)
    assert small.name == "tiny-int8"
    assert {name for name, was in bundle.manifest["files"].items() if small.manifest["files"][name] != was} == {
        "image.onnx",
        "detector.onnx",
    }
    assert small.encode_images([canonical_image()])[0] @ bundle.encode_images([canonical_image()])[0] > 0.9
    assert small.detect(canonical_image()).boxes.shape[1] == 4
    dynamic_int8(recipe.parent / "tiny-0.0.1" / "image.onnx", tmp_path / "dynamic.onnx")
    pixels = to_square(canonical_image(), small.image_encoder.spec)[None]
    (vectors,) = open_session(tmp_path / "dynamic.onnx", 1).run(["vectors"], {"pixels": pixels})
    assert vectors.shape == (1, 32)


def test_what_is_finished_is_not_done_again(recipe, made):
    said = []
    run_all(recipe, said.append)
    assert len(said) == 8
    assert all(line.endswith("finished before") for line in said)


def test_a_stage_goes_on_but_not_from_another_start(recipe, made):
    done = recipe.parent / "done.json"
    record = json.loads(done.read_text())
    assert list(record["text"]["files"]) == [str(recipe.parent / "whiten" / "last.pt")]
    record["text"]["files"] = {"another": "checkpoint"}
    done.write_text(json.dumps(record))
    with pytest.raises(StepRefused, match="begun from other files"):
        run_all(recipe, str)


def test_a_world_that_is_not_there_is_refused_before_anything_is_begun(recipe, tmp_path):
    text = recipe.read_text().replace(str(recipe.parent), str(tmp_path))
    (tmp_path / "recipe.toml").write_text(text.replace("[whiten]", '[whiten]\nextra = ["nowhere"]'))
    with pytest.raises(StepRefused, match=r"\[whiten\] learns from nowhere"):
        run_all(tmp_path / "recipe.toml", str)
    assert [path.name for path in tmp_path.iterdir()] == ["recipe.toml"]


def test_curves_are_drawn_from_the_logs(recipe, made, tmp_path):
    runs = [recipe.parent / "image", recipe.parent / "text"]
    drawn = plot_runs(runs, tmp_path / "curves.svg").read_text()
    with (runs[0] / "log.csv").open() as file:
        measures = [name for name in next(csv.reader(file)) if name in ("same", "words")]
    assert measures
    assert all(f">{name}</text>" in drawn for name in measures)
    with pytest.raises(FileNotFoundError, match="neither"):
        plot_runs([tmp_path], tmp_path / "none.svg")
