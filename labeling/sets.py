"""Reads: golden sets and data sets as leads see them."""

import json
from csv import DictReader
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db.models import Count

from labeling.export.trend import Point, falls, points
from labeling.models import Dataset, GoldenSet
from labeling.templatetags.sets import measure_name, pool_name
from ml.evaluate.golden import BadGoldenSet, read_golden
from ml.evaluate.golden import GoldenSet as Files
from ml.train.datasets import ABOUT, FEED, ROWS

WIDTH, HEIGHT, PAD = 600, 160, 10
ROWS_A_PAGE = 30


@dataclass(frozen=True, slots=True)
class Curve:
    """One figure over time. path, dots: in a drawing of WIDTH x HEIGHT; the scale is from `low` to `high`."""

    name: str
    path: str
    dots: tuple[tuple[float, float, str], ...]
    first: float
    last: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class GoldenLine:
    row: GoldenSet
    last: Point | None
    curves: tuple[Curve, ...]
    fell: tuple[str, ...]
    versions: int


@dataclass(frozen=True, slots=True)
class Triplet:
    """One line of a data set; pictures by their name in its folder."""

    number: int
    anchor: str
    bbox: list[float] | None
    positive: dict
    negative: dict
    source: str
    weight: float
    verdicts: int


def golden_lines() -> list[GoldenLine]:
    """The newest version of each name."""
    versions = dict(GoldenSet.objects.order_by().values_list("name").annotate(Count("pk")))
    newest = GoldenSet.objects.order_by("name", "-made_at", "-pk").distinct("name")
    return [golden_line(row, versions[row.name]) for row in newest]


def golden_line(row: GoldenSet, versions: int = 1) -> GoldenLine:
    measured = points(str(row))
    return GoldenLine(
        row, measured[-1] if measured else None, tuple(curves(measured)), tuple(falls(measured)), versions
    )


def curves(measured: list[Point]) -> list[Curve]:
    names = list(dict.fromkeys(name for point in measured for name in point.figures))
    return [curve(name, [point for point in measured if name in point.figures]) for name in names]


def curve(name: str, measured: list[Point]) -> Curve:
    """Scaled to what was measured, at least a tenth high, so that noise does not look like a fall."""
    values = [point.figures[name] for point in measured]
    middle, spread = (max(values) + min(values)) / 2, max(max(values) - min(values), 0.1) * 1.2
    low, high = middle - spread / 2, middle + spread / 2
    places = [
        (
            round(PAD + (WIDTH - 2 * PAD) * (number / (len(values) - 1) if len(values) > 1 else 0.5), 1),
            round(HEIGHT - PAD - (HEIGHT - 2 * PAD) * (value - low) / (high - low), 1),
        )
        for number, value in enumerate(values)
    ]
    dots = tuple(
        (x, y, f"{point.at:%Y-%m-%d %H:%M} UTC: {point.figures[name]:.4f}, {point.generation or point.bundle}")
        for (x, y), point in zip(places, measured, strict=True)
    )
    path = "M" + " L".join(f"{x} {y}" for x, y in places)
    pool, _, measure = name.partition(" ")
    return Curve(
        f"{pool_name(pool).capitalize()}, {measure_name(measure)}", path, dots, values[0], values[-1], low, high
    )


def files_of(row: GoldenSet) -> Files | str:
    """The set itself, or why it cannot be read."""
    try:
        return read_golden(Path(settings.SIGHTLINE_GOLDEN_DIR) / str(row))
    except BadGoldenSet as error:
        return str(error)


def folder_of(row: Dataset) -> Path:
    return Path(settings.SIGHTLINE_DATASETS_DIR) / f"{row.name}@{row.sha256}"


def about(row: Dataset) -> dict:
    """dataset.json; empty where the folder is not on this machine."""
    path = folder_of(row) / ABOUT
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def triplets(row: Dataset, page: int = 1) -> list[Triplet]:
    """ROWS_A_PAGE lines of the folder, with the products as they were."""
    folder = folder_of(row)
    if not (folder / ROWS).exists():
        return []
    with (folder / FEED).open(newline="", encoding="utf-8") as file:
        products = {each["id"]: each for each in DictReader(file)}
    judged = row.lineage.filter(verdict__isnull=False).order_by()
    verdicts = dict(judged.values_list("line").annotate(Count("verdict", distinct=True)))
    start = (page - 1) * ROWS_A_PAGE
    lines = (folder / ROWS).read_text(encoding="utf-8").splitlines()[start : start + ROWS_A_PAGE]
    found = []
    for number, line in enumerate(lines, start + 1):
        each = json.loads(line)
        anchor = each["anchor"] or {}
        found.append(
            Triplet(
                number,
                anchor.get("photo", ""),
                anchor.get("bbox"),
                products.get(each["positive"] or "", {}),
                products.get(each["negative"], {}),
                each["source"],
                each["weight"],
                verdicts.get(number, 0),
            )  # fmt: skip
        )
    return found
