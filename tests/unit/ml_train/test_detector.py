"""The detector: starts where the published weights stand, learns, and stops when it is done."""

import numpy as np
import onnxruntime
import pytest
import torch
from ultralytics.utils import DEFAULT_CFG

from ml.bundle import open_session
from ml.train.detector import train_detector
from ml.train.detector_model import build_detector, start_weights
from ml.train.export import DetectorGraph, export_detector
from ml.train.recipe import DetectorRecipe

pytestmark = pytest.mark.filterwarnings("ignore::Warning:ultralytics", "ignore::Warning:torch")


def test_the_copied_weights_compute_what_their_onnx_computes():
    model = build_detector(start_weights(), classes=18).eval()
    pixels = torch.rand(1, 3, 160, 160)
    session = onnxruntime.InferenceSession(str(start_weights()), providers=["CPUExecutionProvider"])
    with torch.no_grad():
        ours = model(pixels)[0].numpy()
    assert np.abs(ours - session.run(None, {"images": pixels.numpy()})[0]).max() < 1e-3


def test_a_few_steps_on_one_batch_lower_the_loss():
    torch.manual_seed(1)
    model = build_detector(start_weights()).train()
    model.args = DEFAULT_CFG
    batch = {
        "img": torch.rand(2, 3, 96, 96),
        "batch_idx": torch.arange(2).float(),
        "cls": torch.zeros(2, 1),
        "bboxes": torch.tensor([[0.5, 0.5, 0.6, 0.6], [0.4, 0.5, 0.3, 0.5]]),
    }
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    losses = []
    for _ in range(6):
        loss = model(batch)[0].sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0]


def test_trained_by_recipe_then_finished(world, tmp_path):
    recipe = DetectorRecipe(runs=tmp_path, data=tmp_path / "none", demo=world, size_px=64, batch=4, epochs=1, threads=1)
    last = train_detector(recipe)
    written = last.stat().st_mtime_ns
    assert len(list((tmp_path / "detector_data" / "labels" / "train").glob("*.txt"))) == 8
    assert train_detector(recipe) == last
    assert last.stat().st_mtime_ns == written


def test_onnx_gives_the_boxes_that_torch_gives(tmp_path):
    model = build_detector(start_weights())
    export_detector(model, tmp_path / "detector.onnx")
    pixels = np.random.default_rng(0).integers(0, 255, (1, 96, 160, 3), dtype=np.uint8)
    (boxes,) = open_session(tmp_path / "detector.onnx", 1).run(None, {"pixels": pixels})
    with torch.no_grad():
        expected = DetectorGraph(model)(torch.from_numpy(pixels)).numpy()
    assert boxes.shape == (1, 12 * 20 + 6 * 10 + 3 * 5, 5)
    assert np.abs(boxes - expected).max() < 1e-2
    assert np.abs(boxes[..., 4] - expected[..., 4]).max() < 1e-3
