"""Fine-tune the detector with ultralytics' trainer: seeded, checkpointed after every epoch, resumable."""

import shutil
from pathlib import Path

import torch
from ultralytics import YOLO, settings

from ml.train.detector_data import build_dataset
from ml.train.detector_model import as_yolo, build_detector, start_weights
from ml.train.recipe import DetectorRecipe


def train_detector(recipe: DetectorRecipe, *, name: str = "detector") -> Path:
    """Train or go on training; the path of the last checkpoint. results.csv beside it is the log."""
    settings.update({"sync": False})
    torch.set_num_threads(recipe.threads)
    run = (recipe.runs / name).resolve()
    last = run / "weights" / "last.pt"
    data = build_dataset(recipe, (recipe.runs / "detector_data").resolve())
    if last.exists() and not is_finished(last):
        YOLO(last).train(resume=True)
        return last
    if last.exists():
        return last
    model = YOLO(recipe.start) if recipe.start else as_yolo(build_detector(start_weights()))
    shutil.rmtree(run, ignore_errors=True)
    model.train(**arguments(recipe, data, run))
    return last


def arguments(recipe: DetectorRecipe, data: Path, run: Path) -> dict:
    return {
        "data": str(data), "project": str(run.parent), "name": run.name, "exist_ok": True, "single_cls": True,
        "imgsz": recipe.size_px, "batch": recipe.batch, "nbs": recipe.batch, "epochs": recipe.epochs,
        "optimizer": "AdamW", "lr0": recipe.rate, "lrf": 0.1, "warmup_epochs": 0.3, "cos_lr": True,
        "mosaic": recipe.mosaic, "close_mosaic": 1, "scale": 0.5, "degrees": 5.0, "translate": 0.1,
        "hsv_h": 0.015, "hsv_s": 0.5, "hsv_v": 0.5, "device": "cpu", "workers": 0, "amp": False, "plots": False,
        "cache": False, "seed": recipe.seed, "deterministic": False, "val": False, "save_period": -1,
        "freeze": recipe.freeze,
    }  # fmt: skip


def is_finished(checkpoint: Path) -> bool:
    """ultralytics strips the optimizer of a checkpoint when its run is complete."""
    return torch.load(checkpoint, map_location="cpu", weights_only=False).get("optimizer") is None
