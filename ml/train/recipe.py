"""Recipes: what a training run reads and for how long, from a TOML file, unknown keys refused."""

import tomllib
from dataclasses import MISSING, Field, dataclass, field, fields
from pathlib import Path
from typing import Any

COMMON = "common"
FORBIDDEN = (Path("var/golden"),)  # where `manage.py golden` puts its sets


@dataclass(frozen=True, slots=True)
class DetectorRecipe:
    """Detector training. `shares`: how often each source is drawn, by its name; `mosaic`: the share of views that are
    four photos; `freeze`: convolutions that stay as they are; `pseudo`, `composites`: photos a source."""

    runs: Path
    data: Path
    demo: Path
    extra: tuple[Path, ...] = ()
    seed: int = 7
    size_px: int = 416
    batch: int = 16
    steps: int = 1000
    rate: float = 0.0005
    threads: int = 1
    mosaic: float = 0.4
    freeze: int = 20
    composites: int = 800
    pseudo: int = 1500
    save_every: int = 100
    start: Path | None = None
    forbidden: tuple[Path, ...] = FORBIDDEN
    shares: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ImageRecipe:
    """Image tower training. `shares`: how often each source is drawn, by its name (demo, grocery, fashion...).

    `words`, `kinds`, `keep`: weights of those losses; `mine_every`: steps between looks at what is mixed up;
    `negatives`: data sets of hard negatives by name in `datasets`, or folders (docs/negatives.md); `forbidden`: what
    may not be learned from, golden sets and folders of them; `echo`: how often a batch is used again.
    """

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
    margin: float = 0.0
    memory: int = 600
    words: float = 0.5
    kinds: float = 0.0
    keep: float = 0.0
    echo: int = 0
    whiten: float = 0.0
    mine_every: int = 50
    negatives: tuple[Path, ...] = ()
    datasets: Path = Path("var/datasets")
    forbidden: tuple[Path, ...] = FORBIDDEN
    save_every: int = 50
    check_every: int = 200
    threads: int = 1
    start: Path | None = None
    hold_out: bool = True
    shares: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ProjectionRecipe(ImageRecipe):
    """The projection alone, on features that are computed once. `looks`: batches of pictures that are looked at."""

    looks: int = 150


@dataclass(frozen=True, slots=True)
class ProtocolRecipe:
    """Towers to measure side by side, as checkpoints by name. `bundle`: whose detector cuts the queries (default: the
    installed one); `poolings`: ImageNet's untrained features too; `mirror`: queries with their mirror image."""

    runs: Path
    data: Path
    demo: Path
    extra: tuple[Path, ...] = ()
    bundle: Path | None = None
    towers: dict[str, Path] = field(default_factory=dict)
    sizes_px: tuple[int, ...] = (192,)
    fill: tuple[int, ...] = (255, 255, 255)
    poolings: bool = True
    mirror: bool = True
    threads: int = 1
    hold_out: bool = True
    negatives: tuple[Path, ...] = ()
    datasets: Path = Path("var/datasets")
    forbidden: tuple[Path, ...] = FORBIDDEN
    shares: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TextRecipe:
    """Text head training against the image tower of checkpoint `image`.

    `crops`: photos an item; `pictures`: of a source in one step; `distil`: how much words keep their places among
    themselves; `vocabulary`: how many words without pictures take part in that; `noise`: on sentence vectors.
    `words_share`: how much a product's words will count in the vectors of its catalog pictures (docs/models.md).
    """

    runs: Path
    data: Path
    demo: Path
    image: Path
    extra: tuple[Path, ...] = ()
    seed: int = 7
    size_px: int = 192
    fill: tuple[int, ...] = (255, 255, 255)
    crops: int = 4
    pictures: int = 1500
    hidden: int = 768
    batch: int = 128
    steps: int = 800
    rate: float = 0.0007
    decay: float = 0.05
    temperature: float = 0.05
    backward: float = 0.3
    distil: float = 0.3
    vocabulary: int = 4000
    noise: float = 0.3
    words_share: float = 0.2
    check_every: int = 200
    threads: int = 1
    hold_out: bool = True
    forbidden: tuple[Path, ...] = FORBIDDEN
    shares: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class HeadsRecipe:
    """Attribute heads on the image tower of checkpoint `image`. `fewest`: products that a label needs to be one;
    `sources`: what is learned from, all there is by default."""

    runs: Path
    data: Path
    demo: Path
    image: Path
    extra: tuple[Path, ...] = ()
    size_px: int = 192
    fill: tuple[int, ...] = (255, 255, 255)
    crops: int = 4
    sources: tuple[str, ...] = ()
    fewest: int = 12
    threads: int = 1
    hold_out: bool = True
    forbidden: tuple[Path, ...] = FORBIDDEN


@dataclass(frozen=True, slots=True)
class RefineRecipe:
    """One matrix after the last layer of a finished `bundle`, for a round in minutes (docs/loop.md).

    `views`: studio shots, and as many photos, of each product; `keep`: how much cosines shall stay where they were.
    """

    runs: Path
    data: Path
    demo: Path
    bundle: Path
    bundles: Path
    name: str
    version: str
    extra: tuple[Path, ...] = ()
    seed: int = 7
    negatives: tuple[Path, ...] = ()
    datasets: Path = Path("var/datasets")
    forbidden: tuple[Path, ...] = FORBIDDEN
    views: int = 4
    batch: int = 192
    steps: int = 400
    rate: float = 0.0005
    decay: float = 0.05
    temperature: float = 0.07
    margin: float = 0.05
    keep: float = 20.0
    mine_every: int = 25
    check_every: int = 25
    threads: int = 1
    hold_out: bool = True
    shares: dict[str, float] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        return self.bundles / f"{self.name}-{self.version}"


@dataclass(frozen=True, slots=True)
class AverageRecipe:
    """The weighted mean of one `part` of checkpoints (ml.train.average), at runs/SECTION/last.pt."""

    runs: Path
    checkpoints: tuple[Path, ...]
    weights: tuple[float, ...] = ()
    part: str = "model"


@dataclass(frozen=True, slots=True)
class PairRecipe:
    """Image towers side by side as one (ml.train.pair), at runs/SECTION/last.pt."""

    runs: Path
    checkpoints: tuple[Path, ...]
    weights: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class WhitenRecipe:
    """Learned whitening of the image tower of checkpoint `image`, at runs/SECTION/last.pt (ml.train.whiten).

    `crops`: photos an item; `made`: items without photos that one is made of; `shrink`: what is added to each
    direction, as a share of the mean; `shares`: how much each source counts, by its name. Only those with catalog
    pictures do.
    """

    runs: Path
    data: Path
    demo: Path
    image: Path
    extra: tuple[Path, ...] = ()
    size_px: int = 192
    fill: tuple[int, ...] = (255, 255, 255)
    seed: int = 7
    crops: int = 6
    made: int = 700
    shrink: float = 0.1
    threads: int = 1
    hold_out: bool = True
    negatives: tuple[Path, ...] = ()
    datasets: Path = Path("var/datasets")
    forbidden: tuple[Path, ...] = FORBIDDEN
    shares: dict[str, float] = field(default_factory=lambda: {"demo": 2.0, "grocery": 1.0, "fashion": 1.0})


@dataclass(frozen=True, slots=True)
class PatchesRecipe:
    """Axes for the patches of the image tower of checkpoint `image`, at runs/SECTION/last.pt (ml.train.patches).

    `dim`: numbers a patch; `pictures`: catalog pictures that they are fitted to.
    """

    runs: Path
    data: Path
    demo: Path
    image: Path
    extra: tuple[Path, ...] = ()
    seed: int = 7
    dim: int = 64
    size_px: int = 192
    fill: tuple[int, ...] = (255, 255, 255)
    pictures: int = 1200
    threads: int = 1
    hold_out: bool = True
    forbidden: tuple[Path, ...] = FORBIDDEN


@dataclass(frozen=True, slots=True)
class BundleRecipe:
    """Which checkpoints make a bundle, and what its manifest and card say. `sources`: keys of recipes/sources.toml;
    without `patches` pictures have one vector and nothing else."""

    bundles: Path
    name: str
    version: str
    detector: Path
    image: Path
    text: Path
    heads: Path | None = None
    patches: Path | None = None
    max_tokens: int = 64
    detect: dict[str, float] = field(default_factory=dict)
    encode: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, Any] = field(default_factory=dict)
    sources: tuple[str, ...] = ()

    @property
    def folder(self) -> Path:
        return self.bundles / f"{self.name}-{self.version}"


@dataclass(frozen=True, slots=True)
class CheckRecipe:
    """What a bundle is measured on; the figures go into its card."""

    bundle: Path
    demo: Path
    split: str = "golden"
    grocery: Path | None = None
    threads: int = 2


@dataclass(frozen=True, slots=True)
class CommonRecipe:
    """[common]: the same in every section that knows these keys and does not say otherwise."""

    runs: Path
    data: Path
    demo: Path
    extra: tuple[Path, ...] = ()
    forbidden: tuple[Path, ...] = FORBIDDEN
    threads: int = 1
    seed: int = 7


def read_recipe(path: Path, section: str, kind: type, **overrides: Any) -> Any:
    """The `[section]` of a TOML recipe as `kind`. Raises ValueError for a key that `kind` does not have."""
    recipe = tomllib.loads(path.read_text())
    known = {item.name: item for item in fields(kind)}
    common = {name: value for name, value in recipe.get(COMMON, {}).items() if name in known}
    values = common | recipe.get(section, {}) | overrides
    if unknown := set(values) - set(known):
        raise ValueError(f"{path} [{section}]: unknown {sorted(unknown)}; known are {sorted(known)}")
    if lacking := {name for name, item in known.items() if is_needed(item)} - set(values):
        raise ValueError(f"{path} [{section}]: {sorted(lacking)} must be given")
    return kind(**{name: to_type(known[name].type, value) for name, value in values.items()})


def is_needed(item: Field) -> bool:
    return item.default is MISSING and item.default_factory is MISSING


def to_type(annotation: Any, value: Any) -> Any:
    if annotation in (Path, Path | None) and value is not None:
        return Path(value)
    if annotation == dict[str, Path]:
        return {name: Path(item) for name, item in value.items()}
    if annotation == tuple[Path, ...]:
        return tuple(Path(item) for item in value)
    if annotation in (tuple[int, ...], tuple[float, ...], tuple[str, ...]):
        return tuple(value)
    return value
