"""The scheduled measurement: the newest version of each golden set, asked of what is live."""

import logging
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from labeling.export.pool import pool
from labeling.export.trend import falls, points
from labeling.models import GoldenSet
from ml.evaluate.golden import BadGoldenSet, read_golden
from search.evaluate.score import Score, score

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Measured:
    """`asked`: unjudged results that became tasks. `fell`: what is lower than before, in words."""

    score: Score
    asked: int
    fell: tuple[str, ...]


def newest() -> list[GoldenSet]:
    """One version of each name."""
    return list(GoldenSet.objects.order_by("name", "-made_at", "-pk").distinct("name"))


def measure(row: GoldenSet, actor: str, bundle: str = "", generation: str = "") -> Measured:
    """Kept for the trend; what nobody has judged is asked for. Raises BadGoldenSet, SearchError."""
    found = score(read_golden(Path(settings.SIGHTLINE_GOLDEN_DIR) / str(row)), bundle, generation)
    found.note(actor)
    asked = pool(found, row)
    fell = tuple(falls(points(str(row)))) if not (bundle or generation) else ()
    for each in fell:
        log.warning("golden set %s: %s", row.name, each)
    return Measured(found, asked, fell)


def measure_all(actor: str) -> dict[str, Measured | str]:
    """{set: what was measured, or why it could not be}."""
    found: dict[str, Measured | str] = {}
    for row in newest():
        try:
            found[str(row)] = measure(row, actor)
        except BadGoldenSet as error:
            log.error("golden set %s cannot be measured: %s", row, error)
            found[str(row)] = str(error)
    return found
