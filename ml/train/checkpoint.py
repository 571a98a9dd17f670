"""Checkpoints that survive a kill: written beside, then renamed."""

import csv
import os
from pathlib import Path
from typing import Any

import torch


def save_checkpoint(path: Path, **state: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".part")
    torch.save(state, beside)
    os.replace(beside, path)


def load_checkpoint(path: Path) -> dict[str, Any] | None:
    return torch.load(path, map_location="cpu", weights_only=True) if path.exists() else None


def part(state: dict[str, Any], name: str) -> dict[str, Any]:
    """The entries of one submodule."""
    return {key.removeprefix(f"{name}."): value for key, value in state.items() if key.startswith(f"{name}.")}


def log_row(path: Path, **values: Any) -> None:
    """One line of the CSV log; the header comes with the first."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = not path.exists()
    with path.open("a", newline="") as file:
        writer = csv.writer(file)
        if new:
            writer.writerow(values)
        writer.writerow([f"{value:.4f}" if isinstance(value, float) else value for value in values.values()])
