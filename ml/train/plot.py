"""Learning curves: the CSV logs of runs as one SVG, a panel a measure and a line a run."""

import csv
from collections.abc import Iterator
from pathlib import Path

import matplotlib

matplotlib.use("svg")

from matplotlib import pyplot

LOGS = ("log.csv", "results.csv", "checks.csv")
CHECKS = "checks.csv"  # has a line a source of held-out products: a measure each
ORDER = ("step", "epoch")
NO_MEASURE = ("time", "took_s", "lr/", "source", "queries", "gallery")
FEW = 12  # points of a curve that are marked
MAX_POINTS = 60  # of a curve; each is a mean over its stretch, since single steps are noise
PANEL_INCHES = (4.0, 2.6)
STYLE = {
    "svg.fonttype": "none",
    "svg.hashsalt": "sightline",
    "font.size": 8,
    "axes.spines.top": False,
    "axes.spines.right": False,
}


def plot_runs(runs: list[Path], to: Path) -> Path:
    """Writes `to`. Raises FileNotFoundError for a folder without a log, ValueError where there is nothing to draw."""
    logs = {run.name: read_log(run) for run in runs}
    measures = list(dict.fromkeys(name for log in logs.values() for name, points in log.items() if len(points) > 1))
    if not measures:
        raise ValueError("These logs hold no figures yet.")
    columns = min(3, len(measures))
    rows = -(-len(measures) // columns)
    with pyplot.rc_context(STYLE):
        size = (PANEL_INCHES[0] * columns, PANEL_INCHES[1] * rows)
        figure, axes = pyplot.subplots(rows, columns, figsize=size, squeeze=False, layout="constrained")
        for place, axis in enumerate(axes.flat):
            if place < len(measures):
                draw(axis, measures[place], logs)
            else:
                axis.set_visible(False)
        to.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(to, format="svg", metadata={"Date": None})
        pyplot.close(figure)
    return to


def read_log(run: Path) -> dict[str, list[tuple[float, float]]]:
    """{measure: (step, value) pairs}; steps without a figure are left out, and measures that are 0 at every step."""
    paths = [run / name for name in LOGS if (run / name).exists()]
    if not paths:
        raise FileNotFoundError(f"{run} has neither {' nor '.join(LOGS)}")
    log: dict[str, list[tuple[float, float]]] = {}
    for path in paths:
        for measure, at, value in read_figures(path):
            log.setdefault(measure, []).append((at, value))
    return {measure: points for measure, points in log.items() if any(value for _, value in points)}


def read_figures(path: Path) -> Iterator[tuple[str, float, float]]:
    """Measure, step and value of each figure in a CSV log."""
    with path.open(newline="") as file:
        for number, row in enumerate(csv.DictReader(file), 1):
            values = {name.strip(): number_or_none(value) for name, value in row.items()}
            at = next((values[name] for name in ORDER if values.get(name) is not None), number)
            kind = f"{row['source']}: " if path.name == CHECKS else ""
            for name, value in values.items():
                if value is not None and name not in ORDER and not name.startswith(NO_MEASURE):
                    yield kind + name, at, value


def number_or_none(text: str | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if value == value else None  # nan: not measured at this step


def draw(axis, measure: str, logs: dict[str, dict[str, list[tuple[float, float]]]]) -> None:
    axis.set_title(measure, loc="left")
    for name, log in logs.items():
        if points := smoothed(log.get(measure, [])):
            axis.plot(*zip(*points, strict=True), label=name, marker="." if len(points) < FEW else None)
    if len(logs) > 1:
        axis.legend(frameon=False)


def smoothed(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Means over stretches, at most MAX_POINTS of them; short logs stay as they are."""
    stretch = -(-len(points) // MAX_POINTS)
    if stretch < 2:
        return points
    parts = [points[start : start + stretch] for start in range(0, len(points), stretch)]
    return [(part[-1][0], sum(value for _, value in part) / len(part)) for part in parts]
