"""The detector: the published network, its loss, its views, training that goes on, averages, export."""

import shutil
from dataclasses import replace
from pathlib import Path
from random import Random

import numpy as np
import pytest
import torch
from PIL import Image

from ml.bundle import open_session
from ml.train.average import average_checkpoints
from ml.train.checkpoint import load_checkpoint, save_checkpoint
from ml.train.detector import Batches, train_detector
from ml.train.detector_data import build_dataset
from ml.train.detector_loss import Targets, assign, detector_loss, is_one_of
from ml.train.detector_views import View, flipped, four, place
from ml.train.export import export_detector
from ml.train.product_detector import (
    DetectorGraph,
    Predictions,
    ProductDetector,
    build_detector,
    log_score,
    read_graph,
)
from ml.train.recipe import DetectorRecipe
from ml.train.yolox import Yolox, copy_weights

PUBLISHED = Path(__file__).resolve().parents[4] / "shared" / "data" / "weights" / "yolox_nano.onnx"


@pytest.fixture(scope="module")
def recipe(world, tmp_path_factory):
    runs = tmp_path_factory.mktemp("detector")
    return DetectorRecipe(
        runs=runs, data=runs / "none", demo=world, size_px=64, batch=2, steps=3, save_every=2, freeze=60
    )


@pytest.mark.skipif(not PUBLISHED.exists(), reason="the published weights are not here")
def test_the_copied_weights_compute_what_their_onnx_computes():
    net = Yolox(80).eval()
    copy_weights(net, PUBLISHED)
    pixels = torch.rand(1, 3, 416, 416) * 255
    with torch.no_grad():
        kinds, _, things = net(pixels)
    rows = open_session(PUBLISHED, 1).run(None, {"images": pixels.flip(1).numpy()})[0]
    assert np.abs(things.sigmoid().numpy() - rows[..., 4]).max() < 1e-4
    assert np.abs(kinds.sigmoid().numpy() - rows[..., 5:]).max() < 1e-4


def test_a_few_steps_make_a_thing_likelier_to_be_found():
    torch.manual_seed(1)
    model = ProductDetector()
    target = Targets(torch.tensor([[20.0, 20.0, 80.0, 70.0]]), torch.zeros(0, 4))
    pixels, optimizer, scores = torch.rand(1, 3, 96, 96) * 255, torch.optim.AdamW(model.parameters(), lr=3e-3), []
    for _ in range(14):
        predicted = model(pixels)
        loss, _ = detector_loss(predicted, [target])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        scores.append(log_score(predicted).max().exp().item())
    assert scores[-1] > 1.5 * scores[0]


def test_a_true_box_takes_the_cells_inside_it_that_fit_best():
    boxes = torch.tensor([[0.0, 0, 10, 10], [1, 0, 11, 10], [30, 30, 40, 40], [2, 2, 4, 4]])
    truth = torch.tensor([[0.0, 0.0, 10.0, 10.0]])
    cells, numbers, worth = assign(boxes, torch.tensor([0.5, 0.5, 0.9, 0.9]), truth)
    assert cells.tolist() == [0, 1, 3]
    assert numbers.tolist() == [0, 0, 0]
    assert worth[0] == pytest.approx(1.0)
    assert worth[0] > worth[1] > worth[2]
    assert [len(each) for each in assign(boxes, torch.ones(4), truth[:0])] == [0, 0, 0]


def test_boxes_that_nobody_is_sure_of_cost_nothing():
    boxes = torch.tensor([[[0.0, 0, 10, 10], [30, 30, 60, 60]]])
    predicted = Predictions(boxes, torch.full((1, 2), 3.0), torch.full((1, 2), 3.0), torch.zeros(1, 2))
    nothing = torch.zeros(0, 4)
    blamed, _ = detector_loss(predicted, [Targets(nothing, nothing)])
    spared, _ = detector_loss(predicted, [Targets(nothing, torch.tensor([[0.0, 0, 10, 11]]))])
    assert spared.item() == pytest.approx(blamed.item() / 2)
    assert is_one_of(boxes[0], nothing).tolist() == [False, False]


def test_views_move_boxes_with_their_pixels():
    image = Image.new("RGB", (80, 60))
    image.paste((255, 0, 0), (20, 10, 40, 50))
    view = View(image, np.array([[20, 10, 40, 50]], np.float32), np.zeros((0, 4), np.float32))
    for made in (flipped(view), place(view, (64, 64), 0.7, Random(1)), four(lambda: view, (96, 96), Random(2))):
        for x1, y1, x2, y2 in made.boxes:
            assert made.image.getpixel((int((x1 + x2) / 2), int((y1 + y2) / 2)))[0] > 200


def test_what_is_mostly_cut_off_is_neither_there_nor_not_there():
    view = View(Image.new("RGB", (100, 100)), np.array([[0, 0, 100, 100]], np.float32), np.zeros((0, 4), np.float32))
    cut = place(view, (50, 50), 1.0, Random(1))
    assert len(cut.boxes) == 0
    assert cut.unsure.tolist() == [[0, 0, 50, 50]]


def test_batches_depend_on_their_number_alone(recipe):
    index = build_dataset(recipe, recipe.runs / "detector_data")
    assert {name: len(rows) for name, rows in index.items()} == {"rooms": 8, "furniture": 0}
    first, second = (Batches(recipe, index).draw(5) for _ in range(2))
    assert torch.equal(first[0], second[0])
    assert all(torch.equal(a.boxes, b.boxes) for a, b in zip(first[1], second[1], strict=True))


def test_another_world_is_learned_from_whole(recipe, other_world, tmp_path):
    shutil.copytree(other_world / "photos", other_world / "extra" / "photos")
    shutil.copy(other_world / "rooms.jsonl", other_world / "extra")
    index = build_dataset(replace(recipe, extra=(other_world,)), tmp_path / "made")
    assert {name: len(rows) for name, rows in index.items()} == {"extra0": 16, "furniture": 0, "rooms": 8}


def test_rooms_of_the_demos_own_products_are_refused(recipe, tmp_path):
    shutil.copytree(recipe.demo, tmp_path / "eight")
    with pytest.raises(ValueError, match="is a product of the demo"):
        build_dataset(replace(recipe, extra=(tmp_path / "eight",)), tmp_path / "made")


def test_training_is_gone_on_with_and_then_finished(recipe):
    last = train_detector(recipe, name="a")
    assert load_checkpoint(last)["step"] == 3
    assert len((last.parent / "log.csv").read_text().splitlines()) == 4
    written = last.stat().st_mtime_ns
    assert train_detector(recipe, name="a") == last
    assert last.stat().st_mtime_ns == written


def test_an_average_lies_between(recipe, tmp_path):
    for name, value in (("a", 0.0), ("b", 4.0)):
        save_checkpoint(tmp_path / f"{name}.pt", model={"w": torch.full((2,), value), "n": torch.tensor(3)})
    paths = [tmp_path / "a.pt", tmp_path / "b.pt"]
    mean = load_checkpoint(average_checkpoints(paths, tmp_path / "mean.pt", weights=[3, 1]))
    assert mean["model"]["w"].tolist() == [1.0, 1.0]
    assert mean["made_of"][str(paths[0])] == 0.75
    save_checkpoint(tmp_path / "other.pt", model={"w": torch.zeros(3)})
    with pytest.raises(ValueError, match="different networks"):
        average_checkpoints([paths[0], tmp_path / "other.pt"], tmp_path / "no.pt")
    with pytest.raises(ValueError, match="as many weights"):
        average_checkpoints(paths, tmp_path / "no.pt", weights=[1])


def check_onnx(graph: torch.nn.Module, path: Path, networks: int) -> None:
    export_detector(graph, path)
    pixels = np.random.default_rng(0).integers(0, 255, (1, 96, 160, 3), dtype=np.uint8)
    (boxes,) = open_session(path, 1).run(None, {"pixels": pixels})
    with torch.no_grad():
        expected = graph(torch.from_numpy(pixels)).numpy()
    assert boxes.shape == (1, networks * (12 * 20 + 6 * 10 + 3 * 5), 5)
    assert np.abs(boxes - expected).max() < 1e-2
    assert np.abs(boxes[..., 4] - expected[..., 4]).max() < 1e-3


def test_onnx_gives_the_boxes_that_torch_gives(tmp_path):
    torch.manual_seed(2)
    model = build_detector(None)
    check_onnx(DetectorGraph(model), tmp_path / "detector.onnx", 2)
    again = ProductDetector()
    copy_weights(again, tmp_path / "detector.onnx")
    assert torch.equal(again.net.heads[2].classes.weight, model.net.heads[2].classes.weight)


@pytest.mark.filterwarnings("ignore::Warning:ultralytics", "ignore::Warning:torch")
def test_a_checkpoint_of_ultralytics_becomes_a_bundles_detector(tmp_path):
    tasks = pytest.importorskip("ultralytics.nn.tasks")
    torch.save({"model": tasks.DetectionModel("yolov8n.yaml", nc=1, verbose=False)}, tmp_path / "best.pt")
    check_onnx(read_graph(tmp_path / "best.pt"), tmp_path / "detector.onnx", 1)
