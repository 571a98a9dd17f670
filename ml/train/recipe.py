"""Recipes: what a training run reads and for how long, from a TOML file, unknown keys refused."""

import tomllib
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class DetectorRecipe:
    """Detector fine-tuning. `repeat`: how often a source's photos are seen in an epoch, by the file name's prefix."""

    runs: Path
    data: Path
    demo: Path
    extra: tuple[Path, ...] = ()
    seed: int = 7
    size_px: int = 416
    batch: int = 16
    epochs: int = 10
    rate: float = 0.001
    threads: int = 1
    mosaic: float = 0.6
    freeze: int = 3
    composites: int = 800
    pseudo: int = 500
    start: Path | None = None
    repeat: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ImageRecipe:
    """Image tower training. `shares`: how often each source is drawn, by its name (demo, grocery, fashion...)."""

    runs: Path
    data: Path
    demo: Path
    extra: tuple[Path, ...] = ()
    seed: int = 7
    dim: int = 256
    size_px: int = 192
    fill: tuple[int, ...] = (255, 255, 255)
    batch: int = 96
    steps: int = 1000
    rate: float = 0.001
    frozen_stages: int = 3
    temperature: float = 0.08
    memory: int = 600
    words: float = 0.5
    save_every: int = 50
    check_every: int = 200
    threads: int = 1
    start: Path | None = None
    hold_out: bool = True
    shares: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TextRecipe:
    """Text head training against the image tower of checkpoint `image`."""

    runs: Path
    data: Path
    demo: Path
    image: Path
    extra: tuple[Path, ...] = ()
    seed: int = 7
    size_px: int = 224
    fill: tuple[int, ...] = (255, 255, 255)
    pictures: int = 800
    batch: int = 128
    steps: int = 2000
    rate: float = 0.0005
    temperature: float = 0.05
    backward: float = 0.3
    check_every: int = 200
    threads: int = 1
    hold_out: bool = True
    shares: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BundleRecipe:
    """Which checkpoints make a bundle, and what its manifest says of them."""

    bundles: Path
    name: str
    version: str
    detector: Path
    image: Path
    text: Path | None = None
    max_tokens: int = 64
    detect: dict[str, float] = field(default_factory=dict)
    encode: dict[str, Any] = field(default_factory=dict)
    score: dict[str, float] = field(default_factory=dict)
    metrics: dict[str, Any] = field(default_factory=dict)


def read_recipe(path: Path, section: str, kind: type, **overrides: Any) -> Any:
    """The `[section]` of a TOML recipe as `kind`. Raises ValueError for a key that `kind` does not have."""
    values = tomllib.loads(path.read_text()).get(section, {}) | overrides
    known = {item.name: item for item in fields(kind)}
    if unknown := set(values) - set(known):
        raise ValueError(f"{path} [{section}]: unknown {sorted(unknown)}; known are {sorted(known)}")
    return kind(**{name: to_type(known[name].type, value) for name, value in values.items()})


def to_type(annotation: Any, value: Any) -> Any:
    if annotation in (Path, Path | None) and value is not None:
        return Path(value)
    if annotation == tuple[Path, ...]:
        return tuple(Path(item) for item in value)
    if annotation == tuple[int, ...]:
        return tuple(value)
    return value
